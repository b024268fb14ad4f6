// SPDX-License-Identifier: MIT
#include "base/text.hpp"

namespace einfold {

std::string to_text(std::span<const std::int64_t> extents) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(extents[axis]);
  }
  return text + "]";
}

}  // namespace einfold
