// SPDX-License-Identifier: MIT
#include "api/order_report.hpp"

#include "api/path_costs.hpp"
#include "base/fail.hpp"
#include "exec/predict.hpp"
#include "network/names.hpp"
#include "network/print.hpp"
#include "pathfind/log2.hpp"
#include "pathfind/path_text.hpp"
#include "pathfind/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace einfold {
namespace {

constexpr double kLog10Of2 = 0.30102999566398120;

double log10_of(double log2) { return log2 * kLog10Of2; }

/// One code point, so that terms need no white space between indices.
bool is_letter(const std::string& name) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return !name.empty() && std::all_of(name.begin() + 1, name.end(), continues);
}

/// ij,jk->ik where every axis is an index of one letter, else the named spelling.
std::string equation_of(const Network& network) {
  const std::map<IndexId, std::string> names = unique_names(network);
  bool letters = network.affine.empty() && !network.dense.empty();
  const auto term = [&](const std::vector<Group>& axes) {
    std::string text;
    for (const Group& group : axes) {
      letters = letters && group.size() == 1 && is_letter(names.at(group[0]));
      text += letters ? names.at(group[0]) : "";
    }
    return text;
  };
  std::string text;
  for (const Dense& node : network.dense) text += (&node == network.dense.data() ? "" : ",") + term(node.axes);
  text += "->" + term(network.output);
  return letters ? text : to_equation(network).equation;
}

/// Steps in words and numbers.
class Reporter {
 public:
  explicit Reporter(const Reported& what)
      : what_(what), problem_(what.ordered.numbered.problem), tree_(what.ordered.tree) {
    const std::map<IndexId, std::string> unique = unique_names(what.ordered.simplified.network);
    for (const IndexId id : what.ordered.numbered.ids) names_.push_back(unique.at(id));
    compact_ = problem_.equations.empty() && std::all_of(names_.begin(), names_.end(), is_letter);
  }

  [[nodiscard]] const std::string& name(int index) const { return names_[static_cast<std::size_t>(index)]; }

  [[nodiscard]] std::vector<OrderStep> steps() const {
    std::vector<OrderStep> result;
    for (const pathfind::Step& step : tree_.steps) result.push_back(described(step));
    if (what_.executable != nullptr) add_kernels(result);
    return result;
  }

  [[nodiscard]] std::vector<std::string> terms() const {
    std::vector<std::string> result;
    for (int leaf = 0; leaf < leaves(); ++leaf) result.push_back(term(legs_of(leaf)));
    return result;
  }

 private:
  [[nodiscard]] int leaves() const { return static_cast<int>(problem_.leaves.size()); }

  [[nodiscard]] std::vector<int> legs_of(int tensor) const {
    if (tensor >= leaves()) return tree_.steps[static_cast<std::size_t>(tensor - leaves())].legs;
    std::vector<int> legs;  // as written: a diagonal's index twice
    for (const auto& axis : problem_.leaves[static_cast<std::size_t>(tensor)].axes) legs.insert(legs.end(), axis.begin(), axis.end());
    return legs;
  }

  [[nodiscard]] std::string term(const std::vector<int>& legs) const {
    std::string text;
    for (const int leg : legs) text += (text.empty() || compact_ ? "" : " ") + name(leg);
    return text;
  }

  [[nodiscard]] OrderStep described(const pathfind::Step& step) const {
    OrderStep result;
    std::set<int> indices(step.legs.begin(), step.legs.end());
    for (const int tensor : {step.a, step.b}) {
      if (tensor < 0) continue;
      const std::vector<int> legs = legs_of(tensor);
      indices.insert(legs.begin(), legs.end());
      result.equation += (result.tensors.empty() ? "" : compact_ ? "," : ", ") + term(legs);
      result.tensors.push_back(tensor);
    }
    result.equation += (compact_ ? "->" : " -> ") + term(step.legs);
    if (!compact_ && step.legs.empty()) result.equation.pop_back();
    for (const int e : step.equations) {
      const pathfind::Equation& equation = problem_.equations[static_cast<std::size_t>(e)];
      for (const auto& [index, coefficient] : equation.terms) indices.insert(index);
      result.patterns.push_back(pattern(equation));
    }
    result.scaling = static_cast<int>(indices.size()) - static_cast<int>(step.equations.size());
    result.log10_points = log10_of(step.log2_points);
    result.log2_size = step.log2_size;
    result.equal_to = step.same_as;
    return result;
  }

  /// Solved for the first index of coefficient -1, else of 1, as affine axes are written.
  [[nodiscard]] std::string pattern(const pathfind::Equation& equation) const {
    const auto with = [&](std::int64_t c) {
      return std::find_if(equation.terms.begin(), equation.terms.end(), [&](const auto& term) { return term.second == c; });
    };
    auto solved = with(-1);
    if (solved == equation.terms.end()) solved = with(1);
    if (solved == equation.terms.end() || equation.terms.size() < 2) return sum(equation.terms, 1) + cat("=", equation.constant);
    auto rest = equation.terms;
    rest.erase(rest.begin() + (solved - equation.terms.begin()));
    const std::int64_t sign = solved->second == 1 ? -1 : 1;  // i = sign * (rest - constant)
    std::string text = name(solved->first) + "=" + sum(rest, sign);
    const std::string constant = cat(equation.constant);  // as text, for its negative may not fit
    if (equation.constant == 0) return text;
    const bool negative = (equation.constant < 0) == (sign < 0);
    return text + (negative ? "-" : "+") + (constant[0] == '-' ? constant.substr(1) : constant);
  }

  [[nodiscard]] std::string sum(const std::vector<std::pair<int, std::int64_t>>& terms, std::int64_t sign) const {
    std::string text;
    for (const auto& [index, coefficient] : terms) {
      const bool negative = (coefficient < 0) != (sign < 0);
      const std::string digits = cat(coefficient);
      text += negative ? "-" : text.empty() ? "" : "+";
      const std::string size = digits[0] == '-' ? digits.substr(1) : digits;
      text += (size == "1" ? "" : size + "*") + name(index);
    }
    return text;
  }

  void add_kernels(std::vector<OrderStep>& steps) const {
    const Executable& executable = *what_.executable;
    std::vector<std::int64_t> blocks(steps.size(), 0);
    for (std::size_t i = 0; i < executable.plan().steps.size(); ++i) {
      const auto s = static_cast<std::size_t>(executable.plan().steps[i].tree_step);
      if (s >= steps.size()) continue;
      if (what_.seconds != nullptr) steps[s].seconds = steps[s].seconds.value_or(0) + (*what_.seconds)[i];
      const cpu::Kernel& kernel = executable.kernel(i);
      steps[s].predicted_seconds +=
          predicted_seconds(kernel.loads(), executable.dtype(), what_.threads, cpu::chosen_isa());
      if (blocks[s]++ > 0) continue;
      steps[s].kernel = kernel.name();
      for (const cpu::Declined& declined : kernel.declined()) steps[s].declined.emplace_back(declined.name, declined.reason);
    }
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (blocks[s] > 0) steps[s].blocks = blocks[s];
    }
  }

  const Reported& what_;
  const pathfind::Problem& problem_;
  const pathfind::Tree& tree_;
  std::vector<std::string> names_;
  bool compact_ = false;
};

/// Indices of a network less its patterns.
int free_indices(const pathfind::Problem& problem) {
  std::set<int> indices(problem.output.begin(), problem.output.end());
  for (const pathfind::Leaf& leaf : problem.leaves) {
    for (const auto& axis : leaf.axes) indices.insert(axis.begin(), axis.end());
  }
  for (const pathfind::Equation& equation : problem.equations) {
    for (const auto& [index, coefficient] : equation.terms) indices.insert(index);
  }
  return static_cast<int>(indices.size()) - static_cast<int>(problem.equations.size());
}

ContractionPath path_of(const std::vector<std::pair<int, int>>& pairs, ContractionPath::Form form, int tensors) {
  ContractionPath path{{}, form};
  if (form == ContractionPath::Form::kLinear) {
    path.steps = pathfind::linear_of(pairs, tensors);
  } else {
    for (const auto& [a, b] : pairs) path.steps.push_back({a, b});
  }
  if (tensors == 1) path.steps = {{0}};  // as opt_einsum says it
  return path;
}

void add_costs(OrderReport& report, const plan::Ordered& ordered, const std::vector<std::pair<int, int>>& pairs) {
  const pathfind::Problem& problem = ordered.numbered.problem;
  const pathfind::Tree& tree = ordered.tree;
  if (problem.equations.empty()) {
    const PathCosts costs = costs_of_path(problem, pairs);
    report.log10_flops = log10_of(costs.log2_flops);
    report.log10_write = log10_of(costs.log2_write);
    report.log2_size = costs.log2_size;
  } else {
    report.log10_flops = log10_of(tree.log2_flops);
    report.log10_write = log10_of(tree.log2_write);
    for (const pathfind::Step& step : tree.steps) report.log2_size = std::max(report.log2_size, step.log2_size);
  }
  report.log10_points = log10_of(ordered.slices.empty() ? tree.log2_flops
                                                        : pathfind::log2_sliced_flops(problem, tree, ordered.slices));
  report.log2_intermediate = tree.log2_largest;
}

}  // namespace

std::vector<OrderStep> report_steps(const Reported& what) { return Reporter(what).steps(); }

OrderReport report_order(const Reported& what) {
  const plan::Ordered& ordered = what.ordered;
  const pathfind::Problem& problem = ordered.numbered.problem;
  const pathfind::Problem written = plan::number_indices(what.network).problem;
  const auto element = static_cast<double>(size_bytes(what.dtype));
  OrderReport report;
  report.equation = equation_of(what.network);
  report.dtype = what.dtype;
  report.tensors = static_cast<int>(written.leaves.size());
  report.naive_scaling = free_indices(written);
  report.log10_naive_flops = log10_of(log2_naive_flops(written));
  for (const Operand& operand : what.network.operands) {
    report.operand_bytes += static_cast<double>(element_count(operand.shape)) * element;
  }
  report.result_bytes = static_cast<double>(element_count(what.network.shape())) * element;
  report.search_seconds = ordered.search_seconds;
  if (what.executable != nullptr) report.workspace_bytes = what.held_bytes + what.executable->workspace_bytes();
  if (ordered.simplified.network.zero) return report;

  const std::vector<std::pair<int, int>> pairs = pairs_of_tree(ordered.tree, report.tensors);
  report.path = path_of(pairs, ContractionPath::Form::kLinear, report.tensors);
  report.ssa_path = path_of(pairs, ContractionPath::Form::kSsa, report.tensors);
  add_costs(report, ordered, pairs);
  const double peak = pathfind::peak_elements(problem, ordered.tree, ordered.slices);
  constexpr double kMostCounted = 1e299;  // beyond, the largest one is most of it
  const double log2_peak = peak < kMostCounted ? std::log2(std::max(peak, 1.0)) : ordered.tree.log2_largest;
  report.log2_peak_bytes = peak > 0 ? log2_peak + std::log2(element) : 0;

  const Reporter reporter(what);
  report.terms = reporter.terms();
  report.steps = reporter.steps();
  for (const OrderStep& step : report.steps) {
    report.scaling = std::max(report.scaling, step.scaling);
    report.predicted_seconds += step.predicted_seconds;
    if (what.seconds != nullptr) report.seconds = report.seconds.value_or(0) + step.seconds.value_or(0);
  }
  for (const pathfind::Slice& slice : ordered.slices) report.loops.push_back({reporter.name(slice.index), slice.block, slice.step});
  return report;
}

}  // namespace einfold
