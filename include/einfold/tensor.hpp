// SPDX-License-Identifier: MIT
//
// Tensors: a shared or borrowed buffer seen through a shape and strides.
#pragma once

#include "einfold/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace einfold {

using Shape = std::vector<std::int64_t>;    ///< extents, slowest axis first; each >= 0
using Strides = std::vector<std::int64_t>;  ///< in elements, never bytes; may be zero or negative

/// Product of the extents (1 for a scalar, 0 as soon as one extent is 0). Throws E0401 if an extent is negative, if
/// the rank is above 255, or if so many elements of 16 bytes would not fit in 63 bits.
[[nodiscard]] std::int64_t element_count(std::span<const std::int64_t> shape);

/// Strides of a dense row-major tensor. Throws E0401 like element_count.
[[nodiscard]] Strides row_major_strides(std::span<const std::int64_t> shape);

/// A handle to elements in memory. Copying a Tensor copies the handle; `clone` copies the elements.
///
/// Elements may be owned (shared between handles, aligned to 64 bytes) or borrowed from the caller, who then keeps them
/// alive. Any strides are allowed. `const` protects the handle, as with std::span, not the elements.
class Tensor {
 public:
  /// A tensor without elements: shape {0}, float64.
  Tensor();
  // Copying a handle allocates nothing, so moving is copying and no handle is ever without a shape.
  Tensor(const Tensor&) = default;
  Tensor& operator=(const Tensor&) = default;
  ~Tensor() = default;

  /// Row-major, all zeros. Throws E0401 (bad shape), E0601 (not enough memory).
  Tensor(DType dtype, Shape shape);

  /// Row-major with unspecified elements, for a caller that will write each of them.
  [[nodiscard]] static Tensor uninitialised(DType dtype, Shape shape);
  /// The same of this tensor's shape; nothing but the elements is allocated where this tensor is row-major, too.
  [[nodiscard]] Tensor uninitialised_like(DType dtype) const;

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
  /// as long as any handle is. Throws E0401 (bad shape, ranks of shape and strides differ, an address out of 63 bits,
  /// null data with elements), E0405 (address not aligned to the element type).
  [[nodiscard]] static Tensor borrow(void* data, DType dtype, Shape shape, Strides strides,
                                     std::shared_ptr<const void> keep_alive = {});
  [[nodiscard]] static Tensor borrow(void* data, DType dtype, Shape shape);
  /// The same, for reading only: einfold never writes to it.
  [[nodiscard]] static Tensor borrow(const void* data, DType dtype, Shape shape, Strides strides,
                                     std::shared_ptr<const void> keep_alive = {});
  [[nodiscard]] static Tensor borrow(const void* data, DType dtype, Shape shape);

  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] const Shape& shape() const noexcept { return layout_->shape; }
  [[nodiscard]] const Strides& strides() const noexcept { return layout_->strides; }
  [[nodiscard]] std::int64_t rank() const noexcept { return static_cast<std::int64_t>(shape().size()); }
  [[nodiscard]] std::int64_t size() const noexcept { return layout_->size; }  ///< number of elements
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
    const T* element = data_as<T>() + offset_of(position);
    // A borrowed bool may be any byte: all but zero are true.
    if constexpr (std::is_same_v<T, bool>) return *reinterpret_cast<const unsigned char*>(element) != 0;
    else return *element;
  }
  template <class T>
  [[nodiscard]] T at(std::initializer_list<std::int64_t> position) const {
    return at<T>(std::span<const std::int64_t>(position.begin(), position.size()));
  }
  /// All elements in row-major order, converted to T: bool, int32, int64, float, double, or a complex of these two.
  /// Throws E0402 (complex to real), E0601.
  template <class T>
  [[nodiscard]] std::vector<T> values() const;

  // Views: no element is copied. Throws E0404 (no such axis or position).
  [[nodiscard]] Tensor permute(std::span<const std::int64_t> order) const;  ///< axis a of the result is order[a]
  /// The positions start, start + step, .. (`count` of them, all inside; `step` may be negative).
  [[nodiscard]] Tensor slice(std::int64_t axis, std::int64_t start, std::int64_t count, std::int64_t step = 1) const;
  [[nodiscard]] Tensor select(std::int64_t axis, std::int64_t position) const;  ///< takes the axis away
  [[nodiscard]] Tensor expand(const Shape& shape) const;  ///< NumPy's broadcasting, with stride 0; else E0401

  // Copies: always row-major and owned. Throws E0601 (not enough memory).
  [[nodiscard]] Tensor clone() const;
  [[nodiscard]] Tensor contiguous() const;  ///< this tensor itself if it is dense row-major already
  [[nodiscard]] Tensor to(DType dtype) const;  ///< converted (complex to real is E0402); itself if of that type
  /// Row-major; a view where the elements already lie so. Throws E0401 (another number of elements).
  [[nodiscard]] Tensor reshape(Shape shape) const;
  /// The entries `positions` of `axis`, in that order, repeats allowed.
  [[nodiscard]] Tensor take(std::int64_t axis, std::span<const std::int64_t> positions) const;

  /// Converts and copies all elements of `source`, of the same shape, into this tensor's memory; the two may overlap.
  /// Throws E0401 (shapes differ), E0402 (complex to real), E0403 (read-only, or several positions share an element).
  void assign(const Tensor& source) const;

  /// Whether two tensors may share an element in memory (by address ranges).
  [[nodiscard]] bool overlaps(const Tensor& other) const noexcept;

 private:
  static Tensor copy_of(DType dtype, Shape shape, const void* values, std::size_t count);
  void require(DType dtype) const;
  [[nodiscard]] std::int64_t offset_of(std::span<const std::int64_t> position) const;
  [[nodiscard]] std::size_t axis_number(std::int64_t axis) const;
  void copy_to(void* target, DType dtype) const;  // dense, row-major
  // The same elements from another first one, `offset` elements further.
  [[nodiscard]] Tensor view(std::int64_t offset, Shape shape, Strides strides) const;

  // Shared between handles, so that copying one allocates nothing.
  struct Layout {
    Shape shape;
    Strides strides;
    std::int64_t size = 0;
  };
  [[nodiscard]] static std::shared_ptr<const Layout> row_major(Shape shape);
  Tensor(DType dtype, std::shared_ptr<const Layout> layout, std::shared_ptr<void> memory);

  std::shared_ptr<const void> owner_;
  void* data_ = nullptr;
  DType dtype_ = DType::kFloat64;
  bool read_only_ = false;
  std::shared_ptr<const Layout> layout_;
};

extern template std::vector<bool> Tensor::values<bool>() const;
extern template std::vector<std::int32_t> Tensor::values<std::int32_t>() const;
extern template std::vector<std::int64_t> Tensor::values<std::int64_t>() const;
extern template std::vector<float> Tensor::values<float>() const;
extern template std::vector<double> Tensor::values<double>() const;
extern template std::vector<std::complex<float>> Tensor::values<std::complex<float>>() const;
extern template std::vector<std::complex<double>> Tensor::values<std::complex<double>>() const;

}  // namespace einfold
