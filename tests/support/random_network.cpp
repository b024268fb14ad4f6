// SPDX-License-Identifier: MIT
#include "support/random_network.hpp"

#include "base/fail.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace einfold::test {
namespace {

using Int = std::int64_t;

class Generator {
 public:
  Generator(std::uint64_t seed, const RandomNetworkOptions& options) : random_(seed), options_(options) {}

  Network generate() {
    for (int i = random_.between(2, 5); i > 0; --i) index(random_.of<int>({1, 2, 2, 3, 3, 4, 5}));
    if (options_.empty_extents && random_.chance(3)) index(0);
    for (int i = random_.between(0, options_.most_affine); i > 0; --i) add_affine();
    for (int i = random_.between(0, options_.most_dense); i > 0; --i) add_dense();
    network_.output = groups(random_.between(0, 4));
    if (random_.chance(30)) split_an_index();
    if (random_.chance(15)) network_.scale = network_.scale.times(random_.between(-2, 3), random_.of<int>({1, 1, 2, 4}));
    if (random_.chance(5)) network_.scale.real = 0.5;
    network_.zero = options_.empty_extents && random_.chance(1);
    return std::move(network_);
  }

 private:
  IndexId index(Int extent) {
    // Names are unique: ids only grow here.
    const IndexId id = network_.add_index({}, extent);
    std::string& name = network_.indices.at(id).name;
    name = static_cast<char>('a' + id % 26);
    if (random_.chance(10)) name += '\'';
    return id;
  }

  IndexId any_index() {
    return std::next(network_.indices.begin(), random_.between(0, static_cast<int>(network_.indices.size()) - 1))->first;
  }

  /// `count` distinct indices, or all.
  std::vector<IndexId> some_indices(int count) {
    std::vector<IndexId> all;
    for (const auto& [id, entry] : network_.indices) all.push_back(id);
    std::vector<IndexId> chosen;
    for (; count > 0 && !all.empty(); --count) {
      const auto at = all.begin() + random_.between(0, static_cast<int>(all.size()) - 1);
      chosen.push_back(*at);
      all.erase(at);
    }
    return chosen;
  }

  Int points() const {
    Int product = 1;
    for (const auto& [id, entry] : network_.indices) product *= std::max<Int>(entry.extent, 1);
    return product;
  }

  /// A new index for an equation; an extent that would make the network too large is cut, which is a case of its own.
  IndexId bounded_index(Int extent) {
    return index(std::clamp<Int>(extent, 1, std::min<Int>(9, options_.most_points / points())));
  }

  void add_affine() {
    if (points() >= options_.most_points) return;
    switch (random_.between(0, 7)) {
      case 0: return add_equation();
      case 1: return add_convolution();
      case 2: return add_relative(1, 0, 0);                                        // delta
      case 3: return add_relative(-1, 1, random_.between(0, 1));                   // flip
      case 4: return add_relative(random_.between(1, 3), 0, random_.between(0, 2));  // narrow
      case 5: return add_flattening();
      case 6: return add_equal_numbers();
      default: return add_near_copy();
    }
  }

  /// Coefficients at will; the constant is such that a random point satisfies it, mostly.
  void add_equation() {
    Affine node;
    for (const IndexId id : some_indices(random_.between(1, 4))) {
      node.terms.push_back({id, random_.of<int>({-3, -2, -1, -1, 1, 1, 1, 2, 3, 4})});
      const Int extent = network_.extent(id);
      node.constant += node.terms.back().coefficient * random_.between(0, static_cast<int>(std::max<Int>(extent, 1)) - 1);
    }
    if (random_.chance(10)) node.constant += random_.between(-3, 3);
    add(std::move(node));
  }

  /// -i + S o + D k = P
  void add_convolution() {
    const std::vector<IndexId> ok = some_indices(2);
    if (ok.size() < 2) return;
    const Int stride = random_.between(1, 3), dilation = random_.between(1, 3), padding = random_.between(0, 2);
    const Int needed = stride * (network_.extent(ok[0]) - 1) + dilation * (network_.extent(ok[1]) - 1) + 1;
    const IndexId i = bounded_index(needed - 2 * padding + random_.of<int>({0, 0, 0, 1, -1}));
    add({{{i, -1}, {ok[0], stride}, {ok[1], dilation}}, padding});
  }

  /// y = slope x + (from the end ? X - 1 : 0) + offset, for a new index y
  void add_relative(Int slope, int from_the_end, Int offset) {
    const IndexId x = any_index();
    const Int extent = network_.extent(x);
    const bool exact = random_.chance(70);
    const IndexId y = bounded_index(std::abs(slope) * (extent - 1) + 1 + (exact ? offset : random_.between(-1, 1)));
    add({{{y, -1}, {x, slope}}, -(from_the_end * (extent - 1) + offset)});
  }

  /// -i + sum of a mixed radix = 0, now and then with a digit too many or too few
  void add_flattening() {
    const std::vector<IndexId> digits = some_indices(random_.between(2, 3));
    Affine node;
    Int product = 1;
    for (const IndexId digit : digits) {
      node.terms.push_back({digit, std::max<Int>(product, 1)});
      product *= network_.extent(digit);
    }
    node.terms.push_back({bounded_index(product + (random_.chance(10) ? 1 : 0)), -1});
    add(std::move(node));
  }

  /// a y + x = a y' + x' for new y' and x'; mostly a is such that this means y = y' and x = x'.
  void add_equal_numbers() {
    const std::vector<IndexId> digits = some_indices(2);
    if (digits.size() < 2) return;
    const Int a = std::max<Int>(network_.extent(digits[0]) - (random_.chance(30) ? 1 : 0), 1);
    const IndexId x = bounded_index(network_.extent(digits[0]));
    const IndexId y = bounded_index(network_.extent(digits[1]));
    add({{{digits[1], a}, {digits[0], 1}, {y, -a}, {x, -1}}, 0});
  }

  /// Another pattern with one leg replaced by a new index of the same extent, or with another coefficient.
  void add_near_copy() {
    if (network_.affine.empty()) return add_convolution();
    Affine node = random_.of(network_.affine);
    Term& leg = node.terms[static_cast<std::size_t>(random_.between(0, static_cast<int>(node.terms.size()) - 1))];
    if (random_.chance(80)) {
      leg.index = bounded_index(network_.extent(leg.index));
    } else {
      leg.coefficient = random_.of<int>({-2, -1, 1, 2});
    }
    add(std::move(node));
  }

  void add(Affine node) {
    const Int factor = random_.of<int>({1, 1, 1, 1, -1, 2, -3});
    for (Term& term : node.terms) term.coefficient *= factor;
    node.constant *= factor;
    network_.affine.push_back(std::move(node));
  }

  /// `legs` indices, repeats allowed, cut into groups; a group may be empty.
  std::vector<Group> groups(int legs) {
    std::vector<Group> result;
    while (legs > 0 || random_.chance(10)) {
      result.emplace_back();
      for (int length = random_.between(random_.chance(5) ? 0 : 1, 2); length > 0 && legs > 0; --length, --legs) {
        result.back().push_back(any_index());
      }
    }
    return result;
  }

  void add_dense() {
    if (!network_.dense.empty() && random_.chance(25)) return add_node_of_same_operand();
    Dense node;
    node.axes = groups(random_.between(0, 4));
    Shape shape;
    for (const Group& group : node.axes) shape.push_back(network_.extent(group));
    node.operand = network_.add_operand(cat("t", network_.operands.size()), std::move(shape));
    network_.dense.push_back(std::move(node));
  }

  void add_node_of_same_operand() {
    Dense node = random_.of(network_.dense);
    for (Group& group : node.axes) {
      for (IndexId& id : group) {
        const IndexId other = any_index();
        if (network_.extent(other) == network_.extent(id)) id = other;
      }
    }
    network_.dense.push_back(std::move(node));
  }

  /// x becomes (y z) everywhere, which is the same network.
  void split_an_index() {
    const IndexId x = any_index();
    const Int extent = network_.extent(x);
    if (extent < 4 || extent % 2 != 0) return;
    const IndexId y = index(extent / 2), z = index(2);
    const auto split = [&](std::vector<Group>& axes) {
      for (Group& group : axes) {
        Group wider;
        for (const IndexId id : group) {
          if (id == x) wider.insert(wider.end(), {y, z});
          else wider.push_back(id);
        }
        group = std::move(wider);
      }
    };
    for (Dense& node : network_.dense) split(node.axes);
    split(network_.output);
    for (Affine& node : network_.affine) {
      for (std::size_t t = 0; t < node.terms.size(); ++t) {
        if (node.terms[t].index != x) continue;
        const Int c = node.terms[t].coefficient;
        node.terms[t] = {y, 2 * c};
        node.terms.push_back({z, c});
        break;
      }
    }
    network_.indices.erase(x);
  }

  Random random_;
  RandomNetworkOptions options_;
  Network network_;
};

Tensor random_tensor(Random& random, const Shape& shape, DType dtype) {
  std::vector<Int> values(static_cast<std::size_t>(element_count(shape)));
  for (Int& value : values) value = random.between(-3, 3);
  if (values.size() > 1 && std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) {
    values.back() = values.front() == 3 ? 2 : values.front() + 1;
  }
  return Tensor::from(shape, values).to(dtype);
}

}  // namespace

Network random_network(std::uint64_t seed, const RandomNetworkOptions& options) {
  return Generator(seed, options).generate();
}

std::vector<Tensor> random_operands(const Network& network, std::uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> operands;
  for (const Operand& operand : network.operands) {
    const DType dtype = random.chance(30) ? DType::kInt64 : DType::kFloat64;
    operands.push_back(random_tensor(random, operand.shape, dtype));
  }
  return operands;
}

std::vector<Tensor> random_operands(const Network& network, std::uint64_t seed, DType dtype) {
  Random random(seed);
  std::vector<Tensor> operands;
  for (const Operand& operand : network.operands) operands.push_back(random_tensor(random, operand.shape, dtype));
  return operands;
}

}  // namespace einfold::test
