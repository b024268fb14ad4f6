// SPDX-License-Identifier: MIT
//
// The quantity that explain and path are about, and its operands as far as they are given.
#pragma once

#include "cli/command.hpp"
#include "einfold/expression.hpp"

#include <optional>
#include <vector>

namespace einfold::cli {

/// --dtype: the type of operands that are only known by their shapes. Throws E0810.
[[nodiscard]] DType assumed_type(const Arguments& arguments);

struct Requested {
  Expression expression;
  std::vector<DType> types;                    ///< of its operands
  std::vector<std::optional<Tensor>> tensors;  ///< those that came from files
};

/// EQUATION [OPERAND..] with --shape and --size: operands that --shape numbers stand at their places, those on the line fill the
/// others in order, and what is left follows from extents. `command` is for messages.
[[nodiscard]] Requested requested_einsum(const Call& call, std::string_view command);

/// OPERATION with operands as options or as --shape.
[[nodiscard]] Requested requested_conv(const Call& call);

/// Its operands: those given, and random ones.
[[nodiscard]] std::vector<Tensor> with_random_operands(const Requested& requested, std::uint64_t seed);

/// Writes the plan to the file of --save, if there is one, and says so.
void save_if_asked(const Call& call, const Requested& requested);

/// The types of operands that a plan is made for: of patterns alone, no operand tells one, and any does.
[[nodiscard]] std::vector<DType> planned_types(const Requested& requested);

}  // namespace einfold::cli
