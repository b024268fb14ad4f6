// SPDX-License-Identifier: MIT
//
// Where each index of a network occurs.
#pragma once

#include "einfold/network.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace einfold::rules {

struct Use {
  bool on_operand = false;
  bool in_output = false;
  std::vector<std::size_t> equations;  ///< positions in Network::affine

  [[nodiscard]] bool on_an_axis() const { return on_operand || in_output; }
  [[nodiscard]] bool anywhere() const { return on_an_axis() || !equations.empty(); }
};

/// An entry for every index of the network.
using Uses = std::unordered_map<IndexId, Use>;

[[nodiscard]] Uses uses_of(const Network& network);

}  // namespace einfold::rules
