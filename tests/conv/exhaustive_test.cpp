// SPDX-License-Identifier: MIT
//
// Every one-dimensional convolution with I <= 8, K <= 5, S <= 5, P <= 4, D <= 4, for every operation: planned against
// reference, on integers, exactly.
#include "conv/operations.hpp"
#include "conv/shapes.hpp"
#include "einfold/reference.hpp"
#include "support/evaluate.hpp"
#include "support/every.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

namespace einfold::test {
namespace {

std::vector<conv::Geometry> all_one_dimensional() {
  std::vector<conv::Geometry> geometries;
  for (std::int64_t i = 0; i <= 8; ++i)
    for (std::int64_t k = 1; k <= 5; ++k)
      for (std::int64_t s = 1; s <= 5; ++s)
        for (std::int64_t p = 0; p <= 4; ++p)
          for (std::int64_t d = 1; d <= 4; ++d) {
            if (i + 2 * p < d * (k - 1) + 1) continue;
            conv::Geometry geometry{2, 1, 2, 2, 2, {{i, k, 1 + (i + 2 * p - d * (k - 1) - 1) / s, s, p, p, d}}};
            if ((i + k + s + p + d) % 3 == 0) geometry.groups = 2;
            geometries.push_back(geometry);
          }
  return geometries;
}

/// The sum of the planned values of all terms, and of the references.
struct Values {
  std::vector<double> planned, reference;
};

void add_to(std::vector<double>& sum, const std::vector<double>& values) {
  if (sum.empty()) sum.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

Values evaluate(const std::vector<Network>& terms, std::uint64_t seed) {
  Values values;
  for (const Network& term : terms) {
    Network integral = term;  // 1/B and means would round
    integral.scale = {};
    const std::vector<Tensor> operands = random_operands(integral, seed, DType::kFloat64);
    add_to(values.planned, evaluate_planned(integral, operands, DType::kFloat64).values<double>());
    add_to(values.reference, evaluate_reference(integral, operands).values<double>());
  }
  return values;
}

class EveryOperation : public testing::TestWithParam<conv::OperationInfo> {};

TEST_P(EveryOperation, EqualsTheReference_OnAllSmallOneDimensionalConvolutions) {
  std::uint64_t seed = 0;
  const std::vector<conv::Geometry> geometries = all_one_dimensional();
  ASSERT_EQ(geometries.size(), 3065u);
  for (std::size_t i = 0; i < geometries.size(); i += kEveryNth) {
    conv::Geometry geometry = geometries[i];
    if (GetParam().name == "ekfac-correction") {  // the reference's cost grows with the square of all extents
      geometry.vectors = 1;
      geometry.in_channels = geometry.out_channels = geometry.groups;
    }
    const conv::Definition definition =
        conv::define(GetParam().name, spec_of(geometry), shapes_for(GetParam(), geometry));
    const Values values = evaluate(definition.terms, ++seed);
    const conv::Dimension& d = geometry.dimensions.front();
    ASSERT_EQ(values.planned, values.reference)
        << GetParam().name << " I=" << d.input << " K=" << d.kernel << " S=" << d.stride << " P=" << d.left
        << " D=" << d.dilation << " G=" << geometry.groups;
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, EveryOperation, testing::ValuesIn(conv::operations()), [](const auto& parameter) {
  std::string name = parameter.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace einfold::test
