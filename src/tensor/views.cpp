// SPDX-License-Identifier: MIT
//
// Views of a tensor, and the copies that are views where possible.
#include "base/checked.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "einfold/tensor.hpp"
#include "tensor/copy.hpp"
#include "tensor/shape.hpp"

#include <algorithm>

namespace einfold {

std::size_t Tensor::axis_number(std::int64_t axis) const {
  if (axis < 0 || axis >= rank()) {
    fail(ErrorKind::kArgument, "E0404", "there is no axis ", axis, " in a tensor of shape ", to_text(layout_->shape));
  }
  return static_cast<std::size_t>(axis);
}

Tensor Tensor::view(std::int64_t offset, Shape shape, Strides strides) const {
  Tensor result = *this;
  const std::int64_t size = element_count(shape);
  result.layout_ = std::make_shared<const Layout>(Layout{std::move(shape), std::move(strides), size});
  if (result.size() > 0 && offset != 0) {
    result.data_ = static_cast<std::byte*>(data_) + offset * static_cast<std::int64_t>(size_bytes(dtype_));
  }
  return result;
}

Tensor Tensor::permute(std::span<const std::int64_t> order) const {
  std::vector<bool> seen(layout_->shape.size(), false);
  Shape shape;
  Strides strides;
  for (const std::int64_t axis : order) {
    const std::size_t old = axis_number(axis);
    if (seen[old]) fail(ErrorKind::kArgument, "E0404", "axis ", axis, " occurs twice in the order ", to_text(order));
    seen[old] = true;
    shape.push_back(layout_->shape[old]);
    strides.push_back(layout_->strides[old]);
  }
  if (order.size() != layout_->shape.size()) {
    fail(ErrorKind::kArgument, "E0404", "the order ", to_text(order), " does not list every axis of shape ",
         to_text(layout_->shape));
  }
  return view(0, std::move(shape), std::move(strides));
}

Tensor Tensor::slice(std::int64_t axis, std::int64_t start, std::int64_t count, std::int64_t step) const {
  const std::size_t at = axis_number(axis);
  const std::int64_t extent = layout_->shape[at];
  Shape shape = layout_->shape;
  Strides strides = layout_->strides;
  const bool empty = count == 0 && start >= 0 && start <= extent;
  const bool starts_inside = count > 0 && start >= 0 && start < extent;
  // The last position; without a value it does not fit in 64 bits.
  const auto last = checked::multiply_add(start, starts_inside ? count - 1 : 0, step);
  const bool inside = starts_inside && last && *last >= 0 && *last < extent;
  if (!empty && !inside) {
    fail(ErrorKind::kArgument, "E0404", "axis ", axis, " of shape ", to_text(layout_->shape), " has no ", count,
         " positions from ", start, " in steps of ", step);
  }
  shape[at] = count;
  if (count > 1) strides[at] *= step;
  return view(start == 0 || empty ? 0 : start * layout_->strides[at], std::move(shape), std::move(strides));
}

Tensor Tensor::select(std::int64_t axis, std::int64_t position) const {
  const std::size_t at = axis_number(axis);
  if (position < 0 || position >= layout_->shape[at]) {
    fail(ErrorKind::kArgument, "E0404", "axis ", axis, " of shape ", to_text(layout_->shape), " has no position ", position);
  }
  Shape shape = layout_->shape;
  Strides strides = layout_->strides;
  shape.erase(shape.begin() + axis);
  strides.erase(strides.begin() + axis);
  // The other axes of an empty tensor may reach any address: none is computed then.
  return view(position == 0 || layout_->size == 0 ? 0 : position * layout_->strides[at], std::move(shape), std::move(strides));
}

Tensor Tensor::expand(const Shape& shape) const {
  Strides strides(shape.size(), 0);
  bool fits = shape.size() >= layout_->shape.size();
  const std::size_t added = fits ? shape.size() - layout_->shape.size() : 0;
  for (std::size_t axis = 0; fits && axis < layout_->shape.size(); ++axis) {
    fits = layout_->shape[axis] == shape[added + axis] || layout_->shape[axis] == 1;
    if (layout_->shape[axis] == shape[added + axis]) strides[added + axis] = layout_->strides[axis];
  }
  if (!fits) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(layout_->shape), " cannot be broadcast to ", to_text(shape));
  }
  return view(0, shape, std::move(strides));
}

Tensor Tensor::reshape(Shape shape) const {
  if (element_count(shape) != layout_->size) {
    fail(ErrorKind::kShape, "E0401", "shape ", to_text(layout_->shape), " of ", layout_->size, " elements cannot become ",
         to_text(shape));
  }
  const auto strides = reshaped_strides(layout_->shape, layout_->strides, shape);
  return strides ? view(0, std::move(shape), *strides) : clone().reshape(std::move(shape));
}

Tensor Tensor::take(std::int64_t axis, std::span<const std::int64_t> positions) const {
  Shape shape = layout_->shape;
  shape[axis_number(axis)] = static_cast<std::int64_t>(positions.size());
  const Tensor result = uninitialised(dtype_, std::move(shape));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Tensor source = select(axis, positions[i]);
    const Tensor target = result.select(axis, static_cast<std::int64_t>(i));
    copy_elements(source.shape(), {target.data_, dtype_, target.strides()}, {source.data_, dtype_, source.strides()});
  }
  return result;
}

}  // namespace einfold
