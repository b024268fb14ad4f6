// SPDX-License-Identifier: MIT
#include "network/verify.hpp"

#include "base/fail.hpp"
#include "support/network_text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace einfold {
namespace {

struct BrokenCase {
  std::function<void(Network&)> breaks;
  const char* message;
};

const BrokenCase kBrokenCases[] = {
    {[](Network& n) { n.indices.at(2).extent = -1; }, "index 2 ('o') has extent -1"},
    {[](Network& n) { n.dense[0].axes[1] = {9}; }, "axis 1 of dense node 0 has index 9, which does not exist"},
    {[](Network& n) { n.output[0] = {9}; }, "output axis 0 has index 9, which does not exist"},
    {[](Network& n) { n.affine[0].terms[1].index = 9; }, "affine node 0 has index 9, which does not exist"},
    {[](Network& n) { n.dense[1].operand = 2; }, "dense node 1 stands for operand 2 of 2"},
    {[](Network& n) { n.dense[1].operand = -1; }, "dense node 1 stands for operand -1 of 2"},
    {[](Network& n) { n.dense[0].axes.pop_back(); }, "dense node 0 has 1 axes, its operand 'x' has 2"},
    {[](Network& n) { n.indices.at(1).extent = 5; },
     "axis 1 of dense node 0 has extent 5, its operand 'x' has 4"},
    {[](Network& n) { n.affine[0].terms.clear(); }, "affine node 0 has no leg (0 = 1)"},
    {[](Network& n) { n.affine[0].terms[2].coefficient = 0; }, "affine node 0 has coefficient 0 at index 3"},
    {[](Network& n) { n.affine[0].terms[2].index = 1; }, "affine node 0 has index 1 on two legs"},
    {[](Network& n) { n.scale.denominator = 0; }, "the scale has denominator 0"},
    {[](Network& n) {
       const IndexId many = n.add_index("many", INT64_MAX / 2);
       n.output.push_back({many, 2});
     },
     "output axis 1 has more than 2^63 - 1 entries"},
};

Network convolution() {
  return test::network_of("x[n i] [-i + 2*o + k = 1] w[k] -> (n o) | n=2 i=4 o=3 k=3");
}

TEST(Verify, AcceptsAConvolution) { EXPECT_NO_THROW(verify(convolution())); }

TEST(Verify, AcceptsExtentsOfZero_EvenBesideHugeOnes) {
  Network network = test::network_of("x[n] -> (n a) | n=0 a=9223372036854775807");
  network.output[0].push_back(network.add_index("b", INT64_MAX));
  EXPECT_NO_THROW(verify(network));
}

TEST(Verify, SaysWhatIsBrokenAndWhere) {
  for (const BrokenCase& example : kBrokenCases) {
    Network network = convolution();
    example.breaks(network);
    try {
      verify(network);
      ADD_FAILURE() << "accepted, instead of: " << example.message;
    } catch (const InternalError& error) {
      EXPECT_EQ(error.what(),
                cat("broken network: ", example.message, ". This is a bug of einfold, please report it."));
    }
  }
}

}  // namespace
}  // namespace einfold
