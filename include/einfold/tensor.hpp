// SPDX-License-Identifier: MIT
//
// Tensors: a shared or borrowed buffer seen through a shape and strides.
#pragma once

#include "einfold/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace einfold {

using Shape = std::vector<std::int64_t>;    ///< extents, slowest axis first; each >= 0
using Strides = std::vector<std::int64_t>;  ///< in elements, never bytes; may be zero or negative

/// Product of the extents (1 for a scalar). Throws E0401 if a negative extent occurs or the number of bytes that
/// `size * 16` elements take would not fit in 63 bits.
[[nodiscard]] std::int64_t element_count(std::span<const std::int64_t> shape);

/// Strides of a dense row-major tensor.
[[nodiscard]] Strides row_major_strides(std::span<const std::int64_t> shape);

/// A handle to elements in memory. Copying a Tensor copies the handle; `clone` copies the elements.
///
/// Elements may be owned (shared between handles) or borrowed from the caller, who then keeps them alive. Any strides
/// are allowed. `const` protects the handle, as with std::span, not the elements.
class Tensor {
 public:
  /// A tensor without elements: shape {0}, float64.
  Tensor();

  /// Row-major, all zeros. Throws E0401 (bad shape), E0601 (not enough memory).
  Tensor(DType dtype, Shape shape);

  /// Row-major with unspecified elements, for a caller that will write each of them.
  [[nodiscard]] static Tensor uninitialised(DType dtype, Shape shape);

  /// Row-major copy of `values`. Throws E0401 if their number is not the shape's.
  template <class T>
  [[nodiscard]] static Tensor from(Shape shape, std::span<const T> values) {
    return copy_of(dtype_of<T>, std::move(shape), values.data(), values.size());
  }
  template <class T>
  [[nodiscard]] static Tensor from(Shape shape, const std::vector<T>& values) {
    return from(std::move(shape), std::span<const T>(values));
  }
  /// A scalar (rank 0).
  template <class T>
  [[nodiscard]] static Tensor scalar(T value) {
    return copy_of(dtype_of<T>, {}, &value, 1);
  }

  /// Sees the caller's elements, writable. `data` points to the element at position (0, .., 0). `keep_alive` is held
  /// as long as any handle is. Throws E0401 (bad shape, ranks of shape and strides differ, null data with elements).
  [[nodiscard]] static Tensor borrow(void* data, DType dtype, Shape shape, Strides strides,
                                     std::shared_ptr<const void> keep_alive = {});
  [[nodiscard]] static Tensor borrow(void* data, DType dtype, Shape shape);
  /// The same, for reading only: einfold never writes to it.
  [[nodiscard]] static Tensor borrow(const void* data, DType dtype, Shape shape, Strides strides,
                                     std::shared_ptr<const void> keep_alive = {});
  [[nodiscard]] static Tensor borrow(const void* data, DType dtype, Shape shape);

  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const Strides& strides() const noexcept { return strides_; }
  [[nodiscard]] std::int64_t rank() const noexcept { return static_cast<std::int64_t>(shape_.size()); }
  [[nodiscard]] std::int64_t size() const noexcept { return size_; }  ///< number of elements
  [[nodiscard]] bool read_only() const noexcept { return read_only_; }
  [[nodiscard]] bool is_contiguous() const noexcept;  ///< dense row-major

  /// Address of the element at position (0, .., 0).
  [[nodiscard]] const void* data() const noexcept { return data_; }
  /// The same for writing. Throws E0403 if the tensor is read-only.
  [[nodiscard]] void* mutable_data() const;

  /// Elements in memory as T. Throws E0402 if T is not the tensor's type.
  template <class T>
  [[nodiscard]] const T* data_as() const {
    require(dtype_of<T>);
    return static_cast<const T*>(data_);
  }
  template <class T>
  [[nodiscard]] T* mutable_data_as() const {
    require(dtype_of<T>);
    return static_cast<T*>(mutable_data());
  }
  /// One element. Throws E0402 (type), E0404 (position outside).
  template <class T>
  [[nodiscard]] T at(std::span<const std::int64_t> position) const {
    return data_as<T>()[offset_of(position)];
  }
  template <class T>
  [[nodiscard]] T at(std::initializer_list<std::int64_t> position) const {
    return at<T>(std::span<const std::int64_t>(position.begin(), position.size()));
  }
  /// All elements in row-major order, converted to T (float, double, std::complex<double>, int64 ..).
  template <class T>
  [[nodiscard]] std::vector<T> values() const;

  // Views: no element is copied.
  [[nodiscard]] Tensor permute(std::span<const std::int64_t> order) const;  ///< axis a of the result is order[a]
  [[nodiscard]] Tensor slice(std::int64_t axis, std::int64_t start, std::int64_t count, std::int64_t step = 1) const;
  [[nodiscard]] Tensor select(std::int64_t axis, std::int64_t position) const;  ///< takes the axis away
  [[nodiscard]] Tensor expand(const Shape& shape) const;  ///< NumPy's broadcasting, with stride 0

  // Copies: always row-major and owned.
  [[nodiscard]] Tensor clone() const;
  [[nodiscard]] Tensor contiguous() const;  ///< this tensor itself if it is dense row-major already
  [[nodiscard]] Tensor to(DType dtype) const;  ///< converted (complex to real is E0402); itself if of that type
  [[nodiscard]] Tensor reshape(Shape shape) const;  ///< row-major; a view where the elements already lie so
  /// The entries `positions` of `axis`, in that order, repeats allowed.
  [[nodiscard]] Tensor take(std::int64_t axis, std::span<const std::int64_t> positions) const;

  /// Converts and copies all elements of `source`, of the same shape, into this tensor's memory.
  void assign(const Tensor& source) const;

  /// Whether two tensors may share an element in memory (by address ranges).
  [[nodiscard]] bool overlaps(const Tensor& other) const noexcept;

 private:
  static Tensor copy_of(DType dtype, Shape shape, const void* values, std::size_t count);
  void require(DType dtype) const;
  [[nodiscard]] std::int64_t offset_of(std::span<const std::int64_t> position) const;

  std::shared_ptr<const void> owner_;
  void* data_ = nullptr;
  DType dtype_ = DType::kFloat64;
  bool read_only_ = false;
  std::int64_t size_ = 0;
  Shape shape_;
  Strides strides_;
};

}  // namespace einfold
