// SPDX-License-Identifier: MIT
//
// PyTorch's C++ library as an opponent.
#pragma once

#include "tables/dnnl.hpp"

#include <string>
#include <vector>

namespace einfold::bench {

/// PyTorch's version, or nothing if it was not found.
[[nodiscard]] std::string torch_version();

/// torch::einsum over the same data; none for equations that it does not take.
[[nodiscard]] std::vector<Contender> torch_einsum(const std::string& equation, const std::vector<Tensor>& operands, int threads);

}  // namespace einfold::bench
