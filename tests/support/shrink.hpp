// SPDX-License-Identifier: MIT
//
// Makes a failing network as small as it still fails.
#pragma once

#include "einfold/network.hpp"

#include <functional>

namespace einfold::test {

/// A valid network for which `fails` holds and no single removal (of a node, an output axis, a leg, a scale) or smaller
/// extent keeps it so. `network` itself must fail. An exception thrown by `fails` counts as failure.
[[nodiscard]] Network shrunk(Network network, const std::function<bool(const Network&)>& fails);

}  // namespace einfold::test
