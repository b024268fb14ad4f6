// SPDX-License-Identifier: MIT
//
// Numbers for people.
#pragma once

#include <string>

namespace einfold {

[[nodiscard]] std::string scientific(double log10);       ///< 1.234e+08, also far beyond 10^308
[[nodiscard]] std::string with_prefix(double log2);       ///< 3.61 G, 12.8 k, 57; from 10^21 on as above
[[nodiscard]] std::string bytes(double count);            ///< 12.8 kB
[[nodiscard]] std::string bytes_of_log2(double log2);
[[nodiscard]] std::string seconds(double value);          ///< 1.23 s, 45.6 ms, 7.89 us

}  // namespace einfold
