// SPDX-License-Identifier: MIT
//
// What `bench` prints: for people, and as JSON with names that stay.
#pragma once

#include "einfold/measure.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace einfold::cli {

/// One thing that was timed.
struct Timed {
  std::string what;        ///< the equation, or the operation (and the layer)
  DType dtype = DType::kFloat32;
  double nominal_flops = 0;
  Measurement measurement;
  SampleCheck check;
};

/// Share of the machine's multiply-add peak, by the nominal arithmetic: above 1 where work is saved that the formula asks for.
[[nodiscard]] double fraction_of_peak(const Timed& timed, const Ceilings& ceilings);
/// What reading the operands once takes.
[[nodiscard]] double seconds_read_bound(const Timed& timed, const Ceilings& ceilings);
/// Reading the operands once and writing the result once, over the time taken.
[[nodiscard]] double fraction_of_bandwidth(const Timed& timed, const Ceilings& ceilings);

[[nodiscard]] nlohmann::ordered_json to_json(const Ceilings& ceilings);
[[nodiscard]] nlohmann::ordered_json to_json(const Timed& timed, const Ceilings& ceilings);

[[nodiscard]] std::string to_text(const Ceilings& ceilings);
/// A paragraph.
[[nodiscard]] std::string to_text(const Timed& timed, const Ceilings& ceilings);
/// One line of a table, and the line above it.
[[nodiscard]] std::string table_head();
[[nodiscard]] std::string table_line(const Timed& timed, const Ceilings& ceilings);

}  // namespace einfold::cli
