// SPDX-License-Identifier: MIT
//
// What one benchmark found, and the tables of it.
#pragma once

#include "einfold/measure.hpp"

#include <optional>
#include <string>
#include <vector>

namespace einfold::bench {

struct Opponent {
  std::string name;
  double seconds = 0;  ///< median
  double error = 0;    ///< largest difference from our result, over its largest entry; NaN where they were not compared
};

/// The ceiling that a row is measured against.
enum class Bound { kPeak, kRead, kWrite, kNone };

struct Row {
  std::string table;      ///< "forward", "gemm", ..
  std::string name;       ///< the case
  std::string dtype = "float32";
  double seconds = 0;     ///< ours, median
  double seconds_best = 0;
  double flops = 0;       ///< nominal
  Bound bound = Bound::kNone;
  double seconds_bound = 0;  ///< what the ceiling allows
  Cost cost;
  SampleCheck check;
  std::vector<Opponent> opponents;

  [[nodiscard]] double fraction() const { return seconds_bound / seconds; }
  [[nodiscard]] const Opponent* fastest() const;
};

struct Report {
  Ceilings ceilings;
  std::string machine;  ///< the processor, as the system names it
  std::vector<std::string> opponents;  ///< those found, with versions
  std::vector<Row> rows;
  std::vector<std::string> predictions;  ///< of what | cases | rank correlation | measured / predicted
  std::vector<std::string> orders;  ///< case | orders | chosen | best | ratio | the best one
};

/// The processor's name and the number of processors this process may use.
[[nodiscard]] std::string machine_name();

[[nodiscard]] std::string ceilings_line(const Report& report);
[[nodiscard]] std::string text_line(const Row& row);
[[nodiscard]] std::string markdown(const Report& report);
[[nodiscard]] std::string json(const Report& report);

}  // namespace einfold::bench
