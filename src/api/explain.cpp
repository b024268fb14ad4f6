// SPDX-License-Identifier: MIT
#include "api/compiled.hpp"
#include "api/order_report.hpp"
#include "api/quantities.hpp"
#include "base/text.hpp"
#include "network/print.hpp"

#include <cmath>
#include <numeric>
#include <sstream>

namespace einfold {
namespace {

class Page {
 public:
  Page(const Terms& terms, const Compiled& compiled, const Measured& measured)
      : terms_(terms.networks), operands_(terms.operands), compiled_(compiled), measured_(measured) {}

  std::string text() {
    for (const Operand& operand : operands_) out_ << "operand " << operand.name << " " << to_text(operand.shape) << "\n";
    out_ << "result " << to_text(terms_.front().shape()) << "\n";
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      out_ << "\n";
      if (terms_.size() > 1) out_ << "term " << t + 1 << " of " << terms_.size() << "\n";
      describe(t);
    }
    out_ << "\npredicted: " << seconds(predicted_) << "\n";
    if (!measured_.seconds.empty()) out_ << "measured: " << seconds(total()) << "\n";
    out_ << "workspace: " << measured_.held_bytes + compiled_.workspace_bytes() << " bytes beside operands and result\n";
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
    out_ << "order       " << with_prefix(ordered.tree.log2_flops) << " multiply-adds, largest intermediate "
         << (ordered.tree.log2_largest > 0 ? with_prefix(ordered.tree.log2_largest) : "0") << " elements\n";
    steps(t, ordered);
  }

  void steps(std::size_t t, const plan::Ordered& ordered) {
    const Executable& executable = compiled_.terms()[t].executable;
    const double log2_element = std::log2(static_cast<double>(size_bytes(executable.dtype())));
    const std::vector<OrderStep> steps = report_steps({.network = terms_[t],
                                                       .ordered = ordered,
                                                       .dtype = executable.dtype(),
                                                       .threads = measured_.threads,
                                                       .executable = &executable,
                                                       .seconds = measured_.seconds.empty() ? nullptr : &measured_.seconds[t]});
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const OrderStep& step = steps[s];
      out_ << "  T" << s << "[" << result_of(step) << "]";
      if (step.equal_to >= 0 && step.kernel.empty()) {
        out_ << " = T" << step.equal_to << ", renamed\n";
        continue;
      }
      out_ << " = " << (step.tensors.empty() ? "1" : "");
      for (std::size_t n = 0; n < step.tensors.size(); ++n) out_ << (n > 0 ? " * " : "") << tensor(ordered, t, step.tensors[n]);
      for (const std::string& pattern : step.patterns) out_ << " {" << pattern << "}";
      out_ << "\n";
      if (step.kernel.empty()) continue;
      out_ << "      " << with_prefix(step.log10_points / std::log10(2.0)) << " multiply-adds, writes "
           << bytes_of_log2(step.log2_size + log2_element) << ", kernel " << step.kernel;
      if (step.blocks > 1) out_ << ", in " << step.blocks << " slices";
      out_ << ", predicted " << seconds(step.predicted_seconds);
      if (step.seconds) out_ << ", measured " << seconds(*step.seconds);
      out_ << "\n";
      for (const auto& [name, reason] : step.declined) out_ << "        not " << name << ": " << reason << "\n";
      predicted_ += step.predicted_seconds;
    }
  }

  [[nodiscard]] static std::string result_of(const OrderStep& step) {
    const std::size_t begin = step.equation.find_first_not_of(' ', step.equation.find("->") + 2);
    return begin == std::string::npos ? "" : step.equation.substr(begin);
  }

  [[nodiscard]] std::string tensor(const plan::Ordered& ordered, std::size_t t, int number) const {
    const auto leaves = static_cast<int>(ordered.numbered.problem.leaves.size());
    if (number >= leaves) return "T" + std::to_string(number - leaves);
    const int operand = ordered.numbered.problem.leaves[static_cast<std::size_t>(number)].operand;
    return terms_[t].operands[static_cast<std::size_t>(operand)].name;
  }

  [[nodiscard]] double total() const {
    double sum = 0;
    for (const auto& term : measured_.seconds) sum = std::accumulate(term.begin(), term.end(), sum);
    return sum;
  }

  const std::vector<Network>& terms_;
  const std::vector<Operand>& operands_;
  const Compiled& compiled_;
  const Measured& measured_;
  double predicted_ = 0;
  std::ostringstream out_;
};

}  // namespace

std::string explain(const Terms& terms, const Compiled& compiled, const Measured& measured) {
  return Page(terms, compiled, measured).text();
}

}  // namespace einfold
