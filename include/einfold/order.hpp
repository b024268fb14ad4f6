// SPDX-License-Identifier: MIT
//
// The order of contraction: how it is searched or given, and what is told about it. docs/orders.md.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace einfold {

/// Which tensors each step contracts. Tensors are the operands in their order, patterns left out.
///
///     linear   positions in the list of tensors that are left; a step takes its own out and appends its result
///     ssa      the tensors are 0 .. n - 1, the results n, n + 1, ..; each is used once
///
/// Steps of more than two tensors are taken from left to right.
struct ContractionPath {
  /// kEither: read as linear unless a number of n or more shows that it is not.
  enum class Form { kEither, kLinear, kSsa };

  std::vector<std::vector<int>> steps;
  Form form = Form::kEither;

  friend bool operator==(const ContractionPath&, const ContractionPath&) = default;
};

/// What a path is written like: [(0, 1), (0, 1)], [[0, 1], [0, 1]], or a JSON object with the key `path` (linear) or `ssa_path`, as
/// `einfold path --json` prints. Throws E0832. Whether the path fits an equation is found when that is planned (E0833).
[[nodiscard]] ContractionPath read_path(std::string_view text);
[[nodiscard]] std::string to_string(const ContractionPath& path);  ///< [(0, 1), (0, 1)]

/// What a search makes small.
enum class Minimize {
  kFlops,  ///< multiplications of all steps
  kSize,   ///< elements of the largest result; of orders alike in that, multiplications
  kWrite,  ///< elements of all results
  kCombo,  ///< multiplications + 64 for each element of a result
};

/// How the order is found.
struct OrderOptions {
  std::string search = "auto";            ///< one of order_searches(), else E0831
  std::optional<ContractionPath> path = {};  ///< in place of a search
  std::optional<Minimize> minimize = {};  ///< nothing: what the kernels are likely to take, multiplications + 16 for each element written
  /// The search starts nothing new after this long. Its result is the same every time unless this strikes.
  double max_seconds = std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;

  friend bool operator==(const OrderOptions&, const OrderOptions&) = default;
};

/// Names of searches: einfold's own, then those of opt_einsum and cotengra, which stand for the nearest of our own.
[[nodiscard]] std::vector<std::string> order_searches();

}  // namespace einfold
