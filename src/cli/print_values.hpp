// SPDX-License-Identifier: MIT
//
// A tensor's values as text: shortest digits that read back as the same number, with `.` whatever the locale is.
#pragma once

#include "cli/standard_streams.hpp"
#include "einfold/tensor.hpp"

namespace einfold::cli {

/// As NumPy prints: [[1.0 2.5]
///                   [nan 0.0]]
/// Above 1,000 elements only the first and last three of each axis.
void print_values(StandardOutput& out, const Tensor& tensor);

/// JSON arrays, always all values: [[1.0,2.5],["nan",0.0]]; complex numbers are [real, imaginary].
void print_json_values(StandardOutput& out, const Tensor& tensor);

}  // namespace einfold::cli
