// SPDX-License-Identifier: MIT
//
// Values of options: numbers, lists, sizes of memory. What is no such value is an E0805 that names the option.
#pragma once

#include "einfold/conv_spec.hpp"
#include "einfold/notation.hpp"
#include "einfold/tensor.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einfold::cli {

/// A decimal integer that fits in 64 bits.
[[nodiscard]] std::int64_t integer(std::string_view text, std::string_view option);

/// A finite decimal number.
[[nodiscard]] double real(std::string_view text, std::string_view option);

/// 3,3: at least one integer.
[[nodiscard]] std::vector<std::int64_t> integers(std::string_view text, std::string_view option);

/// 32,3,7, or nothing: a scalar's.
[[nodiscard]] Shape shape(std::string_view text, std::string_view option);

/// 1:2.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> sides(std::string_view text, std::string_view option);

/// 1 | 1,0 | 0:1,0:1 | same | valid.
[[nodiscard]] ConvPadding padding(std::string_view text);

/// 4096, 512MiB, 2GB: whole bytes, powers of 1000 (kB, MB, ..) or of 1024 (KiB, MiB, ..); case does not matter.
[[nodiscard]] std::int64_t memory_size(std::string_view text, std::string_view option);

/// NAME=VALUE for each text; E0808 if there is no NAME, E0804 if one is there twice.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> named_values(const std::vector<std::string>& texts,
                                                                           std::string_view option);

[[nodiscard]] Sizes sizes(const std::vector<std::string>& texts);
[[nodiscard]] Pads pads(const std::vector<std::string>& texts);

}  // namespace einfold::cli
