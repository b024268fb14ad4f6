// SPDX-License-Identifier: MIT
//
// The elements of a tensor as bytes in a file. All formats store them densely; they differ in what they say about it.
#pragma once

#include "einfold/tensor.hpp"
#include "io/source.hpp"

#include <bit>
#include <string_view>

namespace einfold::io {

/// What a file says about an array.
struct ArrayHeader {
  DType dtype = DType::kFloat64;
  std::endian byte_order = std::endian::little;
  bool fortran_order = false;  ///< the first axis is the fastest
  Shape shape;

  friend bool operator==(const ArrayHeader&, const ArrayHeader&) = default;
};

/// Number of elements of a shape found in the file `where`. Throws `code` of kind kFile for an impossible shape.
[[nodiscard]] std::int64_t element_count_in(std::string_view where, const Shape& shape, const char* code);

/// Reads the elements from the rest of `source`. Throws `code` if that has not exactly their size; then no memory is
/// taken.
[[nodiscard]] Tensor read_elements(Source& source, const ArrayHeader& header, const char* code);

/// The tensor's elements as a dense row-major array, little-endian; what a bool tensor holds is 0 or 1.
[[nodiscard]] Tensor elements_to_write(const Tensor& tensor);

[[nodiscard]] std::string_view bytes_of(const Tensor& dense) noexcept;

}  // namespace einfold::io
