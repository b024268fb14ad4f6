// SPDX-License-Identifier: MIT
//
// What becomes of a result: a file, values on standard output, or a JSON object.
#pragma once

#include "cli/command.hpp"
#include "einfold/tensor.hpp"

#include <functional>

namespace einfold::cli {

/// Throws already what writing to the file of -o would throw, if there is one; without one, E0807 if it is `required`.
void check_output_option(const Call& call, bool required);

/// Computes, then writes to the file of -o, under the key "result", or prints.
void deliver(const Call& call, const std::function<Tensor()>& compute);

}  // namespace einfold::cli
