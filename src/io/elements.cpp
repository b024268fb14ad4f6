// SPDX-License-Identifier: MIT
#include "io/elements.hpp"

#include "base/fail.hpp"
#include "io/bytes.hpp"

#include <algorithm>

namespace einfold::io {
namespace {

/// Reverses each number where the orders differ; a complex number is two.
void change_byte_order(const Tensor& dense, std::endian from, std::endian to) {
  if (from == to) return;
  const std::size_t parts = is_complex(dense.dtype()) ? 2 : 1;
  swap_bytes(dense.mutable_data(), size_bytes(dense.dtype()) / parts, static_cast<std::size_t>(dense.size()) * parts);
}

}  // namespace

std::int64_t element_count_in(std::string_view where, const Shape& shape, const char* code) {
  try {
    return element_count(shape);
  } catch (const Error& error) {
    fail(ErrorKind::kFile, code, where, " cannot be read: ", std::string_view(error.what()).substr(7));
  }
}

Tensor read_elements(Source& source, const ArrayHeader& header, const char* code) {
  const auto count = static_cast<std::uint64_t>(element_count_in(source.name(), header.shape, code));
  const std::uint64_t bytes = count * size_bytes(header.dtype);
  if (bytes != source.remaining()) {
    fail(ErrorKind::kFile, code, source.name(), " has ", source.remaining(), " bytes of elements instead of ", bytes,
         bytes > source.remaining() ? ": it is cut off" : ": there is something behind the array");
  }
  const Tensor flat = Tensor::uninitialised(header.dtype, {static_cast<std::int64_t>(count)});
  source.read(flat.mutable_data(), bytes);
  change_byte_order(flat, header.byte_order, std::endian::native);
  if (header.dtype == DType::kBool) {
    auto* byte = static_cast<unsigned char*>(flat.mutable_data());
    std::for_each(byte, byte + bytes, [](unsigned char& value) { value = value != 0; });
  }
  if (!header.fortran_order) return flat.reshape(header.shape);
  const Shape reversed(header.shape.rbegin(), header.shape.rend());
  std::vector<std::int64_t> order(reversed.size());
  for (std::size_t axis = 0; axis < order.size(); ++axis) order[axis] = static_cast<std::int64_t>(order.size() - 1 - axis);
  return flat.reshape(reversed).permute(order);
}

Tensor elements_to_write(const Tensor& tensor) {
  const bool as_it_is = tensor.is_contiguous() && tensor.dtype() != DType::kBool &&
                        std::endian::native == std::endian::little;
  if (as_it_is) return tensor;
  Tensor copy = tensor.clone();
  change_byte_order(copy, std::endian::native, std::endian::little);
  return copy;
}

std::string_view bytes_of(const Tensor& dense) noexcept {
  return {static_cast<const char*>(dense.data()), static_cast<std::size_t>(dense.size()) * size_bytes(dense.dtype())};
}

}  // namespace einfold::io
