// SPDX-License-Identifier: MIT
#include "api/quantities.hpp"

#include "base/fail.hpp"

#include <cmath>
#include <iomanip>
#include <iterator>
#include <sstream>

namespace einfold {
namespace {

/// Three digits.
std::string rounded(double value) {
  std::ostringstream out;
  out << std::setprecision(3) << value;
  return out.str();
}

std::string prefixed(double value) {
  static constexpr const char* kPrefixes[] = {"", " k", " M", " G", " T", " P", " E"};
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < std::size(kPrefixes)) {
    value /= 1000.0;
    ++prefix;
  }
  return rounded(value) + kPrefixes[prefix];
}

constexpr double kLargest = 1e21;

}  // namespace

std::string scientific(double log10) {
  if (std::isinf(log10)) return log10 < 0 ? "0.000e+00" : "inf";
  double exponent = std::floor(log10);
  double mantissa = std::round(std::pow(10.0, log10 - exponent) * 1000) / 1000;
  if (mantissa >= 10) {
    mantissa /= 10;
    exponent += 1;
  }
  std::ostringstream out;
  out << std::fixed << std::setprecision(3) << mantissa << (exponent < 0 ? "e-" : "e+") << std::setw(2) << std::setfill('0')
      << static_cast<long long>(std::abs(exponent));
  return out.str();
}

std::string with_prefix(double log2) {
  const double log10 = log2 * std::log10(2.0);
  return log10 < std::log10(kLargest) ? prefixed(std::exp2(log2)) : scientific(log10);
}

std::string bytes(double count) {
  const std::string text = prefixed(count);
  return text + (text.find(' ') == std::string::npos ? " B" : "B");
}

std::string bytes_of_log2(double log2) {
  const double log10 = log2 * std::log10(2.0);
  return log10 < std::log10(kLargest) ? bytes(std::exp2(log2)) : scientific(log10) + " B";
}

std::string seconds(double value) {
  if (value >= 0.9995) return rounded(value) + " s";
  if (value >= 0.9995e-3) return rounded(value * 1e3) + " ms";
  return rounded(value * 1e6) + " us";
}

}  // namespace einfold
