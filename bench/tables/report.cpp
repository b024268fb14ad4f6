// SPDX-License-Identifier: MIT
#include "tables/report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

namespace einfold::bench {
namespace {

std::string number(double value, int digits) {
  std::ostringstream out;
  out.setf(std::ios::fixed);
  out.precision(digits);
  out << value;
  return out.str();
}

/// Three significant digits, in milliseconds.
std::string milliseconds(double seconds) {
  const double ms = 1e3 * seconds;
  return number(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 4);
}

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::kPeak: return "of the peak";
    case Bound::kRead: return "of one read";
    case Bound::kWrite: return "of one write";
    case Bound::kNone: break;
  }
  return "";
}

std::string gigaflops(const Row& row) { return row.flops > 0 ? number(row.flops / row.seconds * 1e-9, 1) : "-"; }

std::string fraction(const Row& row) { return row.bound == Bound::kNone ? "-" : number(100 * row.fraction(), 0) + " % " + name_of(row.bound); }

std::string mebibytes(const Row& row) { return number(static_cast<double>(row.cost.workspace_bytes) / (1 << 20), 2); }

std::string check_of(const Row& row) {
  if (row.check.entries == 0) return "not checked";
  return std::string(row.check.passed ? "right" : "WRONG") + (row.check.by_reference ? "" : " (float64)");
}

/// Geometric mean, smallest and count of the ratios of a table.
struct Summary {
  double log_sum = 0, smallest = INFINITY, fraction_log_sum = 0;
  int ratios = 0, fractions = 0, wrong = 0;
};

}  // namespace

const Opponent* Row::fastest() const {
  const auto found = std::min_element(opponents.begin(), opponents.end(),
                                      [](const Opponent& a, const Opponent& b) { return a.seconds < b.seconds; });
  return found == opponents.end() ? nullptr : &*found;
}

std::string machine_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    return line.substr(line.find(':') + 2) + ", " + std::to_string(std::thread::hardware_concurrency()) + " processors";
  }
  return "unknown processor";
}

std::string ceilings_line(const Report& report) {
  const Ceilings& c = report.ceilings;
  return report.machine + "; " + c.instruction_set + ", " + std::to_string(c.threads) + (c.threads == 1 ? " thread" : " threads") +
         ": " + number(c.flops_float32 * 1e-9, 1) + " GFLOP/s float32, " + number(c.flops_float64 * 1e-9, 1) +
         " GFLOP/s float64; memory read " + number(c.bytes_read * 1e-9, 1) + ", copied " + number(c.bytes_copied * 1e-9, 1) +
         ", written past the cache " + number(c.bytes_written * 1e-9, 1) + " GB/s";
}

std::string text_line(const Row& row) {
  std::ostringstream out;
  out << row.table << " | " << row.name << " | " << milliseconds(row.seconds) << " ms, " << gigaflops(row) << " GFLOP/s, " << fraction(row)
      << ", workspace " << mebibytes(row) << " MiB, " << check_of(row);
  for (const Opponent& opponent : row.opponents) {
    out << " | " << opponent.name << " " << milliseconds(opponent.seconds) << " ms, x " << number(opponent.seconds / row.seconds, 2);
    if (opponent.error > 1e-3) out << ", DIFFERS by " << opponent.error;
  }
  return out.str();
}

std::string markdown(const Report& report) {
  std::ostringstream out;
  out << "Ceilings, measured in the same run: " << ceilings_line(report) << ".\n";
  out << "Opponents:";
  for (std::size_t i = 0; i < report.opponents.size(); ++i) out << (i == 0 ? " " : "; ") << report.opponents[i];
  out << (report.opponents.empty() ? " none found" : "") << ".\n";
  std::vector<std::string> order;
  std::map<std::string, Summary> summaries;
  for (const Row& row : report.rows) {
    if (!summaries.contains(row.table)) order.push_back(row.table);
    Summary& s = summaries[row.table];
    if (row.check.entries > 0 && !row.check.passed) ++s.wrong;
    if (row.bound != Bound::kNone) s.fraction_log_sum += std::log(row.fraction()), ++s.fractions;
    if (const Opponent* fastest = row.fastest()) {
      const double ratio = fastest->seconds / row.seconds;
      s.log_sum += std::log(ratio), ++s.ratios;
      s.smallest = std::min(s.smallest, ratio);
    }
  }
  for (const std::string& table : order) {
    const Summary& s = summaries[table];
    out << "\n### " << table << "\n\n"
        << "| case | ms | GFLOP/s | ceiling | fastest opponent | its ms | ratio | workspace, MiB |\n|---|---|---|---|---|---|---|---|\n";
    for (const Row& row : report.rows) {
      if (row.table != table) continue;
      const Opponent* fastest = row.fastest();
      out << "| " << row.name << (row.check.entries > 0 && !row.check.passed ? " **WRONG**" : "") << " | " << milliseconds(row.seconds)
          << " | " << gigaflops(row) << " | " << fraction(row) << " | " << (fastest ? fastest->name : "-") << " | "
          << (fastest ? milliseconds(fastest->seconds) : "-") << " | " << (fastest ? number(fastest->seconds / row.seconds, 2) : "-")
          << " | " << mebibytes(row) << " |\n";
    }
    out << "\nGeometric means:";
    if (s.fractions > 0) out << " " << number(100 * std::exp(s.fraction_log_sum / s.fractions), 0) << " % of the ceiling;";
    if (s.ratios > 0) {
      out << " the fastest opponent takes " << number(std::exp(s.log_sum / s.ratios), 2) << " x our time, at least "
          << number(s.smallest, 2) << " x;";
    }
    out << " " << (s.wrong == 0 ? "every result checked" : std::to_string(s.wrong) + " results WRONG") << ".\n";
  }
  if (!report.predictions.empty()) {
    out << "\n### Predicted and measured time\n\n"
        << "| over | cases | Spearman's rank correlation | measured / predicted: a tenth is below | half | "
           "nine tenths |\n|---|---|---|---|---|---|\n";
    for (const std::string& line : report.predictions) out << "| " << line << " |\n";
  }
  if (!report.orders.empty()) {
    out << "\n### The chosen order and all others\n\n| case | orders timed | chosen, ms | fastest, ms | "
           "ratio | the fastest |\n|---|---|---|---|---|---|\n";
    for (const std::string& line : report.orders) out << "| " << line << " |\n";
  }
  return out.str();
}

std::string json(const Report& report) {
  using nlohmann::ordered_json;
  const Ceilings& c = report.ceilings;
  ordered_json object;
  object["machine"] = report.machine;
  object["ceilings"] = {{"instruction_set", c.instruction_set}, {"threads", c.threads}, {"flops_float32", c.flops_float32},
                        {"flops_float64", c.flops_float64},     {"bytes_read", c.bytes_read},
                        {"bytes_copied", c.bytes_copied},       {"bytes_written", c.bytes_written}};
  object["opponents"] = report.opponents;
  object["rows"] = ordered_json::array();
  for (const Row& row : report.rows) {
    ordered_json entry = {{"table", row.table},
                          {"case", row.name},
                          {"dtype", row.dtype},
                          {"seconds_median", row.seconds},
                          {"seconds_best", row.seconds_best},
                          {"gflops_nominal", row.flops / row.seconds * 1e-9},
                          {"gflops_executed", row.cost.executed_flops / row.seconds * 1e-9},
                          {"seconds_bound", row.seconds_bound},
                          {"fraction", row.bound == Bound::kNone ? ordered_json() : ordered_json(row.fraction())},
                          {"bytes_workspace", row.cost.workspace_bytes},
                          {"checked_entries", row.check.entries},
                          {"passed", row.check.passed}};
    for (const Opponent& opponent : row.opponents) entry["opponents"][opponent.name] = opponent.seconds;
    object["rows"].push_back(std::move(entry));
  }
  object["predictions"] = report.predictions;
  object["orders"] = report.orders;
  return object.dump(1) + "\n";
}

}  // namespace einfold::bench
