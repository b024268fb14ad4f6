// SPDX-License-Identifier: MIT
#include "tables/torch.hpp"

#if EINFOLD_HAVE_TORCH
// Headers of another project, with warnings of its own.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#pragma GCC diagnostic pop
#include <memory>
#endif

namespace einfold::bench {

#if EINFOLD_HAVE_TORCH

std::string torch_version() { return "PyTorch's ATen"; }

std::vector<Contender> torch_einsum(const std::string& equation, const std::vector<Tensor>& operands, int threads) {
  at::set_num_threads(threads);
  std::vector<at::Tensor> tensors;
  for (const Tensor& operand : operands) {
    tensors.push_back(at::from_blob(const_cast<float*>(operand.data_as<float>()), operand.shape(), at::kFloat));
  }
  const auto result = std::make_shared<at::Tensor>();
  const auto run = [=] {
    const at::InferenceMode guard;
    *result = at::einsum(equation, tensors).contiguous();
  };
  try {
    run();
  } catch (const c10::Error&) {
    return {};
  }
  return {{"torch.einsum", run, nullptr}};
}

#else

std::string torch_version() { return {}; }
std::vector<Contender> torch_einsum(const std::string&, const std::vector<Tensor>&, int) { return {}; }

#endif

}  // namespace einfold::bench
