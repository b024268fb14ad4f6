// SPDX-License-Identifier: MIT
#include "api/compiled.hpp"

#include "base/text.hpp"
#include "network/print.hpp"

#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>

namespace einfold {
namespace {

/// 3.61 G, 12.8 k, 57.
std::string with_prefix(double value) {
  static constexpr const char* kPrefixes[] = {"", " k", " M", " G", " T", " P", " E"};
  std::size_t prefix = 0;
  while (value >= 1000.0 && prefix + 1 < std::size(kPrefixes)) {
    value /= 1000.0;
    ++prefix;
  }
  std::ostringstream out;
  if (prefix == 0 && value == std::floor(value)) {
    out << value;
  } else {
    out << std::setprecision(3) << value;
  }
  out << kPrefixes[prefix];
  return out.str();
}

class Page {
 public:
  Page(const Terms& terms, const Compiled& compiled)
      : terms_(terms.networks), operands_(terms.operands), compiled_(compiled) {}

  std::string text() {
    for (const Operand& operand : operands_) out_ << "operand " << operand.name << " " << to_text(operand.shape) << "\n";
    out_ << "result " << to_text(terms_.front().shape()) << "\n";
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      out_ << "\n";
      if (terms_.size() > 1) out_ << "term " << t + 1 << " of " << terms_.size() << "\n";
      describe(t);
    }
    out_ << "\nworkspace: " << compiled_.workspace_bytes() << " bytes beside operands and result\n";
    return out_.str();
  }

 private:
  void describe(std::size_t t) {
    const plan::Ordered& ordered = compiled_.orders()[t];
    out_ << "network     " << to_string(terms_[t]) << "\n";
    out_ << "equation    " << to_equation(terms_[t]).equation << "\n";
    for (const TraceEntry& entry : ordered.simplified.trace) out_ << "rule        " << entry.rule << ": " << entry.what << "\n";
    if (ordered.simplified.network.zero) {
      out_ << "order       the result is zero whatever the operands are\n";
      return;
    }
    out_ << "simplified  " << to_string(ordered.simplified.network) << "\n";
    out_ << "order       " << with_prefix(std::exp2(ordered.tree.log2_flops)) << " multiply-adds, largest intermediate "
         << with_prefix(ordered.tree.log2_largest > 0 ? std::exp2(ordered.tree.log2_largest) : 0) << " elements\n";
    steps(t, ordered);
  }

  void steps(std::size_t t, const plan::Ordered& ordered) {
    const Executable& executable = compiled_.terms()[t].executable;
    const auto element = static_cast<std::int64_t>(size_bytes(executable.dtype()));
    std::map<int, std::size_t> first, count;
    for (std::size_t i = 0; i < executable.plan().steps.size(); ++i) {
      const int s = executable.plan().steps[i].tree_step;
      first.try_emplace(s, i);
      ++count[s];
    }
    for (std::size_t s = 0; s < ordered.tree.steps.size(); ++s) {
      const pathfind::Step& step = ordered.tree.steps[s];
      out_ << "  T" << s << "[" << legs(ordered, step.legs) << "]";
      if (step.same_as >= 0) {
        out_ << " = T" << step.same_as << ", renamed\n";
        continue;
      }
      out_ << " = " << node(ordered, t, step.a) << (step.b >= 0 ? " * " + node(ordered, t, step.b) : std::string());
      for (const int e : step.equations) out_ << " {" << equation(ordered, e) << "}";
      out_ << "\n";
      const auto at = first.find(static_cast<int>(s));
      if (at == first.end()) continue;
      const cpu::Kernel& kernel = executable.kernel(at->second);
      out_ << "      " << with_prefix(std::exp2(step.log2_points)) << " multiply-adds, writes "
           << with_prefix(std::exp2(step.log2_size) * static_cast<double>(element)) << "B, kernel " << kernel.name();
      if (count[static_cast<int>(s)] > 1) out_ << ", in " << count[static_cast<int>(s)] << " slices";
      out_ << "\n";
      for (const cpu::Declined& declined : kernel.declined()) {
        out_ << "        not " << declined.name << ": " << declined.reason << "\n";
      }
    }
  }

  [[nodiscard]] std::string index_name(const plan::Ordered& ordered, int x) const {
    return ordered.simplified.network.indices.at(ordered.numbered.ids[static_cast<std::size_t>(x)]).name;
  }

  [[nodiscard]] std::string legs(const plan::Ordered& ordered, const std::vector<int>& indices) const {
    std::string text;
    for (const int x : indices) text += (text.empty() ? "" : " ") + index_name(ordered, x);
    return text;
  }

  [[nodiscard]] std::string node(const plan::Ordered& ordered, std::size_t t, int number) const {
    if (number < 0) return "1";
    const auto leaves = static_cast<int>(ordered.numbered.problem.leaves.size());
    if (number >= leaves) return "T" + std::to_string(number - leaves);
    const int operand = ordered.numbered.problem.leaves[static_cast<std::size_t>(number)].operand;
    return terms_[t].operands[static_cast<std::size_t>(operand)].name;
  }

  [[nodiscard]] std::string equation(const plan::Ordered& ordered, int number) const {
    const pathfind::Equation& equation = ordered.numbered.problem.equations[static_cast<std::size_t>(number)];
    std::ostringstream out;
    for (const auto& [x, coefficient] : equation.terms) {
      const std::int64_t size = std::abs(coefficient);
      if (out.tellp() > 0) out << " ";
      out << (coefficient < 0 ? "-" : "+");
      if (size != 1) out << size << " ";
      out << index_name(ordered, x);
    }
    out << " = " << equation.constant;
    return out.str();
  }

  const std::vector<Network>& terms_;
  const std::vector<Operand>& operands_;
  const Compiled& compiled_;
  std::ostringstream out_;
};

}  // namespace

std::string explain(const Terms& terms, const Compiled& compiled) { return Page(terms, compiled).text();
}

}  // namespace einfold
