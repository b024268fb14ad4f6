// SPDX-License-Identifier: MIT
//
// Networks and their orders as JSON. What is read is checked, and made again from its bare parts.
#pragma once

#include "einfold/network.hpp"
#include "plan/json_value.hpp"
#include "plan/pipeline.hpp"

namespace einfold::plan {

[[nodiscard]] Json json_of(const Network& network);

/// Throws E0552 unless the network keeps the rules of network/verify, with positions that fit in 64 bits.
[[nodiscard]] Network network_of(const JsonValue& value);

/// How a network is contracted, as it is stored:
///
///     problem          what the order was found for: the simplified network in numbers
///     steps            a, b, equations; then, to be checked: legs, same_as, log2_points, log2_size
///     slices           step, index, block
///     plan_steps, workspace_elements    of the plan for row-major tensors, to be checked
[[nodiscard]] Json json_of(const Network& network, const Ordered& ordered);

/// Simplifies the network, replays the steps and lowers them. Throws E0552 for what is no order of this network, E0553 if this
/// version of einfold makes another problem or another plan of it.
[[nodiscard]] Ordered ordered_of(const JsonValue& value, const Network& network, bool simplify);

}  // namespace einfold::plan
