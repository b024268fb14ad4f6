// SPDX-License-Identifier: MIT
#include "einfold/tensor.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "tensor/copy.hpp"
#include "tensor/memory.hpp"
#include "tensor/shape.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>

namespace einfold {
namespace {

std::size_t alignment_of(DType dtype) { return is_complex(dtype) ? size_bytes(dtype) / 2 : size_bytes(dtype); }

std::size_t bytes_of(DType dtype, std::int64_t count) { return static_cast<std::size_t>(count) * size_bytes(dtype); }

}  // namespace

std::shared_ptr<const Tensor::Layout> Tensor::row_major(Shape shape) {
  const std::int64_t size = element_count(shape);
  Strides strides = row_major_strides(shape);
  return std::make_shared<const Layout>(Layout{std::move(shape), std::move(strides), size});
}

Tensor::Tensor(DType dtype, std::shared_ptr<const Layout> layout, std::shared_ptr<void> memory)
    : owner_(memory), data_(memory.get()), dtype_(dtype), layout_(std::move(layout)) {}

Tensor::Tensor() {
  static const std::shared_ptr<const Layout> empty = row_major({0});
  layout_ = empty;
}

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), layout_(row_major(std::move(shape))) {
  const auto memory = allocate(bytes_of(dtype, layout_->size), Fill::kZero);
  data_ = memory.get();
  owner_ = memory;
}

Tensor Tensor::uninitialised(DType dtype, Shape shape) {
  auto layout = row_major(std::move(shape));
  auto memory = allocate(bytes_of(dtype, layout->size), Fill::kNone);
  return {dtype, std::move(layout), std::move(memory)};
}

Tensor Tensor::uninitialised_like(DType dtype) const {
  auto memory = allocate(bytes_of(dtype, layout_->size), Fill::kNone);
  return {dtype, is_contiguous() ? layout_ : row_major(layout_->shape), std::move(memory)};
}

Tensor Tensor::copy_of(DType dtype, Shape shape, const void* values, std::size_t count) {
  const auto expected = static_cast<std::size_t>(element_count(shape));
  if (count != expected) {
    fail(ErrorKind::kShape, "E0401", count, " values for shape ", to_text(shape), ", which has ", expected,
         " elements");
  }
  Tensor result = uninitialised(dtype, std::move(shape));
  if (count > 0) std::memcpy(result.data_, values, count * size_bytes(dtype));
  return result;
}

Tensor Tensor::borrow(void* data, DType dtype, Shape shape, Strides strides, std::shared_ptr<const void> keep_alive) {
  const std::int64_t size = element_count(shape);
  if (shape.size() != strides.size()) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(shape), " has ", shape.size(), " axes, but there are ",
         strides.size(), " strides");
  }
  if (!reach_of(shape, strides)) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(shape), " with strides ", to_text(strides),
         " reaches beyond a 64-bit address");
  }
  if (data == nullptr && size > 0) {
    fail(ErrorKind::kShape, "E0401", "a null address for ", size, " elements");
  }
  if (reinterpret_cast<std::uintptr_t>(data) % alignment_of(dtype) != 0) {
    fail(ErrorKind::kArgument, "E0405", "the address of ", name_of(dtype), " elements is not a multiple of ",
         alignment_of(dtype), " bytes; copy them first");
  }
  Tensor result;
  result.owner_ = std::move(keep_alive);
  result.data_ = data;
  result.dtype_ = dtype;
  result.layout_ = std::make_shared<const Layout>(Layout{std::move(shape), std::move(strides), size});
  return result;
}

Tensor Tensor::borrow(void* data, DType dtype, Shape shape) {
  Strides strides = row_major_strides(shape);
  return borrow(data, dtype, std::move(shape), std::move(strides));
}

Tensor Tensor::borrow(const void* data, DType dtype, Shape shape, Strides strides,
                      std::shared_ptr<const void> keep_alive) {
  Tensor result =
      borrow(const_cast<void*>(data), dtype, std::move(shape), std::move(strides), std::move(keep_alive));
  result.read_only_ = true;
  return result;
}

Tensor Tensor::borrow(const void* data, DType dtype, Shape shape) {
  Strides strides = row_major_strides(shape);
  return borrow(data, dtype, std::move(shape), std::move(strides));
}

bool Tensor::is_contiguous() const noexcept { return is_row_major(layout_->shape, layout_->strides); }

void* Tensor::mutable_data() const {
  if (read_only_) fail(ErrorKind::kArgument, "E0403", "a read-only tensor cannot be written to; clone it");
  return data_;
}

void Tensor::require(DType dtype) const {
  if (dtype != dtype_) {
    fail(ErrorKind::kArgument, "E0402", name_of(dtype_), " elements cannot be read as ", name_of(dtype),
         "; convert them first");
  }
}

std::int64_t Tensor::offset_of(std::span<const std::int64_t> position) const {
  bool inside = position.size() == layout_->shape.size();
  std::int64_t offset = 0;
  for (std::size_t axis = 0; inside && axis < layout_->shape.size(); ++axis) {
    inside = position[axis] >= 0 && position[axis] < layout_->shape[axis];
    if (inside && position[axis] > 0) offset += position[axis] * layout_->strides[axis];
  }
  if (!inside) {
    fail(ErrorKind::kArgument, "E0404", "position ", to_text(position), " lies outside of shape ",
         to_text(layout_->shape));
  }
  return offset;
}

void Tensor::copy_to(void* target, DType dtype) const {
  copy_elements(layout_->shape, {target, dtype, row_major_strides(layout_->shape)}, {data_, dtype_, layout_->strides});
}

template <class T>
std::vector<T> Tensor::values() const {
  try {
    if constexpr (std::is_same_v<T, bool>) {  // std::vector<bool> has no array of elements
      const Tensor bytes = contiguous().to(DType::kBool);
      const auto* first = static_cast<const unsigned char*>(bytes.data());
      std::vector<bool> result(static_cast<std::size_t>(layout_->size));
      for (std::size_t i = 0; i < result.size(); ++i) result[i] = first[i] != 0;
      return result;
    } else {
      std::vector<T> result(static_cast<std::size_t>(layout_->size));
      copy_to(result.data(), dtype_of<T>);
      return result;
    }
  } catch (const std::bad_alloc&) {
    out_of_memory(static_cast<std::size_t>(layout_->size) * sizeof(T));
  } catch (const std::length_error&) {
    out_of_memory(static_cast<std::size_t>(layout_->size) * sizeof(T));
  }
}

template std::vector<bool> Tensor::values<bool>() const;
template std::vector<std::int32_t> Tensor::values<std::int32_t>() const;
template std::vector<std::int64_t> Tensor::values<std::int64_t>() const;
template std::vector<float> Tensor::values<float>() const;
template std::vector<double> Tensor::values<double>() const;
template std::vector<std::complex<float>> Tensor::values<std::complex<float>>() const;
template std::vector<std::complex<double>> Tensor::values<std::complex<double>>() const;

Tensor Tensor::clone() const {
  const Tensor result = uninitialised_like(dtype_);
  copy_to(result.data_, dtype_);
  return result;
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  const Tensor result = uninitialised_like(dtype);
  copy_to(result.data_, dtype);
  return result;
}

void Tensor::assign(const Tensor& source) const {
  if (layout_->shape != source.shape()) {
    fail(ErrorKind::kShape, "E0401", "elements of shape ", to_text(source.shape()), " cannot be assigned to shape ",
         to_text(layout_->shape));
  }
  void* target = mutable_data();
  if (!is_injective(layout_->shape, layout_->strides)) {
    fail(ErrorKind::kArgument, "E0403", "a tensor of shape ", to_text(layout_->shape), " and strides ",
         to_text(layout_->strides), " cannot be written to: several positions may share an element");
  }
  const Tensor safe = overlaps(source) ? source.clone() : source;
  copy_elements(layout_->shape, {target, dtype_, layout_->strides}, {safe.data_, safe.dtype_, safe.strides()});
}

bool Tensor::overlaps(const Tensor& other) const noexcept {
  struct Bytes {
    std::uintptr_t begin, end;
  };
  const auto bytes = [](const Tensor& tensor) {
    const auto size = static_cast<std::int64_t>(size_bytes(tensor.dtype_));
    const auto start = reinterpret_cast<std::uintptr_t>(tensor.data_);
    const Reach reach = reach_of(tensor.shape(), tensor.strides()).value_or(Reach{});
    return Bytes{start + static_cast<std::uintptr_t>(reach.lowest * size),
                 start + static_cast<std::uintptr_t>((reach.highest + 1) * size)};
  };
  if (layout_->size == 0 || other.size() == 0) return false;
  const Bytes mine = bytes(*this);
  const Bytes theirs = bytes(other);
  return mine.begin < theirs.end && theirs.begin < mine.end;
}

}  // namespace einfold
