// SPDX-License-Identifier: MIT
//
// Workspaces of what second-order methods ask for, on the layers of well-known networks (bench/layers.csv).
#include "cli/layer_table.hpp"
#include "support/every.hpp"

#include <gtest/gtest.h>

namespace einfold::test {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

std::int64_t weight_bytes(const cli::Layer& layer) {
  std::int64_t elements = layer.out_channels * layer.in_channels / layer.spec.groups;
  for (const std::int64_t taps : layer.spec.kernel.values) elements *= taps;
  return 4 * elements;
}

/// Two mebibytes beside packed weights; where many blocks of rows share the panels of another operand, these of up to ten.
TEST(Workspace, IsSmall_OnKnownLayers) {
  const auto layers = cli::read_layers(std::string(EINFOLD_SOURCE_DIR) + "/bench/layers.csv");
  ASSERT_EQ(layers.size(), 132u);
  int plans = 0, shared = 0;
  for (const char* operation : {"forward", "input-vjp", "weight-vjp", "unfold", "kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal"}) {
    for (std::size_t l = 0; l < layers.size(); l += kEveryNth) {
      const cli::Layer& layer = layers[l];
      SCOPED_TRACE(std::string(operation) + " of " + layer.network + " " + layer.name);
      const Expression expression = conv::operation(operation, layer.spec, cli::shapes_for(layer, operation));
      const std::int64_t bytes = expression.workspace_bytes(DType::kFloat32, {.threads = 1});
      EXPECT_LE(bytes, 12 * kMebibyte);
      ++plans;
      shared += bytes > 2 * kMebibyte + weight_bytes(layer) ? 1 : 0;
    }
  }
  EXPECT_LE(shared * 100, plans * 3);
}

}  // namespace
}  // namespace einfold::test
