// SPDX-License-Identifier: MIT
#include "conv/building_blocks.hpp"

#include <numeric>

namespace einfold::conv {
namespace {

int dimensions_of(const Geometry& geometry) { return static_cast<int>(geometry.dimensions.size()); }

/// i, o, k for one spatial dimension; i1, i2, .. for more.
std::string name_of(const char* letter, std::size_t dimension, const Geometry& geometry) {
  return geometry.dimensions.size() == 1 ? std::string(letter) : letter + std::to_string(dimension + 1);
}

/// bias[e] -> n e p.., for the given number of channels and extents.
Network bias(std::int64_t batch, std::int64_t channels, const std::vector<Index>& positions) {
  Network network;
  const IndexId n = network.add_index("n", batch);
  const IndexId e = network.add_index("e", channels);
  network.dense.push_back({network.add_operand("bias", {channels}), {{e}}});
  network.output = {{n}, {e}};
  for (const Index& position : positions) network.output.push_back({network.add_index(position.name, position.extent)});
  return network;
}

/// The two halves of an unfolded tensor, (row..) and (column..), each as one axis:  n g (row..) (column..)
Network grouped(const Network& network, int row_axes, int column_axes) {
  return group(network, {{0}, {1}, axes_from(2, row_axes), axes_from(2 + row_axes, column_axes)});
}

}  // namespace

Axes axes_from(int first, int count) {
  Axes axes(static_cast<std::size_t>(count));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

Axes operator+(Axes a, const Axes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Network convolution(const Geometry& geometry) {
  Network network;
  const std::int64_t groups = geometry.groups;
  const std::int64_t in_per_group = geometry.in_channels / groups, out_per_group = geometry.out_channels / groups;
  const IndexId n = network.add_index("n", geometry.batch);
  const IndexId g = network.add_index("g", groups);
  const IndexId c = network.add_index("c", in_per_group);
  const IndexId d = network.add_index("d", out_per_group);
  Dense x{0, {{n}, {g, c}}}, weight{1, {{g, d}, {c}}};
  Shape x_shape{geometry.batch, geometry.in_channels}, weight_shape{geometry.out_channels, in_per_group};
  network.output = {{n}, {g, d}};
  for (std::size_t j = 0; j < geometry.dimensions.size(); ++j) {
    const Dimension& dimension = geometry.dimensions[j];
    const IndexId i = network.add_index(name_of("i", j, geometry), dimension.input);
    const IndexId o = network.add_index(name_of("o", j, geometry), dimension.output);
    const IndexId k = network.add_index(name_of("k", j, geometry), dimension.kernel);
    network.affine.push_back({{{i, -1}, {o, dimension.stride}, {k, dimension.dilation}}, dimension.left});
    x.axes.push_back({i});
    x_shape.push_back(dimension.input);
    weight.axes.push_back({k});
    weight_shape.push_back(dimension.kernel);
    network.output.push_back({o});
  }
  x.operand = network.add_operand("x", std::move(x_shape));
  weight.operand = network.add_operand("weight", std::move(weight_shape));
  network.dense = {std::move(x), std::move(weight)};
  return network;
}

Network bias_of_output(const Geometry& geometry) {
  std::vector<Index> positions;
  for (std::size_t j = 0; j < geometry.dimensions.size(); ++j) {
    positions.push_back({name_of("o", j, geometry), geometry.dimensions[j].output});
  }
  return bias(geometry.batch, geometry.out_channels, positions);
}

Network bias_of_input(const Geometry& geometry) {
  std::vector<Index> positions;
  for (std::size_t j = 0; j < geometry.dimensions.size(); ++j) {
    positions.push_back({name_of("i", j, geometry), geometry.dimensions[j].input});
  }
  return bias(geometry.batch, geometry.in_channels, positions);
}

Network weight_jacobian(const Geometry& geometry) { return differentiate(convolution(geometry), "weight"); }
Network input_jacobian(const Geometry& geometry) { return differentiate(convolution(geometry), "x"); }

Network toeplitz(const Geometry& geometry) {
  const Network jacobian = input_jacobian(geometry);
  const IndexId n = jacobian.output[0].front();
  return drop(tie(jacobian, 0, 2 + dimensions_of(geometry)), n);
}

Network per_example_gradient(const Geometry& geometry) {
  return close(weight_jacobian(geometry), axes_from(0, 2 + dimensions_of(geometry)), "v", {0});
}

Network per_example_gradients(const Geometry& geometry) {
  const Network one = close(weight_jacobian(geometry), axes_from(0, 2 + dimensions_of(geometry)), "s", {0});
  return batch(one, {"s"}, "v", geometry.vectors);
}

Network unfolded(const Geometry& geometry) {
  const int dims = dimensions_of(geometry);
  // n (g d) o.. | (g d) c k..: the diagonal over (g d) does not depend on d.
  const Network jacobian = weight_jacobian(geometry);
  const IndexId d = jacobian.output[1].back();
  const Network network = drop(tie(jacobian, 1, 2 + dims), d);  // n g o.. c k..
  const Axes order = Axes{0, 1} + axes_from(2 + dims, 1 + dims) + axes_from(2, dims);
  return grouped(permute(network, order), 1 + dims, dims);
}

Network transpose_unfolded(const Geometry& geometry) {
  const int dims = dimensions_of(geometry);
  // n (g c) i.. | (g d) c k..: the diagonal over g and c does not depend on c.
  const Network jacobian = differentiate(input_vjp(geometry, "v"), "weight");
  const Network pieces = split(split(jacobian, 2 + dims), 1);        // n g c i.. g d c k..
  const Network tied = tie(tie(pieces, 1, 3 + dims), 2, 4 + dims);   // n g c i.. d k..
  const Network network = drop(tied, tied.output[2].front());        // n g i.. d k..
  const Axes order = Axes{0, 1} + axes_from(2 + dims, 1 + dims) + axes_from(2, dims);
  return grouped(permute(network, order), 1 + dims, dims);
}

Network output_space(const Geometry& geometry, std::string operand) {
  Network network;
  const std::int64_t out_per_group = geometry.out_channels / geometry.groups;
  const IndexId n = network.add_index("n", geometry.batch);
  const IndexId g = network.add_index("g", geometry.groups);
  const IndexId d = network.add_index("d", out_per_group);
  Dense node{0, {{n}, {g, d}}};
  Shape shape{geometry.batch, geometry.out_channels};
  network.output = {{n}, {g}, {d}};
  for (std::size_t j = 0; j < geometry.dimensions.size(); ++j) {
    const IndexId o = network.add_index(name_of("o", j, geometry), geometry.dimensions[j].output);
    node.axes.push_back({o});
    shape.push_back(geometry.dimensions[j].output);
    network.output.push_back({o});
  }
  network.add_operand(std::move(operand), std::move(shape));
  network.dense = {std::move(node)};
  return network;
}

Network input_vjp(const Geometry& geometry, std::string operand) {
  return close(input_jacobian(geometry), axes_from(0, 2 + dimensions_of(geometry)), std::move(operand));
}

}  // namespace einfold::conv
