// SPDX-License-Identifier: MIT
//
// The digits CNN: its convolutions, and the loss-Hessian root taken back through it.
#pragma once

#include "einfold/einfold.hpp"

#include <map>
#include <string>
#include <vector>

namespace digits {

struct Layer {
  std::string name;
  einfold::ConvSpec conv;
  einfold::Tensor input;            ///< [B, C_in, I, I]
  einfold::Tensor weight;           ///< [C_out, C_in/G, K, K]
  einfold::Tensor output_gradient;  ///< [B, C_out, O, O], of the summed cross-entropy
  einfold::Tensor hessian_root;     ///< [V, B, C_out, O, O], V = 10 classes
};

/// Reads weights.npz and layers.npz, and computes the Hessian root of every convolution's output: that of the logits,
///
///     s[c, n, :] = sqrt(p_nc) (e_c - p_n),   p = softmax(logits),
///
/// taken back through the linear layer, the ReLU masks, and the convolutions (input-vjp-batched).
[[nodiscard]] std::vector<Layer> load(const std::string& folder);

}  // namespace digits
