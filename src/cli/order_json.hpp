// SPDX-License-Identifier: MIT
//
// An order of contraction as JSON. Names that scripts rely on: see docs/orders.md. Logarithms of what may be
// beyond all numbers; null for what there is not.
#pragma once

#include "einfold/order_report.hpp"

#include <nlohmann/json.hpp>

namespace einfold::cli {

[[nodiscard]] nlohmann::ordered_json order_json(const OrderReport& report);
[[nodiscard]] nlohmann::ordered_json steps_json(const OrderReport& report);  ///< its steps alone

}  // namespace einfold::cli
