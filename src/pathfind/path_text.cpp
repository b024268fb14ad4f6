// SPDX-License-Identifier: MIT
#include "pathfind/path_text.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>

namespace einfold::pathfind {
namespace {

constexpr const char* kCode = "E0831";

/// Ours first, then what opt_einsum and cotengra call them: the same search where there is one, else the nearest.
constexpr auto kMethods = std::to_array<std::pair<std::string_view, Method>>({
    {"auto", Method::kAuto},
    {"auto-hq", Method::kAutoHq},
    {"exact", Method::kExact},
    {"greedy", Method::kGreedy},
    {"random-greedy", Method::kRandomGreedy},
    {"random-greedy-128", Method::kRandomGreedy128},
    {"elimination", Method::kElimination},
    {"dissection", Method::kDissection},
    {"partition", Method::kPartition},
    {"labels", Method::kCommunities},
    {"sweep", Method::kSweep},
    // opt_einsum
    {"optimal", Method::kExact},
    {"dp", Method::kExact},
    {"dynamic-programming", Method::kExact},
    {"branch-all", Method::kBranchAll},
    {"branch-2", Method::kBranch2},
    {"branch-1", Method::kBranch1},
    {"eager", Method::kGreedy},
    {"opportunistic", Method::kGreedy},
    {"random-greedy-32", Method::kRandomGreedy},
    // cotengra: presets, then methods of its hyper-optimizer, which anneals and reconfigures what they give
    {"optimal-outer", Method::kExact},
    {"edgesort", Method::kElimination},
    {"ncon", Method::kElimination},
    {"random-greedy-64", Method::kRandomGreedy128},
    {"hyper", Method::kAutoHq},
    {"hyper-256", Method::kAutoHq},
    {"hyper-greedy", Method::kAutoHq},
    {"hyper-kahypar", Method::kAutoHq},
    {"hyper-labels", Method::kAutoHq},
    {"hyper-spinglass", Method::kAutoHq},
    {"kahypar", Method::kPartition},
    {"kahypar-agglom", Method::kCommunities},
    {"kahypar-balanced", Method::kPartition},
    {"labels-agglom", Method::kCommunities},
    {"labelprop", Method::kCommunities},
    {"spinglass", Method::kCommunities},
    {"betweenness", Method::kCommunities},
    {"walktrap", Method::kCommunities},
    {"quickbb", Method::kDissection},
    {"flowcutter", Method::kDissection},
});

/// Positions in a shrinking list against numbers that stay: a Fenwick tree over the numbers counts the living below one.
class Living {
 public:
  explicit Living(int count) : tree_(static_cast<std::size_t>(count) + 1, 0) {}

  void add(int number, int change) {
    for (std::size_t n = static_cast<std::size_t>(number) + 1; n < tree_.size(); n += n & (~n + 1)) tree_[n] += change;
  }
  /// How many are below `number`.
  [[nodiscard]] int position_of(int number) const {
    int count = 0;
    for (std::size_t n = static_cast<std::size_t>(number); n > 0; n &= n - 1) count += tree_[n];
    return count;
  }
  /// The living number at a position.
  [[nodiscard]] int number_at(int position) const {
    std::size_t at = 0;
    std::size_t step = 1;
    while (2 * step < tree_.size()) step *= 2;
    for (; step > 0; step /= 2) {
      if (at + step >= tree_.size() || tree_[at + step] > position) continue;
      at += step;
      position -= tree_[at];
    }
    return static_cast<int>(at);
  }

 private:
  std::vector<int> tree_;
};

}  // namespace

SsaPath ssa_of(const LinearPath& path, int tensors) {
  SsaPath result;
  Living living(2 * std::max(tensors, 1));
  for (int t = 0; t < tensors; ++t) living.add(t, 1);
  int count = tensors;
  for (const std::vector<int>& step : path) {
    std::vector<int> numbers;
    for (const int position : step) {
      if (position < 0 || position >= count)
        fail(ErrorKind::kUsage, kCode, "the path's step ", print(LinearPath{step}), " names tensor ", position, " of ", count,
             "; positions count from 0 in the list of tensors that are left");
      numbers.push_back(living.number_at(position));
    }
    std::vector<int> sorted = numbers;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end())
      fail(ErrorKind::kUsage, kCode, "the path's step ", print(LinearPath{step}), " names a tensor twice");
    if (numbers.size() < 2) continue;
    int joined = numbers[0];
    for (std::size_t n = 1; n < numbers.size(); ++n) {
      result.emplace_back(joined, numbers[n]);
      living.add(joined, -1);
      living.add(numbers[n], -1);
      joined = tensors + static_cast<int>(result.size()) - 1;
      living.add(joined, 1);
      --count;
    }
  }
  if (count > 1)
    fail(ErrorKind::kUsage, kCode, "the path leaves ", count, " of ", tensors, " tensors; it must join all of them");
  return result;
}

LinearPath linear_of(const SsaPath& path, int tensors) {
  LinearPath result;
  Living living(2 * std::max(tensors, 1));
  for (int t = 0; t < tensors; ++t) living.add(t, 1);
  for (const auto& [a, b] : path) {
    result.push_back({living.position_of(std::min(a, b)), living.position_of(std::max(a, b))});
    living.add(a, -1);
    living.add(b, -1);
    living.add(tensors + static_cast<int>(result.size()) - 1, 1);
  }
  return result;
}

std::string print(const LinearPath& path) {
  std::ostringstream out;
  out << '[';
  for (std::size_t s = 0; s < path.size(); ++s) {
    out << (s == 0 ? "(" : ", (");
    for (std::size_t n = 0; n < path[s].size(); ++n) out << (n == 0 ? "" : ", ") << path[s][n];
    out << (path[s].size() == 1 ? ",)" : ")");
  }
  out << ']';
  return out.str();
}

LinearPath parse_path(std::string_view text) {
  LinearPath path;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '(' && !inside) {
      inside = true;
      path.emplace_back();
      ++at;
    } else if (c == ')' && inside && !path.back().empty()) {
      inside = false;
      ++at;
    } else if (c >= '0' && c <= '9' && inside) {
      int value = 0;
      const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
      if (error != std::errc{}) fail(ErrorKind::kUsage, kCode, "a number of the path is too large, at character ", at + 1);
      path.back().push_back(value);
      at = static_cast<std::size_t>(end - text.data());
    } else if (c == ' ' || c == ',' || (!inside && (c == '[' || c == ']'))) {
      ++at;
    } else {
      fail(ErrorKind::kUsage, kCode, "a path is written like [(0, 1), (0, 1)]; character ", at + 1, " does not fit");
    }
  }
  if (inside) fail(ErrorKind::kUsage, kCode, "a path is written like [(0, 1), (0, 1)]; the last ) is missing");
  return path;
}

std::optional<Method> method_named(std::string_view name) {
  for (const auto& [known, method] : kMethods)
    if (known == name) return method;
  return std::nullopt;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const auto& method : kMethods) names.push_back(method.first);
  return names;
}

std::optional<Minimize> minimize_named(std::string_view name) {
  if (name == "flops") return Minimize::kFlops;
  if (name == "size") return Minimize::kSize;
  if (name == "write") return Minimize::kWrite;
  if (name == "combo") return Minimize::kCombo;
  return std::nullopt;
}

}  // namespace einfold::pathfind
