// SPDX-License-Identifier: MIT
#include "network.hpp"

#include <cmath>

namespace ef = einfold;

namespace digits {
namespace {

using Tensors = std::map<std::string, ef::Tensor>;

Tensors read(const std::string& path) {
  Tensors tensors;
  for (const ef::NamedTensor& named : ef::read_npz(path)) tensors[named.name] = named.tensor;
  return tensors;
}

/// sqrt(p_c) (e_c - p) for every class c and example n: [C, N, C].
ef::Tensor softmax_hessian_root(const ef::Tensor& logits) {
  const std::int64_t examples = logits.shape()[0], classes = logits.shape()[1];
  const std::vector<double> z = logits.values<double>();
  std::vector<float> root(static_cast<std::size_t>(classes * examples * classes));
  for (std::int64_t n = 0; n < examples; ++n) {
    std::vector<double> p(static_cast<std::size_t>(classes));
    double total = 0;
    for (std::int64_t c = 0; c < classes; ++c) total += p[static_cast<std::size_t>(c)] = std::exp(z[static_cast<std::size_t>(n * classes + c)]);
    for (double& value : p) value /= total;
    for (std::int64_t c = 0; c < classes; ++c) {
      for (std::int64_t j = 0; j < classes; ++j) {
        const double pc = p[static_cast<std::size_t>(c)], pj = p[static_cast<std::size_t>(j)];
        root[static_cast<std::size_t>((c * examples + n) * classes + j)] = static_cast<float>(std::sqrt(pc) * ((c == j ? 1.0 : 0.0) - pj));
      }
    }
  }
  return ef::Tensor::from<float>({classes, examples, classes}, root);
}

/// s[v, ...] where the activation is positive, else 0.
ef::Tensor through_relu(const ef::Tensor& s, const ef::Tensor& activation) {
  std::vector<float> mask;
  for (const float value : activation.values<float>()) mask.push_back(value > 0 ? 1.0F : 0.0F);
  return ef::einsum("v n c i j, n c i j -> v n c i j", {s, ef::Tensor::from(activation.shape(), mask)});
}

}  // namespace

std::vector<Layer> load(const std::string& folder) {
  const Tensors weights = read(folder + "/weights.npz"), saved = read(folder + "/layers.npz");
  std::vector<Layer> layers;
  const std::vector<ef::ConvSpec> specs{{.kernel = 3, .padding = 1},
                                        {.kernel = 3, .stride = 2, .padding = 1},
                                        {.kernel = 3, .padding = 1, .groups = 32},
                                        {.kernel = 1}};
  for (std::size_t l = 0; l < specs.size(); ++l) {
    const std::string name = "conv" + std::to_string(l + 1);
    layers.push_back({name, specs[l], saved.at(name + ".input"), weights.at(name + ".weight"),
                      saved.at(name + ".output_gradient"), {}});
  }
  const Layer& last = layers.back();
  const ef::Tensor output = ef::conv::forward(last.conv, last.input.shape(), last.weight.shape(), weights.at("conv4.bias").shape())(
      last.input, last.weight, weights.at("conv4.bias"));
  const ef::Tensor logits_root = softmax_hessian_root(saved.at("logits"));
  ef::Tensor s = ef::einsum("v n j, j (c h w) -> v n c h w", {logits_root, weights.at("fc.weight")},
                            {.sizes = {{"c", output.shape()[1]}, {"h", output.shape()[2]}}});
  s = through_relu(s, output);
  for (std::size_t l = layers.size(); l-- > 0;) {
    Layer& layer = layers[l];
    layer.hessian_root = s;
    if (l == 0) break;
    ef::ConvSpec conv = layer.conv;
    conv.input = {layer.input.shape()[2], layer.input.shape()[3]};
    const ef::Expression back = ef::conv::operation("input-vjp-batched", conv, {{"weight", layer.weight.shape()}, {"s", s.shape()}});
    s = through_relu(back(layer.weight, s), layer.input);  // the input is the ReLU of the layer before
  }
  return layers;
}

}  // namespace digits
