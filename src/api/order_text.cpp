// SPDX-License-Identifier: MIT
//
// An order as opt_einsum shows it, and what it does not know beside.
#include "api/quantities.hpp"
#include "base/fail.hpp"
#include "einfold/order_report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <set>
#include <sstream>

namespace einfold {
namespace {

constexpr std::size_t kMostOfEquation = 200;
constexpr std::size_t kMostRemaining = 60;

std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a code point
  return text.substr(0, end) + "..";
}

class Page {
 public:
  explicit Page(const OrderReport& report) : report_(report) {}

  std::string text(std::size_t most_steps) {
    head();
    if (report_.steps.empty()) {
      out_ << "The result is zero whatever the operands are.\n";
      return out_.str();
    }
    table(most_steps);
    return out_.str();
  }

 private:
  void line(const char* what, const std::string& value) { out_ << std::setw(22) << what << ":  " << value << "\n"; }

  void head() {
    line("Complete contraction", shortened(report_.equation, kMostOfEquation));
    line("Naive scaling", cat(report_.naive_scaling));
    line("Optimized scaling", cat(report_.scaling));
    line("Naive FLOP count", scientific(report_.log10_naive_flops));
    line("Optimized FLOP count", scientific(report_.log10_flops));
    line("Theoretical speedup", scientific(report_.log10_naive_flops - report_.log10_flops));
    line("Largest intermediate", scientific(report_.log2_size * std::log10(2.0)) + " elements");
    line("Operands and result", cat(bytes(report_.operand_bytes), " and ", bytes(report_.result_bytes), ", ", name_of(report_.dtype)));
    line("Peak of intermediates", report_.log2_peak_bytes > 0 ? bytes_of_log2(report_.log2_peak_bytes) : "none");
    line("Workspace of a run", report_.workspace_bytes ? bytes(static_cast<double>(*report_.workspace_bytes)) : "too large to plan");
    line("Search", seconds(report_.search_seconds));
    if (report_.workspace_bytes) line("Predicted time", seconds(report_.predicted_seconds));
    if (report_.seconds) line("Measured time", seconds(*report_.seconds));
    for (const OrderLoop& loop : report_.loops) {
      line("Loop", cat(loop.index, ", ", loop.block, " at a time, around step ", loop.step));
    }
  }

  void table(std::size_t most_steps) {
    const bool measured = report_.seconds.has_value();
    const std::string rule(measured ? 118 : 106, '-');
    out_ << rule << "\n step  scaling  points     result     kernel            predicted   " << (measured ? "measured    " : "")
         << "current  |  remaining\n" << rule << "\n";
    for (int t = 0; t < report_.tensors; ++t) living_.insert(t);
    for (std::size_t s = 0; s < report_.steps.size(); ++s) {
      if (s == most_steps) {
        out_ << "  .. and " << report_.steps.size() - s << " more steps\n";
        break;
      }
      row(s, measured);
    }
  }

  void row(std::size_t s, bool measured) {
    const OrderStep& step = report_.steps[s];
    for (const int tensor : step.tensors) living_.erase(tensor);
    living_.insert(report_.tensors + static_cast<int>(s));
    const double log2_element = std::log2(static_cast<double>(size_bytes(report_.dtype)));
    out_ << std::setw(5) << s << std::setw(7) << step.scaling << "    ";
    column(scientific(step.log10_points), 11);
    column(bytes_of_log2(step.log2_size + log2_element), 11);
    column(kernel(step), 18);
    column(step.kernel.empty() ? "-" : seconds(step.predicted_seconds), 12);
    if (measured) column(step.seconds ? seconds(*step.seconds) : "-", 12);
    out_ << step.equation;
    for (const std::string& pattern : step.patterns) out_ << " {" << pattern << "}";
    if (s + 1 < report_.steps.size()) out_ << "  |  " << remaining();
    out_ << "\n";
  }

  void column(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    out_ << text;
  }

  [[nodiscard]] static std::string kernel(const OrderStep& step) {
    if (step.equal_to >= 0 && step.kernel.empty()) return cat("= step ", step.equal_to);
    if (step.kernel.empty()) return "-";
    return step.blocks > 1 ? cat(step.kernel, " x ", step.blocks) : step.kernel;
  }

  /// What there is still to contract: kl,ik->il.
  [[nodiscard]] std::string remaining() const {
    std::string text;
    const std::string separator = compact() ? "," : ", ";
    for (const int tensor : living_) {
      if (text.size() > kMostRemaining) return text + separator + "..";
      text += (text.empty() ? "" : separator) + term(tensor);
    }
    return text + (compact() ? "->" : " -> ") + result_of(report_.steps.back());
  }

  [[nodiscard]] std::string term(int tensor) const {
    if (tensor < report_.tensors) return report_.terms[static_cast<std::size_t>(tensor)];
    return result_of(report_.steps[static_cast<std::size_t>(tensor - report_.tensors)]);
  }

  /// Terms are written without white space.
  [[nodiscard]] bool compact() const { return report_.steps.front().equation.find(' ') == std::string::npos; }

  [[nodiscard]] static std::string result_of(const OrderStep& step) {
    const std::size_t arrow = step.equation.find("->");
    const std::size_t begin = step.equation.find_first_not_of(' ', arrow + 2);
    return begin == std::string::npos ? "" : step.equation.substr(begin);
  }

  const OrderReport& report_;
  std::ostringstream out_;
  std::set<int> living_;
};

}  // namespace

std::string to_string(const OrderReport& report, std::size_t most_steps) { return Page(report).text(most_steps); }

}  // namespace einfold
