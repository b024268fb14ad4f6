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

/// A path that does not fit its tensors.
template <class... Parts>
[[noreturn]] void misfit(const Parts&... parts) {
  fail(ErrorKind::kUsage, "E0833", parts...);
}

/// Only the numbers of results are n or more: a whole path of three tensors or more has one of them, a linear path never.
bool is_ssa(const ContractionPath& path, int tensors) {
  if (path.form != ContractionPath::Form::kEither) return path.form == ContractionPath::Form::kSsa;
  return std::ranges::any_of(path.steps, [&](const auto& step) {
    return std::ranges::any_of(step, [&](int number) { return number >= tensors; });
  });
}

/// (0, 1), or the beginning of a long one.
std::string shortened(const std::vector<int>& step) {
  constexpr std::size_t kMost = 8;
  std::ostringstream out;
  for (std::size_t n = 0; n < std::min(step.size(), kMost); ++n) out << (n == 0 ? "(" : ", ") << step[n];
  out << (step.empty() ? "()" : step.size() > kMost ? ", ..)" : step.size() == 1 ? ",)" : ")");
  return out.str();
}

/// Text of nested brackets, round or square, two deep at most.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  LinearPath path() {
    LinearPath steps;
    skip_separators();
    const bool outer = opens() && (next_is_bracket(at_ + 1) || text_.substr(at_).find_first_of("'\"") == 1);
    const char end = outer ? closing(text_[at_]) : '\0';
    if (outer) {
      ++at_;
      skip_name();
    }
    for (skip_separators(); at_ < text_.size() && text_[at_] != end; skip_separators()) steps.push_back(step());
    if (outer && at_ == text_.size()) wrong(cat("the last ", end, " is missing"));
    if (outer && steps.empty() && end == ')') wrong("it has no step");
    at_ += outer ? 1 : 0;
    skip_separators();
    if (at_ < text_.size() || (!outer && steps.empty())) unfit();
    return steps;
  }

 private:
  [[noreturn]] static void wrong(const std::string& why) {
    fail(ErrorKind::kUsage, "E0832", "a path is written like [(0, 1), (0, 1)]; ", why);
  }
  [[noreturn]] void unfit() const {
    wrong(at_ < text_.size() ? cat("character ", at_ + 1, " does not fit") : "this one is empty");
  }

  [[nodiscard]] bool opens() const { return at_ < text_.size() && (text_[at_] == '(' || text_[at_] == '['); }
  [[nodiscard]] static char closing(char bracket) { return bracket == '(' ? ')' : ']'; }
  [[nodiscard]] bool next_is_bracket(std::size_t from) const {
    const std::size_t next = text_.find_first_not_of(" \t\r\n", from);
    return next != std::string_view::npos && std::string_view("([])").find(text_[next]) != std::string_view::npos;
  }
  void skip_separators() {
    while (at_ < text_.size() && std::string_view(" \t\r\n,").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  /// numpy.einsum_path says so first.
  void skip_name() {
    for (const std::string_view name : {"'einsum_path'", "\"einsum_path\""})
      if (text_.substr(at_).starts_with(name)) at_ += name.size();
  }

  std::vector<int> step() {
    if (!opens()) unfit();
    const char end = closing(text_[at_++]);
    std::vector<int> numbers;
    for (skip_separators(); at_ < text_.size() && text_[at_] != end; skip_separators()) {
      int value = 0;
      const auto [rest, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (error == std::errc::result_out_of_range) wrong(cat("the number at character ", at_ + 1, " is too large"));
      if (error != std::errc{} || value < 0) unfit();
      numbers.push_back(value);
      at_ = static_cast<std::size_t>(rest - text_.data());
    }
    if (at_ == text_.size()) wrong(cat("the last ", end, " is missing"));
    if (numbers.empty()) unfit();
    ++at_;
    return numbers;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

SsaPath ssa_of(const LinearPath& path, int tensors) {
  return pairs_of({path, ContractionPath::Form::kLinear}, tensors);
}

SsaPath pairs_of(const ContractionPath& path, int tensors) {
  const bool linear = !is_ssa(path, tensors);
  SsaPath result;
  std::vector<int> tensor_of;  // by the path's own numbers, where a step of one tensor counts too
  Living living(tensors + static_cast<int>(path.steps.size()));
  for (; static_cast<int>(tensor_of.size()) < tensors; tensor_of.push_back(static_cast<int>(tensor_of.size())))
    living.add(static_cast<int>(tensor_of.size()), 1);
  std::vector<char> used(static_cast<std::size_t>(tensors) + path.steps.size(), 0);
  int count = tensors;
  for (std::size_t s = 0; s < path.steps.size(); ++s) {
    const std::vector<int>& step = path.steps[s];
    const std::string where = cat("step ", s + 1, " of the path, ", shortened(step), ", ");
    if (step.empty()) misfit(where, "takes no tensor");
    std::vector<int> numbers;
    for (const int number : step) {
      if (linear && (number < 0 || number >= count))
        misfit(where, "takes position ", number, " in a list of ", count, " tensors; positions count from 0 among those that are left");
      if (!linear && (number < 0 || number >= static_cast<int>(tensor_of.size())))
        misfit(where, "takes tensor ", number, ", but there are only 0 to ", static_cast<int>(tensor_of.size()) - 1, " by then");
      numbers.push_back(linear ? living.number_at(number) : number);
    }
    for (const int number : numbers) {
      if (used[number]) misfit(where, linear ? "takes a tensor twice" : cat("takes tensor ", number, ", which is used already"));
      used[number] = 1;
    }
    int joined = tensor_of[numbers[0]];
    for (std::size_t n = 1; n < numbers.size(); ++n) {
      result.emplace_back(joined, tensor_of[numbers[n]]);
      joined = tensors + static_cast<int>(result.size()) - 1;
    }
    for (const int number : numbers) living.add(number, -1);
    living.add(static_cast<int>(tensor_of.size()), 1);
    tensor_of.push_back(joined);
    count -= static_cast<int>(numbers.size()) - 1;
  }
  if (count > 1) misfit("the path leaves ", count, " of ", tensors, " tensors; it must join all of them");
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

LinearPath parse_path(std::string_view text) { return Reader(text).path(); }

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
