// SPDX-License-Identifier: MIT
#include "einfold/measure.hpp"

#include <algorithm>
#include <numeric>

namespace einfold {
namespace {

double product(const Shape& shape, std::size_t from = 0) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(std::min(from, shape.size())), shape.end(), 1.0,
                         [](double p, std::int64_t extent) { return p * static_cast<double>(extent); });
}

const Shape* find(const conv::Shapes& shapes, std::string_view role) {
  const auto found = shapes.find(role);
  return found == shapes.end() ? nullptr : &found->second;
}

struct Sizes {
  double batch = 0, vectors = 1, outputs = 0;  // B, V, O
  double out_channels = 0, groups = 0, taps = 0;  // C_out, G, R
};

/// Of an operation over x and one or several vectors in output space.
Sizes with_input(const ConvSpec& spec, const Shape& x, const Shape* v, const Shape* s) {
  const Shape unfolded = conv::unfold(spec, x).shape();  // [B, C_in K, O]
  Sizes sizes{.batch = static_cast<double>(unfolded[0]), .outputs = static_cast<double>(unfolded[2])};
  sizes.groups = static_cast<double>(spec.groups);
  sizes.taps = static_cast<double>(unfolded[1]) / sizes.groups;
  if (v != nullptr) sizes.out_channels = static_cast<double>(v->at(1));
  if (s != nullptr) {
    sizes.vectors = static_cast<double>(s->at(0));
    sizes.out_channels = static_cast<double>(s->at(2));
  }
  return sizes;
}

}  // namespace

std::optional<double> nominal_flops(std::string_view operation, const ConvSpec& spec, const conv::Shapes& shapes) {
  const Shape *x = find(shapes, "x"), *weight = find(shapes, "weight"), *v = find(shapes, "v"), *s = find(shapes, "s");
  if (operation == "unfold") return 0;
  // Over a weight: every output costs as many products as one filter has taps.
  if (weight != nullptr && (operation == "forward" || operation == "input-vjp")) {
    const Shape output = operation == "forward" ? conv::forward(spec, *x, *weight).shape() : *v;
    return 2 * product(output) * product(*weight, 1);
  }
  if (x == nullptr) return std::nullopt;
  const Sizes n = with_input(spec, *x, v, s);
  const double gradient = n.batch * n.out_channels * n.outputs * n.taps, parameters = n.out_channels * n.taps;
  if (operation == "kfc" || operation == "kfac-expand") return 2 * n.batch * n.outputs * n.groups * n.taps * n.taps;
  if (operation == "kfac-reduce") return n.batch * n.groups * n.taps * (n.outputs + 2 * n.taps);
  if (operation == "weight-vjp") return 2 * gradient;
  if (operation == "per-example-squared-norm") return 2 * gradient + 2 * n.batch * parameters;
  if (operation == "ggn-diagonal") return 2 * n.vectors * (gradient + n.batch * parameters);
  if (operation == "ggn-gram") {
    return 2 * n.vectors * gradient + 2 * n.vectors * n.batch * n.vectors * n.batch * parameters;
  }
  return std::nullopt;
}

}  // namespace einfold
