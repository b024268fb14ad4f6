// SPDX-License-Identifier: MIT
//
// Operations whose memory is looked at: every class of kernel, intermediates, sums of networks.
#pragma once

#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"

#include <string>
#include <utility>
#include <vector>

namespace einfold::test {

inline std::vector<std::pair<std::string, Expression>> expressions_of_all_kinds() {
  const Shape x{4, 32, 40, 41}, w{48, 32, 3, 3}, v{4, 48, 40, 41}, s{2, 4, 48, 40, 41};
  const ConvSpec same{.kernel = {3, 3}, .input = {40, 41}, .padding = 1};
  const ConvSpec strided{.kernel = {3, 3}, .input = {40, 41}, .stride = 2, .padding = 1};
  const ConvSpec depthwise{.kernel = {5, 5}, .padding = 2, .groups = 32};
  return {{"forward", conv::forward(same, x, w)},
          {"forward with bias", conv::forward(same, x, w, {48})},
          {"forward, stride 2", conv::forward(strided, x, w)},
          {"forward, depth-wise", conv::forward(depthwise, x, {32, 1, 5, 5})},
          {"weight-vjp", conv::weight_vjp(same, x, v)},
          {"input-vjp", conv::input_vjp(same, w, v)},
          {"input-vjp, stride 2", conv::input_vjp(strided, w, {4, 48, 20, 21})},
          {"unfold", conv::unfold(same, x)},
          {"kfc", conv::kfc(same, x)},
          {"kfc, depth-wise", conv::kfc(depthwise, x)},
          {"kfac-reduce", conv::kfac_reduce(same, x)},
          {"per-example-squared-norm", conv::per_example_squared_norm(same, x, v)},
          {"ggn-diagonal", conv::ggn_diagonal(same, x, s)},
          {"ggn-gram", conv::ggn_gram(same, x, s)},
          {"matrix product", compile("ij,kj->ik", {Shape{301, 700}, Shape{257, 700}})},
          {"batched product", compile("bij,bjk->bik", {Shape{50, 30, 31}, Shape{50, 31, 29}})},
          {"chain", compile("ab,bc,cd,de->ae", {Shape{200, 300}, Shape{300, 250}, Shape{250, 100}, Shape{100, 150}})},
          {"transposition", compile("ijk->kji", {Shape{60, 70, 80}})},
          {"sum", compile("ijk->j", {Shape{60, 70, 80}})}};
}

}  // namespace einfold::test
