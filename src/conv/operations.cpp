// SPDX-License-Identifier: MIT
#include "conv/operations.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "conv/building_blocks.hpp"
#include "conv/kronecker.hpp"
#include "einfold/text.hpp"

#include <algorithm>
#include <cmath>

namespace einfold::conv {
namespace {

using Sum = std::vector<Network>;

/// What an operation is made from.
struct Request {
  Geometry geometry;
  const ConvSpec& spec;
  const Shapes& shapes;

  [[nodiscard]] bool has(const char* role) const { return shapes.contains(role); }
  [[nodiscard]] int dims() const { return static_cast<int>(geometry.dimensions.size()); }
};

enum Traits : unsigned {
  kPlain = 0,
  kRealOnly = 1,         // squares, Grams, norms and factors
  kTransposedInput = 2,  // x lies in output space
  kBatched = 4,          // u and z have an axis of vectors in front
  kNoKernel = 8,         // neither the kernel's nor the input's extents matter
  kInputFactor = 16,     // understands `homogeneous`
  kGroupModes = 32,      // understands `group_mode`
  kOutChannels = 64,     // no operand tells C_out
  kMean = 128,           // the default factor is a mean or 1/B
};

struct Row {
  OperationInfo info;
  unsigned traits;
  Sum (*build)(const Request&);
};

Sum forward(const Request& r) {
  Sum terms{convolution(r.geometry)};
  if (r.has("bias")) terms.push_back(bias_of_output(r.geometry));
  return terms;
}

Sum transpose_forward(const Request& r) {
  Sum terms{input_vjp(r.geometry, "x")};
  if (r.has("bias")) terms.push_back(bias_of_input(r.geometry));
  return terms;
}

Sum unfold(const Request& r) {
  const Network u = unfolded(r.geometry);  // n g (c k..) (o..)
  return {group(u, {{0}, {1, 2}, {3}})};
}

Sum fold(const Request& r) {
  const Network u = unfold(r).front();
  return {close(differentiate(u, "x"), {0, 1, 2}, "cols")};
}

Sum transpose_unfold(const Request& r) {
  const Network u = transpose_unfolded(r.geometry);
  return {group(u, {{0}, {1, 2}, {3}})};
}

Sum unfolded_kernel(const Request& r) {
  return {group(toeplitz(r.geometry), {axes_from(0, 1 + r.dims()), axes_from(1 + r.dims(), 1 + r.dims())})};
}

Sum weight_vjp(const Request& r) { return {sum(per_example_gradient(r.geometry), {0})}; }
Sum weight_vjp_batched(const Request& r) { return {sum(per_example_gradients(r.geometry), {1})}; }

Sum input_vjp_batched(const Request& r) {
  return {batch(input_vjp(r.geometry, "s"), {"s"}, "v", r.geometry.vectors)};
}

/// Axes of the differentiated operand, behind those of the output.
Axes opened_axes(const Request& r) { return axes_from(2 + r.dims(), 2 + r.dims()); }

Sum weight_jvp(const Request& r) { return {close(weight_jacobian(r.geometry), opened_axes(r), "u")}; }
Sum input_jvp(const Request& r) { return {close(input_jacobian(r.geometry), opened_axes(r), "z")}; }
Sum weight_jvp_batched(const Request& r) {
  return {batch(weight_jvp(r).front(), {"u"}, "v", r.geometry.vectors)};
}
Sum input_jvp_batched(const Request& r) {
  return {batch(input_jvp(r).front(), {"z"}, "v", r.geometry.vectors)};
}

Sum bias_vjp(const Request& r) {
  return {close(differentiate(bias_of_output(r.geometry), "bias"), axes_from(0, 2 + r.dims()), "v")};
}

template <FactorKind kind>
Sum factor(const Request& r) {
  return input_factor(unfolded(r.geometry), kind, r.spec);
}
template <FactorKind kind>
Sum transpose_factor(const Request& r) {
  return input_factor(transpose_unfolded(r.geometry), kind, r.spec);
}
/// The factor closed over its columns:  g rows.
template <FactorKind kind>
Sum factor_product(const Request& r) {
  return {close(factor<kind>(r).front(), {0, 2}, "t", {0})};
}
template <bool reduced>
Sum grad_factor(const Request& r) {
  return gradient_factor(r.geometry, r.has("s"), reduced, r.spec);
}

/// v n | (g d) c k..
Axes weight_axes(const Request& r, int first) { return axes_from(first, 2 + r.dims()); }

Sum ggn_block(const Request& r) {
  const Network block = gram(per_example_gradients(r.geometry), {0, 1});
  const int axes = 2 + r.dims();
  return {group(block, {axes_from(0, axes), axes_from(axes, axes)})};
}
Sum ggn_diagonal(const Request& r) {
  return {gram(per_example_gradients(r.geometry), {0, 1}, weight_axes(r, 2))};
}
Sum ggn_diagonal_per_example(const Request& r) {
  return {gram(per_example_gradients(r.geometry), {0}, Axes{1} + weight_axes(r, 2))};
}
Sum ggn_gram(const Request& r) {
  const Network network = gram(per_example_gradients(r.geometry), weight_axes(r, 2));
  return {group(network, {{0, 1}, {2, 3}})};
}
Sum ggn_mini_block_channel(const Request& r) {
  const Network network = gram(per_example_gradients(r.geometry), {0, 1}, {2});  // (g d) | c k.. | c' k'..
  const int axes = 1 + r.dims();
  return {group(network, {{0}, axes_from(1, axes), axes_from(1 + axes, axes)})};
}
Sum gradient_second_moment(const Request& r) {
  return {gram(per_example_gradient(r.geometry), {0}, weight_axes(r, 1))};
}
Sum per_example_squared_norm(const Request& r) {
  return {gram(per_example_gradient(r.geometry), weight_axes(r, 1), {0})};
}
Sum gradient_gram(const Request& r) { return {gram(per_example_gradient(r.geometry), weight_axes(r, 1))}; }

/// The diagonal of J^T diag(h) J: the Gram over kept output axes, closed with h, rows tied with columns.
Sum hessian_diagonal(const Request& r, const Network& jacobian) {
  const int axes = 2 + r.dims();
  Network network = close(gram(jacobian, {}, axes_from(0, axes)), axes_from(0, axes), "h");
  for (int axis = 0; axis < axes; ++axis) network = tie(network, axis, axes);
  return {network};
}
Sum hessian_diagonal_weight(const Request& r) { return hessian_diagonal(r, weight_jacobian(r.geometry)); }
Sum hessian_diagonal_input(const Request& r) { return hessian_diagonal(r, input_jacobian(r.geometry)); }

/// sum over v, n of (qb^T M qa)^2, per group.
Sum ekfac_correction(const Request& r) {
  const Geometry& geometry = r.geometry;
  Network gradients = split(per_example_gradients(geometry), 2);                    // v n g d c k..
  gradients = group(gradients, {{0}, {1}, {2}, {3}, axes_from(4, 1 + r.dims())});   // v n g d (c k..)

  const auto basis = [&](const char* operand, const Group& rows_of, const char* column) {
    Network q;
    const IndexId g = q.add_index("g", geometry.groups);
    Group rows;
    for (const IndexId id : rows_of) rows.push_back(q.add_index(gradients.indices.at(id).name, gradients.extent(id)));
    const std::int64_t extent = gradients.extent(rows_of);
    const IndexId columns = q.add_index(column, extent);
    q.dense = {{q.add_operand(operand, {geometry.groups, extent, extent}), {{g}, rows, {columns}}}};
    q.output = {{g}, rows, {columns}};
    return q;
  };
  const Network qb = basis("qb", gradients.output[3], "a");
  const Network qa = basis("qa", gradients.output[4], "b");
  Network rotated = join(gradients, qb, {{2, 0}, {3, 1}}, {0});  // v n g (c k..) a
  rotated = join(rotated, qa, {{2, 0}, {3, 1}}, {0});            // v n g a b
  return {gram(rotated, {0, 1}, {2, 3, 4})};
}

/// The Toeplitz matrix and its copy, closed with the output Hessian on both sides.
Sum kfra(const Request& r) {
  const int axes = 1 + r.dims();
  const Network matrix = group(toeplitz(r.geometry), {axes_from(0, axes), axes_from(axes, axes)});
  return {close(join(matrix, matrix, {}), {0, 2}, "hessian")};
}

Sum pattern(const Request& r) {
  const Dimension& d = r.geometry.dimensions.front();
  Network network;
  const IndexId k = network.add_index("k", d.kernel);
  const IndexId o = network.add_index("o", d.output);
  const IndexId i = network.add_index("i", d.input);
  network.affine = {{{{i, -1}, {o, d.stride}, {k, d.dilation}}, d.left}};
  network.output = {{k}, {o}, {i}};
  return {network};
}

template <Network (*block)(const Geometry&)>
Sum as_it_is(const Request& r) {
  return {block(r.geometry)};
}

const std::vector<Row>& table() {
  using enum FactorKind;
  static const std::vector<Row> rows{
      {{"forward", {{"x"}, {"weight"}}, {"bias"}}, kPlain, forward},
      {{"unfold", {{"x"}}, {}}, kPlain, unfold},
      {{"fold", {{"cols"}}, {}}, kPlain, fold},
      {{"unfolded-kernel", {{"weight"}}, {}}, kPlain, unfolded_kernel},
      {{"weight-jacobian", {{"x"}}, {}}, kOutChannels, as_it_is<weight_jacobian>},
      {{"input-jacobian", {{"weight"}}, {}}, kPlain, as_it_is<toeplitz>},
      {{"weight-vjp", {{"x"}, {"v"}}, {}}, kPlain, weight_vjp},
      {{"weight-vjp-per-example", {{"x"}, {"v"}}, {}}, kPlain, as_it_is<per_example_gradient>},
      {{"weight-vjp-batched", {{"x"}, {"s"}}, {}}, kPlain, weight_vjp_batched},
      {{"weight-vjp-batched-per-example", {{"x"}, {"s"}}, {}}, kPlain, as_it_is<per_example_gradients>},
      {{"input-vjp", {{"weight"}, {"v"}}, {}}, kPlain, [](const Request& r) { return Sum{input_vjp(r.geometry, "v")}; }},
      {{"input-vjp-batched", {{"weight"}, {"s"}}, {}}, kPlain, input_vjp_batched},
      {{"weight-jvp", {{"x"}, {"u"}}, {}}, kPlain, weight_jvp},
      {{"weight-jvp-batched", {{"x"}, {"u"}}, {}}, kBatched, weight_jvp_batched},
      {{"input-jvp", {{"weight"}, {"z"}}, {}}, kPlain, input_jvp},
      {{"input-jvp-batched", {{"weight"}, {"z"}}, {}}, kBatched, input_jvp_batched},
      {{"bias-vjp", {{"v"}}, {}}, kNoKernel, bias_vjp},
      {{"transpose-forward", {{"x"}, {"weight"}}, {"bias"}}, kTransposedInput, transpose_forward},
      {{"transpose-unfold", {{"v"}}, {}}, kPlain, transpose_unfold},
      {{"kfc", {{"x"}}, {}}, kMean | kRealOnly | kInputFactor | kGroupModes, factor<kPerPosition>},
      {{"kfac-expand", {{"x"}}, {}}, kMean | kRealOnly | kInputFactor | kGroupModes, factor<kMeanOverPositions>},
      {{"kfac-reduce", {{"x"}}, {}}, kMean | kRealOnly | kInputFactor | kGroupModes, factor<kReduced>},
      {{"kfc-product", {{"x"}, {"t"}}, {}}, kMean | kRealOnly | kGroupModes, factor_product<kPerPosition>},
      {{"kfac-reduce-product", {{"x"}, {"t"}}, {}}, kMean | kRealOnly | kGroupModes, factor_product<kReduced>},
      {{"grad-factor-expand", {{"v", "s"}}, {}}, kRealOnly | kNoKernel | kGroupModes, grad_factor<false>},
      {{"grad-factor-reduce", {{"v", "s"}}, {}}, kRealOnly | kNoKernel | kGroupModes, grad_factor<true>},
      {{"transpose-kfc", {{"v"}}, {}}, kMean | kRealOnly | kInputFactor | kGroupModes, transpose_factor<kPerPosition>},
      {{"transpose-kfac-reduce", {{"v"}}, {}}, kMean | kRealOnly | kInputFactor | kGroupModes, transpose_factor<kReduced>},
      {{"ggn-block", {{"x"}, {"s"}}, {}}, kRealOnly, ggn_block},
      {{"ggn-diagonal", {{"x"}, {"s"}}, {}}, kRealOnly, ggn_diagonal},
      {{"ggn-diagonal-per-example", {{"x"}, {"s"}}, {}}, kRealOnly, ggn_diagonal_per_example},
      {{"ggn-gram", {{"x"}, {"s"}}, {}}, kRealOnly, ggn_gram},
      {{"ggn-mini-block-channel", {{"x"}, {"s"}}, {}}, kRealOnly, ggn_mini_block_channel},
      {{"gradient-second-moment", {{"x"}, {"v"}}, {}}, kRealOnly, gradient_second_moment},
      {{"per-example-squared-norm", {{"x"}, {"v"}}, {}}, kRealOnly, per_example_squared_norm},
      {{"gradient-gram", {{"x"}, {"v"}}, {}}, kRealOnly, gradient_gram},
      {{"hessian-diagonal-weight", {{"x"}, {"h"}}, {}}, kRealOnly, hessian_diagonal_weight},
      {{"hessian-diagonal-input", {{"weight"}, {"h"}}, {}}, kRealOnly, hessian_diagonal_input},
      {{"ekfac-correction", {{"x"}, {"s"}, {"qb"}, {"qa"}}, {}}, kRealOnly, ekfac_correction},
      {{"kfra", {{"weight"}, {"hessian"}}, {}}, kRealOnly, kfra},
      {{"pattern", {}, {}}, kPlain, pattern},
  };
  return rows;
}

const Row& row_of(std::string_view operation) {
  std::vector<std::string> names;
  for (const Row& row : table()) {
    if (row.info.name == operation) return row;
    names.push_back(row.info.name);
  }
  fail(ErrorKind::kUsage, "E0310", "unknown operation '", operation, "'", did_you_mean(operation, names));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_operands(const OperationInfo& info, const Shapes& shapes) {
  for (const auto& alternatives : info.operands) {
    const auto given = std::count_if(alternatives.begin(), alternatives.end(),
                                     [&](const std::string& role) { return shapes.contains(role); });
    std::string names;
    for (const std::string& role : alternatives) names += (names.empty() ? "'" : " or '") + role + "'";
    if (given != 1) {
      fail(ErrorKind::kUsage, "E0311", info.name, given == 0 ? " needs operand " : " takes only one of ", names);
    }
  }
  for (const auto& given : shapes) {
    const std::string& role = given.first;
    const bool known = contains(info.optional_operands, role) ||
                       std::any_of(info.operands.begin(), info.operands.end(),
                                   [&](const auto& alternatives) { return contains(alternatives, role); });
    if (!known) fail(ErrorKind::kUsage, "E0311", info.name, " does not take operand '", role, "'");
  }
}

void check_options(const Row& row, const ConvSpec& spec, const Shapes& shapes) {
  const std::string& name = row.info.name;
  if (spec.homogeneous && !(row.traits & kInputFactor)) {
    fail(ErrorKind::kArgument, "E0312", name, " has no unfolded input to append ones to: leave out 'homogeneous'");
  }
  if (spec.group_mode != GroupMode::kKeep && !(row.traits & kGroupModes)) {
    fail(ErrorKind::kArgument, "E0312", name, " is no Kronecker factor: leave out the group mode");
  }
  if (spec.scale && !std::isfinite(*spec.scale)) {
    fail(ErrorKind::kArgument, "E0312", "the scale must be a finite number");
  }
  if ((row.traits & kOutChannels) && !spec.out_channels) {
    fail(ErrorKind::kUsage, "E0308", name, " needs the number of output channels: give `out_channels`");
  }
  if (!spec.subsampling) return;
  if (!shapes.contains("x") || !(shapes.contains("v") || shapes.contains("s"))) {
    fail(ErrorKind::kArgument, "E0313", name, " cannot be subsampled: it does not take x together with v or s");
  }
  const std::int64_t batch = shapes.find("x")->second.empty() ? 0 : shapes.find("x")->second.front();
  for (const std::int64_t example : *spec.subsampling) {
    if (example < 0 || example >= batch) {
      fail(ErrorKind::kArgument, "E0313", "subsampling asks for example ", example, ", but x has ", batch,
           " (0 .. ", batch - 1, ")");
    }
  }
}

/// `cols` [B, C_in K, O] hides the channels in a product: take them from there unless they are given.
ConvSpec with_channels_of_cols(const ConvSpec& spec, const Shape& cols, std::size_t dimensions) {
  ConvSpec result = spec;
  if (cols.size() != 3) {
    fail(ErrorKind::kShape, "E0304", "operand 'cols' has ", cols.size(), " axes, but 3 are needed: batch, C_in K, O");
  }
  std::int64_t kernel_size = 1;
  for (std::size_t j = 0; j < dimensions && spec.kernel.given(); ++j) {
    const std::int64_t extent = spec.kernel.values[spec.kernel.values.size() == 1 ? 0 : j % spec.kernel.values.size()];
    kernel_size = extent > 0 && extent <= std::max<std::int64_t>(1, cols[1]) / kernel_size ? kernel_size * extent : 0;
    if (kernel_size == 0) break;
  }
  if (!spec.in_channels && kernel_size > 0) result.in_channels = cols[1] / kernel_size;
  return result;
}

/// The operands' shapes are what the networks ask for.
void check_shapes(const Sum& terms, const Shapes& shapes, const ConvSpec& spec) {
  for (const Network& term : terms) {
    for (const Operand& operand : term.operands) {
      Shape given = shapes.find(operand.name)->second;
      if (operand.name == "x" && spec.subsampling) given.front() = static_cast<std::int64_t>(spec.subsampling->size());
      if (given != operand.shape) {
        fail(ErrorKind::kShape, "E0306", "operand '", operand.name, "' has shape ", to_text(given), ", but ",
             to_text(operand.shape), " is needed");
      }
    }
  }
}

/// X in place of the whole factor; an integer stays one, so that integer operands give integers.
Scale scale_of(double factor) {
  Scale scale;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (factor == std::floor(factor) && std::abs(factor) <= kExact) {
    scale.numerator = static_cast<std::int64_t>(factor);
  } else {
    scale.real = factor;
  }
  return scale;
}

}  // namespace

const std::vector<OperationInfo>& operations() {
  static const std::vector<OperationInfo> infos = [] {
    std::vector<OperationInfo> list;
    for (const Row& row : table()) list.push_back(row.info);
    return list;
  }();
  return infos;
}

Definition define(std::string_view operation, const ConvSpec& spec, const Shapes& shapes) {
  const Row& row = row_of(operation);
  check_operands(row.info, shapes);
  check_options(row, spec, shapes);
  GeometryRequest request{row.info.name};
  request.transposed_input = (row.traits & kTransposedInput) != 0;
  request.batched = (row.traits & kBatched) != 0;
  request.needs_kernel = request.needs_input = (row.traits & kNoKernel) == 0;
  const auto cols = shapes.find("cols");
  Geometry geometry;
  if (cols == shapes.end()) {
    geometry = resolve(request, spec, shapes);
  } else {
    const std::size_t dimensions = resolve(request, spec, shapes).dimensions.size();
    geometry = resolve(request, with_channels_of_cols(spec, cols->second, dimensions), shapes);
    geometry.batch = cols->second.front();
  }
  if (row.info.name == "pattern" && geometry.dimensions.size() != 1) {
    fail(ErrorKind::kArgument, "E0304", "pattern has one spatial dimension, not ", geometry.dimensions.size());
  }
  Definition definition;
  definition.terms = row.build({geometry, spec, shapes});
  definition.fractional = (row.traits & kMean) != 0 && !spec.scale;
  definition.real_only = (row.traits & kRealOnly) != 0;
  if (row.info.name == "pattern") definition.result = DType::kBool;
  check_shapes(definition.terms, shapes, spec);
  if (spec.scale) {
    for (Network& term : definition.terms) term.scale = scale_of(*spec.scale);
  }
  return definition;
}

}  // namespace einfold::conv
