// SPDX-License-Identifier: MIT
//
// Operand shapes of every role for a convolution given by its numbers.
#pragma once

#include "conv/geometry.hpp"
#include "conv/operations.hpp"

namespace einfold::test {

/// All roles of docs/operations.md for this geometry.
inline conv::Shapes all_shapes(const conv::Geometry& geometry) {
  Shape input, kernel, output;
  for (const conv::Dimension& d : geometry.dimensions) {
    input.push_back(d.input);
    kernel.push_back(d.kernel);
    output.push_back(d.output);
  }
  const auto shape = [](Shape leading, const Shape& spatial) {
    leading.insert(leading.end(), spatial.begin(), spatial.end());
    return leading;
  };
  const std::int64_t b = geometry.batch, g = geometry.groups, v = geometry.vectors;
  const std::int64_t in = geometry.in_channels, out = geometry.out_channels;
  const std::int64_t rows = in / g * geometry.kernel_size();
  return {{"x", shape({b, in}, input)},
          {"weight", shape({out, in / g}, kernel)},
          {"bias", {out}},
          {"v", shape({b, out}, output)},
          {"s", shape({v, b, out}, output)},
          {"u", shape({out, in / g}, kernel)},
          {"z", shape({b, in}, input)},
          {"h", shape({b, out}, output)},
          {"cols", {b, in * geometry.kernel_size(), geometry.output_size()}},
          {"qa", {g, rows, rows}},
          {"qb", {g, out / g, out / g}},
          {"t", {g, rows}},
          {"hessian", {out * geometry.output_size(), out * geometry.output_size()}}};
}

/// The shapes that one operation takes (without optional operands; the first of several alternatives).
inline conv::Shapes shapes_for(const conv::OperationInfo& info, const conv::Geometry& geometry) {
  const conv::Shapes all = all_shapes(geometry);
  conv::Shapes shapes;
  for (const auto& alternatives : info.operands) {
    const std::string& role = alternatives.front();
    Shape shape = all.find(role)->second;
    if (role == "x" && info.name == "transpose-forward") shape = all.find("v")->second;
    const bool batched = info.name.ends_with("-batched") && (role == "u" || role == "z");
    if (batched) shape.insert(shape.begin(), geometry.vectors);
    shapes[role] = shape;
  }
  return shapes;
}

inline ConvSpec spec_of(const conv::Geometry& geometry) {
  ConvSpec spec;
  std::vector<std::int64_t> kernel, input, stride, dilation;
  std::vector<std::pair<std::int64_t, std::int64_t>> padding;
  for (const conv::Dimension& d : geometry.dimensions) {
    kernel.push_back(d.kernel);
    input.push_back(d.input);
    stride.push_back(d.stride);
    dilation.push_back(d.dilation);
    padding.emplace_back(d.left, d.right);
  }
  spec.kernel = kernel;
  spec.input = input;
  spec.stride = stride;
  spec.dilation = dilation;
  spec.padding = padding;
  spec.groups = geometry.groups;
  spec.in_channels = geometry.in_channels;
  spec.out_channels = geometry.out_channels;
  return spec;
}

}  // namespace einfold::test
