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

Tensor::Tensor() : shape_{0}, strides_{1} {}

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), size_(element_count(shape)) {
  strides_ = row_major_strides(shape);
  shape_ = std::move(shape);
  const auto memory = allocate(bytes_of(dtype, size_), Fill::kZero);
  data_ = memory.get();
  owner_ = memory;
}

Tensor Tensor::uninitialised(DType dtype, Shape shape) {
  const std::int64_t count = element_count(shape);
  const auto memory = allocate(bytes_of(dtype, count), Fill::kNone);
  Strides strides = row_major_strides(shape);
  return borrow(memory.get(), dtype, std::move(shape), std::move(strides), memory);
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
  Tensor result;
  result.size_ = element_count(shape);
  if (shape.size() != strides.size()) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(shape), " has ", shape.size(), " axes, but there are ",
         strides.size(), " strides");
  }
  if (!reach_of(shape, strides)) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(shape), " with strides ", to_text(strides),
         " reaches beyond a 64-bit address");
  }
  if (data == nullptr && result.size_ > 0) {
    fail(ErrorKind::kShape, "E0401", "a null address for ", result.size_, " elements");
  }
  if (reinterpret_cast<std::uintptr_t>(data) % alignment_of(dtype) != 0) {
    fail(ErrorKind::kArgument, "E0405", "the address of ", name_of(dtype), " elements is not a multiple of ",
         alignment_of(dtype), " bytes; copy them first");
  }
  result.owner_ = std::move(keep_alive);
  result.data_ = data;
  result.dtype_ = dtype;
  result.shape_ = std::move(shape);
  result.strides_ = std::move(strides);
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

bool Tensor::is_contiguous() const noexcept { return is_row_major(shape_, strides_); }

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
  bool inside = position.size() == shape_.size();
  std::int64_t offset = 0;
  for (std::size_t axis = 0; inside && axis < shape_.size(); ++axis) {
    inside = position[axis] >= 0 && position[axis] < shape_[axis];
    if (inside && position[axis] > 0) offset += position[axis] * strides_[axis];
  }
  if (!inside) {
    fail(ErrorKind::kArgument, "E0404", "position ", to_text(position), " lies outside of shape ",
         to_text(shape_));
  }
  return offset;
}

void Tensor::copy_to(void* target, DType dtype) const {
  copy_elements(shape_, {target, dtype, row_major_strides(shape_)}, {data_, dtype_, strides_});
}

template <class T>
std::vector<T> Tensor::values() const {
  try {
    if constexpr (std::is_same_v<T, bool>) {  // std::vector<bool> has no array of elements
      const Tensor bytes = contiguous().to(DType::kBool);
      const auto* first = static_cast<const unsigned char*>(bytes.data());
      std::vector<bool> result(static_cast<std::size_t>(size_));
      for (std::size_t i = 0; i < result.size(); ++i) result[i] = first[i] != 0;
      return result;
    } else {
      std::vector<T> result(static_cast<std::size_t>(size_));
      copy_to(result.data(), dtype_of<T>);
      return result;
    }
  } catch (const std::bad_alloc&) {
    out_of_memory(static_cast<std::size_t>(size_) * sizeof(T));
  } catch (const std::length_error&) {
    out_of_memory(static_cast<std::size_t>(size_) * sizeof(T));
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
  Tensor result = uninitialised(dtype_, shape_);
  copy_to(result.data_, dtype_);
  return result;
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor result = uninitialised(dtype, shape_);
  copy_to(result.data_, dtype);
  return result;
}

void Tensor::assign(const Tensor& source) const {
  if (shape_ != source.shape_) {
    fail(ErrorKind::kShape, "E0401", "elements of shape ", to_text(source.shape_), " cannot be assigned to shape ",
         to_text(shape_));
  }
  void* target = mutable_data();
  if (!is_injective(shape_, strides_)) {
    fail(ErrorKind::kArgument, "E0403", "a tensor of shape ", to_text(shape_), " and strides ",
         to_text(strides_), " cannot be written to: several positions may share an element");
  }
  const Tensor safe = overlaps(source) ? source.clone() : source;
  copy_elements(shape_, {target, dtype_, strides_}, {safe.data_, safe.dtype_, safe.strides_});
}

bool Tensor::overlaps(const Tensor& other) const noexcept {
  struct Bytes {
    std::uintptr_t begin, end;
  };
  const auto bytes = [](const Tensor& tensor) {
    const auto size = static_cast<std::int64_t>(size_bytes(tensor.dtype_));
    const auto start = reinterpret_cast<std::uintptr_t>(tensor.data_);
    const Reach reach = reach_of(tensor.shape_, tensor.strides_).value_or(Reach{});
    return Bytes{start + static_cast<std::uintptr_t>(reach.lowest * size),
                 start + static_cast<std::uintptr_t>((reach.highest + 1) * size)};
  };
  if (size_ == 0 || other.size_ == 0) return false;
  const Bytes mine = bytes(*this);
  const Bytes theirs = bytes(other);
  return mine.begin < theirs.end && theirs.begin < mine.end;
}

}  // namespace einfold
