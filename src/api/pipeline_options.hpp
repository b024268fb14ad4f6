// SPDX-License-Identifier: MIT
//
// The caller's wishes for the order in the pipeline's words.
#pragma once

#include "einfold/order.hpp"
#include "plan/pipeline.hpp"

namespace einfold {

/// Throws E0831 for an unknown search.
[[nodiscard]] plan::PipelineOptions pipeline_options(const OrderOptions& order, bool simplify, int threads);

}  // namespace einfold
