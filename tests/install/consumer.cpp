// SPDX-License-Identifier: MIT
#include <einfold/einfold.hpp>

#include <cstdio>

int main() {
  namespace ef = einfold;
  const ef::Tensor x = ef::Tensor::from<float>({1, 1, 4}, std::vector<float>{1, 2, 3, 4});
  const ef::Tensor w = ef::Tensor::from<float>({1, 1, 3}, std::vector<float>{1, 10, 100});
  const ef::Tensor y = ef::einsum("n c o+k-1, d c k -> n d o", {x, w});
  const ef::Expression factor = ef::conv::kfac_reduce({.kernel = 3, .padding = 1}, x.shape());
  const bool right = y.values<double>() == std::vector<double>{210, 321, 432, 43} && factor(x).shape() == ef::Shape{1, 3, 3};
  std::puts(right ? "einfold works" : "einfold gives wrong values");
  return right ? 0 : 1;
}
