// SPDX-License-Identifier: MIT
//
// Plans in files: an expression with its order of contraction, so that the search is not repeated. docs/orders.md.
#pragma once

#include "einfold/expression.hpp"

#include <span>
#include <string>
#include <string_view>

namespace einfold {

/// The expression and its order for row-major operands of these types (one for all, or one per operand), under the memory limit of
/// `run`, as JSON. It holds networks, shapes and steps, no operand's values, and nothing that depends on the machine.
/// Throws E0205, E0603.
[[nodiscard]] std::string plan_text(const Expression& expression, std::span<const DType> types, const RunOptions& run = {});
[[nodiscard]] std::string plan_text(const Expression& expression, DType type = DType::kFloat32, const RunOptions& run = {});

/// The expression, which keeps to the order that was stored, whatever the types, threads and limits of its runs; where a limit is
/// too low for it, a run throws E0603. `Expression::ordered` returns to searching.
///
/// The text is not trusted: the plan is made again from its steps and compared with what is stored about it. Throws E0550 (not a
/// plan), E0551 (of a later format), E0552 (damaged), E0553 (this version would plan otherwise), all of kind kFile.
[[nodiscard]] Expression read_plan(std::string_view text);

/// The same in a file, written whole or not at all. Throws E0501 .. E0503, E0701, E0702, too.
void save_plan(const std::string& path, const Expression& expression, std::span<const DType> types, const RunOptions& run = {});
void save_plan(const std::string& path, const Expression& expression, DType type = DType::kFloat32, const RunOptions& run = {});
[[nodiscard]] Expression load_plan(const std::string& path);

}  // namespace einfold
