// SPDX-License-Identifier: MIT
//
// The usual way to these quantities, as an opponent: unfold one image at a time (im2col), then BLAS.
#pragma once

#include "tables/blas.hpp"
#include "tables/dnnl.hpp"

#include <string>
#include <vector>

namespace einfold::bench {

/// unfold, kfc, kfac-reduce, per-example-squared-norm, ggn-diagonal, and the products of 1x1 layers; none for others.
[[nodiscard]] std::vector<Contender> unfolding_contenders(const cli::Layer& layer, const std::string& operation,
                                                          const std::vector<const float*>& operands, const std::vector<Blas>& blas,
                                                          int threads);

}  // namespace einfold::bench
