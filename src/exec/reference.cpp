// SPDX-License-Identifier: MIT
#include "einfold/reference.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "exec/bindings.hpp"

#include <algorithm>
#include <complex>
#include <map>
#include <set>
#include <type_traits>

namespace einfold {
namespace {

/// Position of an index in every tensor: the address of a node is linear in the index values.
using StrideOf = std::map<IndexId, std::int64_t>;

StrideOf strides_of(const Network& network, const std::vector<Group>& axes, std::span<const std::int64_t> axis_strides) {
  StrideOf result;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    std::int64_t stride = axis_strides[axis];
    for (auto index = axes[axis].rbegin(); index != axes[axis].rend(); ++index) {
      result[*index] += stride;
      stride *= network.extent(*index);
    }
  }
  return result;
}

/// One nested loop. An index that an equation determines takes the one value that solves it.
struct Level {
  IndexId index = 0;
  std::int64_t extent = 0;
  std::vector<std::int64_t> strides;   // in each dense node, then in the output
  std::vector<const Affine*> decided;  // the equations whose last leg this is
};

/// The order of the loops, and which of them are not decided by an equation.
struct LoopOrder {
  std::vector<IndexId> indices;
  std::vector<IndexId> free;
  std::vector<IndexId> absent;  ///< no loops: neither a tensor nor an equation has them, they only repeat every product
};

/// First what no equation has. Then always an index that is the only one left of an equation, which decides it; where there is
/// none, the shortest one.
LoopOrder loop_order(const Network& network) {
  std::map<IndexId, std::vector<std::size_t>> equations_of;
  std::vector<std::set<IndexId>> open;
  for (const Affine& node : network.affine) {
    open.emplace_back();
    for (const Term& term : node.terms) open.back().insert(term.index);
    for (const IndexId id : open.back()) equations_of[id].push_back(open.size() - 1);
  }
  std::set<IndexId> of_tensors;
  const auto collect = [&](const std::vector<Group>& axes) {
    for (const Group& group : axes) of_tensors.insert(group.begin(), group.end());
  };
  for (const Dense& node : network.dense) collect(node.axes);
  collect(network.output);
  LoopOrder order;
  std::set<IndexId> waiting;
  for (const auto& [id, index] : network.indices) {
    if (equations_of.contains(id)) {
      waiting.insert(id);
    } else if (!of_tensors.contains(id) && index.extent > 0) {  // a sum of nothing is no product: 0 NaN is NaN
      order.absent.push_back(id);
    } else {
      order.indices.push_back(id);
      order.free.push_back(id);
    }
  }
  while (!waiting.empty()) {
    const auto single = std::find_if(open.begin(), open.end(), [](const std::set<IndexId>& legs) { return legs.size() == 1; });
    const IndexId next = single != open.end() ? *single->begin()
                                              : *std::min_element(waiting.begin(), waiting.end(), [&](IndexId x, IndexId y) {
                                                  return network.extent(x) < network.extent(y);
                                                });
    if (single == open.end()) order.free.push_back(next);
    order.indices.push_back(next);
    waiting.erase(next);
    for (const std::size_t equation : equations_of[next]) open[equation].erase(next);
  }
  return order;
}

std::vector<Level> loop_nest(const Network& network, const LoopOrder& order, const std::vector<StrideOf>& strides) {
  std::vector<Level> levels;
  std::map<IndexId, std::size_t> depth;
  for (const IndexId id : order.indices) {
    Level level{id, network.extent(id), {}, {}};
    for (const StrideOf& of : strides) {
      const auto found = of.find(id);
      level.strides.push_back(found == of.end() ? 0 : found->second);
    }
    depth[id] = levels.size();
    levels.push_back(std::move(level));
  }
  for (const Affine& node : network.affine) {
    std::size_t last = 0;
    for (const Term& term : node.terms) last = std::max(last, depth.at(term.index));
    levels[last].decided.push_back(&node);
  }
  return levels;
}

__extension__ using Wide = __int128;  // a coefficient times a value may exceed 63 bits

/// The values of `level`'s index that satisfy the equations decided here: a range.
struct Range {
  std::int64_t first = 0, last = -1;
};

Range allowed(const Level& level, const std::map<IndexId, std::int64_t>& value) {
  Range range{0, level.extent - 1};
  for (const Affine* node : level.decided) {
    std::int64_t coefficient = 0;
    Wide rest = node->constant;
    for (const Term& term : node->terms) {
      if (term.index == level.index) {
        coefficient += term.coefficient;
      } else {
        rest -= static_cast<Wide>(term.coefficient) * value.at(term.index);
      }
    }
    if (coefficient == 0) {
      if (rest != 0) return {};
      continue;
    }
    if (rest % coefficient != 0) return {};
    const Wide solution = rest / coefficient;
    if (solution < range.first || solution > range.last) return {};
    range = {static_cast<std::int64_t>(solution), static_cast<std::int64_t>(solution)};
  }
  return range;
}

template <class T>
T add(T a, T b) { return a + b; }
template <class T>
T multiply(T a, T b) { return a * b; }
std::int64_t add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

template <class T>
void accumulate(const std::vector<Level>& levels, const std::vector<const T*>& data, T* result) {
  const std::size_t nodes = data.size();
  const std::size_t depth = levels.size();
  // offsets[d] holds the addresses with the indices of levels 0 .. d-1 set.
  std::vector<std::vector<std::int64_t>> offsets(depth + 1, std::vector<std::int64_t>(nodes + 1, 0));
  std::vector<Range> range(depth);
  std::map<IndexId, std::int64_t> value;
  std::size_t d = 0;
  const auto enter = [&] {
    range[d] = allowed(levels[d], value);
    value[levels[d].index] = range[d].first;
  };
  if (depth > 0) enter();
  for (;;) {
    if (d == depth) {
      T product = T(1);
      for (std::size_t node = 0; node < nodes; ++node) product = multiply(product, data[node][offsets[d][node]]);
      T& entry = result[offsets[d][nodes]];
      entry = add(entry, product);
    } else if (value[levels[d].index] <= range[d].last) {
      for (std::size_t node = 0; node <= nodes; ++node) {
        offsets[d + 1][node] = offsets[d][node] + levels[d].strides[node] * value[levels[d].index];
      }
      if (++d < depth) enter();
      continue;
    }
    if (d == 0) return;
    --d;
    ++value[levels[d].index];
  }
}

template <class T>
Tensor evaluate_as(const Network& network, std::span<const Tensor> operands, T scale) {
  Tensor result(dtype_of<T>, network.shape());
  if (network.zero) return result;
  std::vector<Tensor> wide;
  for (const Tensor& operand : operands) wide.push_back(operand.to(dtype_of<T>));
  std::vector<const T*> data;
  std::vector<StrideOf> strides;
  for (const Dense& node : network.dense) {
    const Tensor& tensor = wide[static_cast<std::size_t>(node.operand)];
    data.push_back(tensor.data_as<T>());
    strides.push_back(strides_of(network, node.axes, tensor.strides()));
  }
  strides.push_back(strides_of(network, network.output, result.strides()));
  T* values = result.mutable_data_as<T>();
  const LoopOrder order = loop_order(network);
  accumulate(loop_nest(network, order, strides), data, values);
  for (const IndexId id : order.absent) {
    if constexpr (std::is_integral_v<T>) scale = multiply(scale, network.extent(id));
    else scale *= static_cast<double>(network.extent(id));
  }
  for (std::int64_t i = 0; i < result.size(); ++i) values[i] = multiply(values[i], scale);
  return result;
}

}  // namespace

double reference_points(const Network& network) {
  double points = 1;
  for (const IndexId id : loop_order(network).free) points *= static_cast<double>(network.extent(id));
  return points;
}

Tensor evaluate_reference(const Network& network, std::span<const Tensor> operands) {
  check_bindings(network, operands);
  const DType type = result_type(network, operands);
  if (is_complex(type)) return evaluate_as<std::complex<double>>(network, operands, network.scale.value());
  if (is_integer(type)) return evaluate_as<std::int64_t>(network, operands, network.scale.numerator);
  return evaluate_as<double>(network, operands, network.scale.value());
}

}  // namespace einfold
