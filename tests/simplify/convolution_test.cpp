// SPDX-License-Identifier: MIT
//
// All small convolutions in one dimension: an equation goes exactly when its identity holds, seen by trying all points.
#include "base/fail.hpp"
#include "einfold/reference.hpp"
#include "network/verify.hpp"
#include "simplify/simplify.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace einfold {
namespace {

struct Convolution {
  std::int64_t input, kernel, stride, padding, dilation, output;
};

/// Those with at least one output, floor((I + 2 P - D (K - 1) - 1) / S) + 1 >= 1.
std::vector<Convolution> all_convolutions() {
  std::vector<Convolution> result;
  for (std::int64_t input = 0; input <= 8; ++input) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 5; ++stride) {
        for (std::int64_t padding = 0; padding <= 4; ++padding) {
          for (std::int64_t dilation = 1; dilation <= 4; ++dilation) {
            const std::int64_t room = input + 2 * padding - dilation * (kernel - 1) - 1;
            if (room >= 0) result.push_back({input, kernel, stride, padding, dilation, room / stride + 1});
          }
        }
      }
    }
  }
  return result;
}

enum class Place { kOperand, kOutput, kNowhere };

/// -i + S o + D k = P with legs i, o, k each on an operand of its own, in the output, or nowhere else.
Network network_of(const Convolution& conv, const std::array<Place, 3>& places) {
  Network network;
  const IndexId i = network.add_index("i", conv.input);
  const IndexId o = network.add_index("o", conv.output);
  const IndexId k = network.add_index("k", conv.kernel);
  network.affine.push_back({{{i, -1}, {o, conv.stride}, {k, conv.dilation}}, conv.padding});
  for (const IndexId id : {i, o, k}) {
    const Place place = places[static_cast<std::size_t>(id)];
    if (place == Place::kOperand) {
      network.dense.push_back({network.add_operand(network.indices.at(id).name, {network.extent(id)}), {{id}}});
    } else if (place == Place::kOutput) {
      network.output.push_back({id});
    }
  }
  return network;
}

std::vector<std::array<std::int64_t, 3>> points_of(const Convolution& conv) {
  std::vector<std::array<std::int64_t, 3>> points;
  for (std::int64_t o = 0; o < conv.output; ++o) {
    for (std::int64_t k = 0; k < conv.kernel; ++k) {
      const std::int64_t i = conv.stride * o + conv.dilation * k - conv.padding;
      if (i >= 0 && i < conv.input) points.push_back({i, o, k});
    }
  }
  return points;
}

/// Whether every combination of the legs other than `leg` has exactly one value of `leg`, and
/// (for `onto`) every value of `leg` exactly one combination.
bool determines(const Convolution& conv, std::size_t leg, bool onto) {
  const std::array<std::int64_t, 3> extents = {conv.input, conv.output, conv.kernel};
  const std::size_t a = (leg + 1) % 3, b = (leg + 2) % 3;
  std::vector<int> solutions(static_cast<std::size_t>(extents[a] * extents[b]), 0);
  std::vector<int> hits(static_cast<std::size_t>(extents[leg]), 0);
  for (const auto& point : points_of(conv)) {
    ++solutions[static_cast<std::size_t>(point[a] * extents[b] + point[b])];
    ++hits[static_cast<std::size_t>(point[leg])];
  }
  const auto all_one = [](const std::vector<int>& counts) {
    return std::all_of(counts.begin(), counts.end(), [](int count) { return count == 1; });
  };
  return all_one(solutions) && (!onto || all_one(hits));
}

std::string text_of(const Convolution& c) {
  return cat("I=", c.input, " K=", c.kernel, " S=", c.stride, " P=", c.padding, " D=", c.dilation);
}

TEST(SmallConvolutions, AreAllThere) { EXPECT_EQ(all_convolutions().size(), 3065u); }

TEST(SmallConvolutions, KeepTheirValue_WhereverTheLegsAre) {
  const std::array<Place, 3> choices = {Place::kOperand, Place::kOutput, Place::kNowhere};
  std::uint64_t seed = 0;
  for (const Convolution& conv : all_convolutions()) {
    for (const Place i : choices) {
      for (const Place o : choices) {
        for (const Place k : choices) {
          const Network network = network_of(conv, {i, o, k});
          const std::vector<Tensor> operands = test::random_operands(network, ++seed, DType::kInt64);
          const Network simplified = simplify(network).network;
          verify(simplified);
          ASSERT_EQ(evaluate_reference(network, operands).values<std::int64_t>(),
                    evaluate_reference(simplified, operands).values<std::int64_t>())
              << text_of(conv) << ": " << test::to_text(network) << " became " << test::to_text(simplified);
        }
      }
    }
  }
}

TEST(SmallConvolutions, LoseTheirPattern_ExactlyWhenItIsABijection) {
  int bijections = 0;
  for (const Convolution& conv : all_convolutions()) {
    const Network simplified =
        simplify(network_of(conv, {Place::kOperand, Place::kOutput, Place::kOperand})).network;
    const bool gone = simplified.affine.empty() && !simplified.zero;
    const bool bijection = conv.input > 0 && determines(conv, 0, true);
    bijections += bijection ? 1 : 0;
    ASSERT_EQ(gone, bijection) << text_of(conv) << ": " << test::to_text(simplified);
  }
  EXPECT_GT(bijections, 30);
}

TEST(SmallConvolutions, LoseAPrivateLeg_ExactlyWhenItIsDetermined) {
  std::array<int, 3> dropped = {};
  for (const Convolution& conv : all_convolutions()) {
    if (std::min({conv.input, conv.kernel, conv.output}) < 2) continue;  // with two legs it is a delta, or a view
    if (determines(conv, 0, true)) continue;                             // a bijection goes as such
    for (std::size_t leg = 0; leg < 3; ++leg) {
      std::array<Place, 3> places = {Place::kOperand, Place::kOperand, Place::kOperand};
      places[leg] = Place::kNowhere;
      const Network simplified = simplify(network_of(conv, places)).network;
      const bool gone = simplified.affine.empty() && !simplified.zero;
      const bool determined = determines(conv, leg, false);
      dropped[leg] += determined ? 1 : 0;
      ASSERT_EQ(gone, determined) << text_of(conv) << ", leg " << leg << ": " << test::to_text(simplified);
    }
  }
  EXPECT_GT(dropped[0], 50);
  EXPECT_GT(dropped[1], 10);
  EXPECT_GT(dropped[2], 10);
}

TEST(SmallConvolutions, AreCounted_WhenNothingElseHasTheirLegs) {
  for (const Convolution& conv : all_convolutions()) {
    const Network simplified =
        simplify(network_of(conv, {Place::kNowhere, Place::kNowhere, Place::kNowhere})).network;
    const auto points = static_cast<std::int64_t>(points_of(conv).size());
    ASSERT_TRUE(simplified.affine.empty() && simplified.indices.empty()) << text_of(conv);
    ASSERT_EQ(simplified.zero, points == 0) << text_of(conv);
    ASSERT_EQ(simplified.zero ? 0 : simplified.scale.numerator, points) << text_of(conv);
  }
}

}  // namespace
}  // namespace einfold
