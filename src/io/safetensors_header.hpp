// SPDX-License-Identifier: MIT
//
// The JSON header of a safetensors file: for each tensor its type, shape and place. Source: the format's description at
// https://github.com/huggingface/safetensors.
#pragma once

#include "einfold/tensor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::io {

struct SafetensorsEntry {
  std::string name;
  std::string type;  ///< "F32"
  Shape shape;
  std::uint64_t begin = 0;  ///< in bytes from the end of the header
  std::uint64_t end = 0;
};

/// The tensors in the order of the header. They fill the `data_bytes` behind the header, without gaps or overlaps.
/// Throws, of kind kFile: E0530 (not such a JSON text), E0532 (sizes).
[[nodiscard]] std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view text, std::uint64_t data_bytes,
                                                                     const std::string& where);

/// The header's text for entries that are given in the order of their places.
[[nodiscard]] std::string safetensors_header(const std::vector<SafetensorsEntry>& entries);

/// A type of the format, and its place in the order of files: the widest come last.
struct SafetensorsType {
  std::string_view name;
  std::size_t rank = 0;
};

/// nullopt if there is none: a type of the format that tensors cannot have, or the other way round.
[[nodiscard]] std::optional<DType> dtype_of_safetensors(std::string_view type) noexcept;
[[nodiscard]] std::optional<SafetensorsType> safetensors_type_of(DType dtype) noexcept;

}  // namespace einfold::io
