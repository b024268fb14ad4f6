// SPDX-License-Identifier: MIT
//
// Convolutions and the quantities derived from them, for any number of spatial dimensions. Formulas and shapes:
// docs/operations.md.
#pragma once

#include "einfold/conv_spec.hpp"
#include "einfold/expression.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::conv {

/// Shapes by role: x [B, C_in, I..], weight [C_out, C_in/G, K..], bias [C_out], v and h [B, C_out, O..],
/// s [V, B, C_out, O..], u [(V,) C_out, C_in/G, K..], z [(V,) B, C_in, I..], cols [B, C_in K, O], ..
using Shapes = std::map<std::string, Shape, std::less<>>;

/// Any operation by name ("kfac-reduce"). Operands are passed in the order of the operation's list.
/// Throws E0310 (unknown operation), E0311 (operands), E0301 .. E0313 (hyper-parameters and shapes).
[[nodiscard]] Expression operation(std::string_view name, const ConvSpec& spec, const Shapes& shapes);

/// An operation's name and its operands by role; alternatives are in one list ({"v", "s"}).
struct OperationInfo {
  std::string name;
  std::vector<std::vector<std::string>> operands;
  std::vector<std::string> optional_operands;
};
[[nodiscard]] const std::vector<OperationInfo>& operations();

/// Y[n (g d) o..] = sum over c, k of X[n (g c) S o + D k - P ..] W[(g d) c k..], shape [B, C_out, O..].
[[nodiscard]] Expression forward(const ConvSpec& spec, const Shape& x, const Shape& weight);
[[nodiscard]] Expression forward(const ConvSpec& spec, const Shape& x, const Shape& weight, const Shape& bias);
/// The unfolded input (im2col), shape [B, C_in K, O].
[[nodiscard]] Expression unfold(const ConvSpec& spec, const Shape& x);
/// J^T v with respect to the weight, shape of the weight; spec.kernel gives K.
[[nodiscard]] Expression weight_vjp(const ConvSpec& spec, const Shape& x, const Shape& v);
/// J^T v with respect to the input, shape [B, C_in, I..]; spec.input or spec.output_padding gives I.
[[nodiscard]] Expression input_vjp(const ConvSpec& spec, const Shape& weight, const Shape& v);
/// KFC's input factor: 1/B times the sum over n, o of [[X]] [[X]]^T, shape [G, C_in/G K, C_in/G K].
/// Source: Grosse and Martens 2016, arXiv:1602.01407.
[[nodiscard]] Expression kfc(const ConvSpec& spec, const Shape& x);
/// 1/(B O) times the same sum. Source: Eschenhagen et al. 2023, arXiv:2311.00636.
[[nodiscard]] Expression kfac_expand(const ConvSpec& spec, const Shape& x);
/// 1/B times the sum over n of a a^T, a the mean of [[X]] over o. One pass over x. Source: as kfac_expand.
[[nodiscard]] Expression kfac_reduce(const ConvSpec& spec, const Shape& x);
/// The diagonal of the sum over v, n of M M^T, M the weight VJP of s[v, n]: shape of the weight.
[[nodiscard]] Expression ggn_diagonal(const ConvSpec& spec, const Shape& x, const Shape& s);
/// <M_vn, M_wm>, the empirical NTK for identity columns s: shape [V B, V B].
[[nodiscard]] Expression ggn_gram(const ConvSpec& spec, const Shape& x, const Shape& s);
/// Squared 2-norms of the per-example weight VJPs, shape [B].
[[nodiscard]] Expression per_example_squared_norm(const ConvSpec& spec, const Shape& x, const Shape& v);

}  // namespace einfold::conv
