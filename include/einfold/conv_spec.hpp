// SPDX-License-Identifier: MIT
//
// A convolution's hyper-parameters and the options of the quantities derived from it: plain values.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace einfold {

/// One integer for all spatial dimensions, or one per dimension, first dimension first. Empty: not given.
struct PerDimension {
  std::vector<std::int64_t> values;

  PerDimension() = default;
  template <std::integral T>
  PerDimension(T value) : values{static_cast<std::int64_t>(value)} {}
  PerDimension(std::initializer_list<std::int64_t> list) : values(list) {}
  PerDimension(std::vector<std::int64_t> list) : values(std::move(list)) {}

  [[nodiscard]] bool given() const noexcept { return !values.empty(); }

  friend bool operator==(const PerDimension&, const PerDimension&) = default;
};

/// Zero padding: an integer, one per dimension, a (left, right) pair per dimension, "valid" (0) or "same": in total
/// D (K - 1), the left side rounded down; for stride 1 only.
struct ConvPadding {
  std::vector<std::pair<std::int64_t, std::int64_t>> sides{{0, 0}};
  bool same = false;

  ConvPadding() = default;
  template <std::integral T>
  ConvPadding(T both) : sides{{static_cast<std::int64_t>(both), static_cast<std::int64_t>(both)}} {}
  ConvPadding(std::initializer_list<std::int64_t> list) : ConvPadding(std::vector<std::int64_t>(list)) {}
  ConvPadding(std::initializer_list<std::pair<std::int64_t, std::int64_t>> list) : sides(list) {}
  ConvPadding(const std::vector<std::int64_t>& list);
  ConvPadding(std::vector<std::pair<std::int64_t, std::int64_t>> list) : sides(std::move(list)) {}
  /// "same" or "valid"; anything else throws E0305.
  ConvPadding(const char* name) : ConvPadding(std::string(name)) {}
  ConvPadding(const std::string& name);

  friend bool operator==(const ConvPadding&, const ConvPadding&) = default;
};

/// How Kronecker factors treat groups.
enum class GroupMode {
  kKeep,     ///< one factor per group: [G, R, R]
  kAverage,  ///< the unfolded input is averaged over groups first: [1, R, R]; gradient factors: [1, C_out, C_out]
};

/// A convolution, and what is wanted of it. What the operands' shapes tell need not be given; what is given twice must
/// agree. Formulas: output extent O = 1 + floor((I + P_l + P_r - D (K - 1) - 1) / S).
struct ConvSpec {
  PerDimension kernel;      ///< K; from `weight` or `u` where they are operands
  PerDimension input;       ///< I; from `x` or `z` where they are operands
  PerDimension stride = 1;
  ConvPadding padding = 0;
  PerDimension dilation = 1;
  std::int64_t groups = 1;
  std::optional<std::int64_t> in_channels;
  std::optional<std::int64_t> out_channels;
  /// Transposed operations: I = S (O - 1) + D (K - 1) + 1 - P_l - P_r + output_padding, if `input` is not given.
  PerDimension output_padding;

  /// Replaces the whole factor in front of the pure sum, means written as sums (see docs/operations.md).
  std::optional<double> scale;
  GroupMode group_mode = GroupMode::kKeep;
  bool homogeneous = false;  ///< appends a row of ones to the unfolded input of a Kronecker factor
  /// x is replaced by x[n_0], x[n_1], ..; v and s have that many examples.
  std::optional<std::vector<std::int64_t>> subsampling;
};

}  // namespace einfold
