// SPDX-License-Identifier: MIT
#include "simplify/uses.hpp"

namespace einfold::rules {

Uses uses_of(const Network& network) {
  Uses uses;
  uses.reserve(network.indices.size());
  for (const auto& [id, index] : network.indices) uses.try_emplace(id);
  for (const Dense& node : network.dense) {
    for (const Group& group : node.axes) {
      for (const IndexId id : group) uses[id].on_operand = true;
    }
  }
  for (const Group& group : network.output) {
    for (const IndexId id : group) uses[id].in_output = true;
  }
  for (std::size_t e = 0; e < network.affine.size(); ++e) {
    for (const Term& term : network.affine[e].terms) uses[term.index].equations.push_back(e);
  }
  return uses;
}

}  // namespace einfold::rules
