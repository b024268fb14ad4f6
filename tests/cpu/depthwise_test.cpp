// SPDX-License-Identifier: MIT
#include "check_step.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace einfold::cpu::test {
namespace {

enum class Result { kImage, kTaps };

struct Shape {
  int dimensions = 2;
  std::int64_t most_results = 20, most_taps = 4;
  std::int64_t most_columns = 40;
};

/// Lays the axes out, the last one innermost, packed or with gaps.
plan::Access in_order(Dice& dice, const std::vector<Axis>& axes, std::size_t loops,
                      std::vector<std::int64_t>* extents = nullptr,
                      std::vector<std::int64_t>* strides = nullptr) {
  plan::Access access;
  access.strides.assign(loops, 0);
  std::int64_t step = 1;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const Axis& axis = axes[i];
    for (std::size_t l = 0; l < loops; ++l) access.strides[l] += step * axis.coefficients[l];
    access.base += step * axis.constant;
    if (axis.windowed) access.windows.push_back({axis.constant, axis.coefficients, axis.extent});
    if (extents) extents->insert(extents->begin(), axis.extent);
    if (strides) strides->insert(strides->begin(), step);
    step *= axis.extent + (dice.once_in(6) ? dice.between(1, 3) : 0);
  }
  return access;
}

/// X[n, c, .., s o + d k - p, ..], taps[(n,) c, .., k, ..], image[n, c, .., o, ..] with taps that run
/// forwards or backwards. One of the last two is the result. Taps may be of several X with several images each.
plan::Contraction depthwise(Dice& dice, Result result, const Shape& shape) {
  const std::size_t loops = 4 + 2 * static_cast<std::size_t>(shape.dimensions), of_x_only = loops - 2, of_image_only = loops - 1;
  plan::Nest nest;
  nest.extents = {dice.between(1, 3), dice.once_in(3) ? dice.between(6, 20) : dice.between(1, 3)};
  const auto plain = [&](std::size_t l) {
    Axis axis{nest.extents[l], std::vector<std::int64_t>(loops, 0), 0, false};
    axis.coefficients[l] = 1;
    return axis;
  };
  std::vector<Axis> x, taps, image;
  if (dice.once_in(3)) taps.push_back(plain(0));
  for (const std::size_t l : {0, 1}) {
    x.push_back(plain(l));
    image.push_back(plain(l));
  }
  taps.push_back(plain(1));
  for (int d = 0; d < shape.dimensions; ++d) {
    const bool columns = d + 1 == shape.dimensions;
    const std::int64_t results = dice.between(1, columns ? shape.most_columns : shape.most_results);
    const std::int64_t count = dice.between(1, shape.most_taps);
    const std::size_t o = nest.extents.size(), k = o + 1;
    nest.extents.push_back(results);
    nest.extents.push_back(count);
    const std::int64_t stride = dice.once_in(3) ? dice.between(1, 3) : 1;
    const std::int64_t dilation = dice.once_in(4) ? dice.between(2, 3) : 1;
    const bool backwards = dice.once_in(4);
    Axis axis{1, std::vector<std::int64_t>(loops, 0), 0, true};
    axis.coefficients[o] = stride;
    axis.coefficients[k] = backwards ? -dilation : dilation;
    const std::int64_t reach = dilation * (count - 1);
    const std::int64_t before = dice.between(0, reach), after = dice.between(0, reach);
    axis.constant = (backwards ? reach : 0) - before;
    axis.extent = std::max<std::int64_t>(1, stride * (results - 1) + reach + 1 - before - after);
    x.push_back(axis);
    image.push_back(plain(o));
    taps.push_back(plain(k));
  }
  const bool several = result == Result::kTaps && dice.once_in(2);
  for (const std::size_t l : {of_x_only, of_image_only}) {
    nest.extents.push_back(several ? dice.between(1, 10) : 1);
    (l == of_x_only ? x : image).insert((l == of_x_only ? x : image).begin() + 2, plain(l));
    taps.insert(taps.begin() + dice.between(0, static_cast<std::int64_t>(taps.size())), plain(l));
  }
  plan::Contraction step;
  step.zero_first = !dice.once_in(3);
  if (dice.once_in(2)) step.factor.real = 0.25 * static_cast<double>(dice.between(-8, 8));
  const bool wild = dice.once_in(6), channels_last = dice.once_in(3);
  if (channels_last) {
    for (std::vector<Axis>* axes : {&x, &image})
      std::rotate(axes->begin() + 1, axes->begin() + 2, axes->end());
  }
  const auto lay = [&](const std::vector<Axis>& axes, bool is_result) {
    std::vector<std::int64_t>* extents = is_result ? &step.c_extents : nullptr;
    std::vector<std::int64_t>* strides = is_result ? &step.c_strides : nullptr;
    return wild ? lay_out(dice, axes, loops, extents, strides)
                : in_order(dice, axes, loops, extents, strides);
  };
  plan::Access of_x = lay(x, false);
  plan::Access of_taps = lay(taps, result == Result::kTaps), of_image = lay(image, result == Result::kImage);
  plan::Access& operand = result == Result::kImage ? of_taps : of_image;
  nest.a = of_x;
  nest.b = operand;
  if (dice.once_in(3)) std::swap(nest.a, nest.b);
  nest.c = result == Result::kImage ? of_image : of_taps;
  step.nests.push_back(nest);
  return step;
}

double points(const plan::Contraction& step) {
  double result = 1;
  for (const std::int64_t extent : step.nests[0].extents) result *= static_cast<double>(extent);
  return result;
}

template <class T>
class DepthwiseOf : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(DepthwiseOf, Types);

TYPED_TEST(DepthwiseOf, RandomProblemsGiveTheirDefinition_WithTheSameBitsEverywhere) {
  for (const Result result : {Result::kImage, Result::kTaps}) {
    int taken = 0, in_lanes = 0;
    for (std::uint64_t seed = 0; seed < 120 && !this->HasFailure(); ++seed) {
      Dice dice(seed * 2 + (result == Result::kTaps));
      const std::vector<Shape> shapes{
          {2, 20, 4, 40}, {2, 20, 7, 20}, {2, 8, 3, 80}, {3, 5, 3, 20}, {1, 1, 7, 300}};
      const plan::Contraction step = depthwise(dice, result, dice.one_of(shapes));
      if (points(step) > 1e5) continue;
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
      std::vector<std::byte> first;
      for (const Isa isa : supported_isas()) {
        for (const int threads : {1, 3}) {
          Dice same(seed + 1000);
          const Checked checked = check_step<TypeParam>(step, same, {.threads = threads, .isa = isa});
          taken += checked.kernel == (result == Result::kImage ? "depth-wise" : "depth-wise taps");
          in_lanes += checked.kernel == "depth-wise lanes";
          if (first.empty()) first = checked.result;
          EXPECT_TRUE(first == checked.result) << name_of(isa) << ", " << threads << " threads";
        }
      }
    }
    EXPECT_GT(taken, 40) << (result == Result::kImage ? "images" : "taps");
    EXPECT_GT(in_lanes, result == Result::kImage ? 10 : -1);
  }
}

TEST(Depthwise, NothingOutsideTheImageIsMultiplied_NotEvenByZero) {
  for (const Result result : {Result::kImage, Result::kTaps}) {
    int taken = 0;
    for (std::uint64_t seed = 0; seed < 100 && !HasFailure(); ++seed) {
      Dice dice(seed);
      const plan::Contraction step = depthwise(dice, result, {2, 12, 4, 20});
      if (points(step) > 1e5) continue;
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
      const Checked checked = check_step<float>(step, dice, {.threads = 2, .infinities = true});
      taken += checked.kernel == (result == Result::kImage ? "depth-wise" : "depth-wise taps");
    }
    EXPECT_GT(taken, 20) << (result == Result::kImage ? "images" : "taps");
  }
}

/// Rows and columns around every height and width of a tile, all counts of taps that have code of their own.
TEST(Depthwise, TileEdgesGiveTheirDefinition) {
  for (const Isa isa : supported_isas()) {
    for (const std::int64_t rows : {2, 3, 4, 5, 6, 7, 9, 10, 13}) {
      for (const std::int64_t columns : {1, 7, 8, 9, 16, 17, 31, 33, 49, 65}) {
        const std::int64_t k1 = 1 + (rows * 3 + columns) % 7, k2 = 1 + (rows + columns) % 3;
        for (const Result result : {Result::kImage, Result::kTaps}) {
          plan::Contraction step;
          plan::Nest nest;  // o1 o2 k1 k2, valid positions only
          nest.extents = {rows, columns, k1, k2};
          const std::int64_t x_row = columns + k2 - 1;
          nest.a.strides = {x_row, 1, x_row, 1};
          const plan::Access image{0, {columns, 1, 0, 0}, {}}, taps{0, {0, 0, k2, 1}, {}};
          nest.b = result == Result::kImage ? taps : image;
          nest.c = result == Result::kImage ? image : taps;
          step.c_extents = {result == Result::kImage ? rows * columns : k1 * k2};
          step.c_strides = {1};
          step.nests = {nest};
          Dice dice(static_cast<std::uint64_t>(rows * 100 + columns));
          SCOPED_TRACE(describe(step));
          check_step<float>(step, dice, {.isa = isa});
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(Depthwise, ImagesLargerThanTheCachesAreWrittenPastThem) {
  plan::Contraction step;
  plan::Nest nest;  // c o1 o2 k1 k2
  const std::int64_t channels = 150, size = 243, taps = 3;
  nest.extents = {channels, size, size, taps, taps};
  nest.a.base = -size - 1;
  nest.a.strides = {size * size, size, 1, size, 1};
  nest.a.windows = {{-1, {0, 1, 0, 1, 0}, size}, {-1, {0, 0, 1, 0, 1}, size}};
  nest.b.strides = {taps * taps, 0, 0, taps, 1};
  nest.c.strides = {size * size, size, 1, 0, 0};
  step.nests = {nest};
  step.c_extents = {channels * size * size};
  step.c_strides = {1};
  Dice dice(7);
  std::vector<float> x(static_cast<std::size_t>(channels * size * size)),
      w(static_cast<std::size_t>(channels * 9));
  for (std::vector<float>* values : {&x, &w}) {
    for (float& value : *values) value = random_value<float>(dice);
  }
  std::vector<float> past(x.size() + 1, 0.0f), through(x.size(), 0.0f);
  const auto run = [&](const plan::Contraction& of, float* c) {
    const auto kernel = prepare(of, DType::kFloat32, {});
    EXPECT_EQ(kernel->name(), "depth-wise");
    std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
    const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
    PoolExecutor executor(1);
    kernel->run({x.data(), w.data(), c}, {space.data() + skip, space.size() - 64}, executor);
  };
  run(step, past.data() + 1);  // not at the start of a cache line
  step.zero_first = false;
  run(step, through.data());
  EXPECT_TRUE(std::equal(through.begin(), through.end(), past.begin() + 1));
}

TEST(Depthwise, EveryLayersWorkspaceIsSmall) {
  for (const std::int64_t size : {8, 64, 224, 1024}) {
    for (const std::int64_t taps : {3, 7}) {
      for (const Result result : {Result::kImage, Result::kTaps}) {
        plan::Contraction step;
        plan::Nest nest;  // n c o1 o2 k1 k2
        nest.extents = {32, 64, size, size, taps, taps};
        const std::int64_t area = size * size, p = taps / 2;
        nest.a.base = -p * size - p;
        nest.a.strides = {64 * area, area, size, 1, size, 1};
        nest.a.windows = {{-p, {0, 0, 1, 0, 1, 0}, size}, {-p, {0, 0, 0, 1, 0, 1}, size}};
        const plan::Access image{0, {64 * area, area, size, 1, 0, 0}, {}};
        const plan::Access filter{0, {0, taps * taps, 0, 0, taps, 1}, {}};
        nest.b = result == Result::kImage ? filter : image;
        nest.c = result == Result::kImage ? image : filter;
        step.nests = {nest};
        step.c_extents = {result == Result::kImage ? 32 * 64 * area : 64 * taps * taps};
        step.c_strides = {1};
        const auto kernel = prepare(step, DType::kFloat32, {.threads = 4});
        EXPECT_EQ(kernel->name(), result == Result::kImage ? "depth-wise" : "depth-wise taps");
        EXPECT_LE(kernel->workspace_bytes(), 4 * (256 << 10));
      }
    }
  }
}

/// Weight gradients, every X with every image, of so many channels.
std::string kernel_of_gradient(std::int64_t xs, std::int64_t images, std::int64_t stride) {
  const std::int64_t size = 28, x_size = size * stride, area = size * size, x_area = x_size * x_size;
  plan::Contraction step;
  plan::Nest nest;  // n c d o1 o2 k1 k2
  nest.extents = {4, xs, images, size, size, 3, 3};
  nest.a.base = -x_size - 1;
  nest.a.strides = {xs * x_area, x_area, 0, stride * x_size, stride, x_size, 1};
  nest.a.windows = {{-1, {0, 0, 0, stride, 0, 1, 0}, x_size}, {-1, {0, 0, 0, 0, stride, 0, 1}, x_size}};
  nest.b.strides = {images * area, 0, area, size, 1, 0, 0};
  nest.c.strides = {0, 9, 9 * xs, 0, 0, 3, 1};
  step.nests = {nest};
  step.c_extents = {images * xs * 9};
  step.c_strides = {1};
  return prepare(step, DType::kFloat32, {.threads = 1})->name();
}

TEST(Depthwise, TapsOfSeveralImagesAreLeftToProductsWhereTheseHaveWholeVectors) {
  for (const auto& [xs, images] : {std::pair{8, 8}, {3, 3}, {61, 4}, {61, 1}, {1, 7}, {1, 16}})
    EXPECT_EQ(kernel_of_gradient(xs, images, 1), "depth-wise taps") << xs << " x " << images;
  for (const auto& [xs, images] : {std::pair{8, 9}, {31, 61}, {31, 64}, {11, 13}, {61, 7}, {1, 61}})
    EXPECT_EQ(kernel_of_gradient(xs, images, 1), "gemm") << xs << " x " << images;
  for (const auto& [xs, images] : {std::pair{61, 1}, {1, 2}})
    EXPECT_EQ(kernel_of_gradient(xs, images, 2), "depth-wise taps") << xs << " x " << images;
  for (const auto& [xs, images] : {std::pair{8, 8}, {1, 8}})
    EXPECT_EQ(kernel_of_gradient(xs, images, 2), "gemm") << xs << " x " << images;
}

}  // namespace
}  // namespace einfold::cpu::test
