// SPDX-License-Identifier: MIT
//
// The memory limit: kept, or an error that names the least that does.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/expression_set.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <string>

namespace einfold::test {
namespace {

std::vector<Tensor> operands_of(const Expression& expression, DType type) {
  std::vector<Tensor> operands;
  for (const Operand& operand : expression.operands()) operands.push_back(integers(operand.shape, operands.size() + 1, type));
  return operands;
}

using Run = std::function<std::vector<double>(std::int64_t limit)>;

Run evaluation(const Expression& expression, const std::vector<Tensor>& operands) {
  return [=](std::int64_t limit) { return expression.evaluate(operands, {.threads = 1, .memory_limit_bytes = limit}).values<double>(); };
}

/// The number of bytes that the refusal of `limit` names; -1 if there is none.
std::int64_t named_least(const Run& run, std::int64_t limit) {
  try {
    (void)run(limit);
    return -1;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0603");
    EXPECT_EQ(error.kind(), ErrorKind::kMemory);
    const std::string what = error.what();
    EXPECT_TRUE(what.ends_with("the limit of " + std::to_string(limit))) << what;
    const std::size_t at = what.find("at least ");
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? -2 : std::strtoll(what.c_str() + at + 9, nullptr, 10);
  }
}

/// Whatever limit is refused, the same number is named; that does, and one byte less does not. The number, or -1.
std::int64_t checked_least(const Run& run) {
  const std::vector<double> expected = run(std::numeric_limits<std::int64_t>::max());
  const std::int64_t least = named_least(run, 0);
  if (least < 0) {
    EXPECT_EQ(least, -1);  // nothing but operands and result is needed
    return least;
  }
  EXPECT_GT(least, 0);
  for (const std::int64_t refused : {least - 1, least / 2, least / 16}) EXPECT_EQ(named_least(run, refused), least);
  for (const std::int64_t enough : {least, least + 1, 2 * least}) {
    if (named_least(run, enough) == -1) {
      EXPECT_EQ(run(enough), expected);
    } else {
      ADD_FAILURE() << enough << " is refused";
    }
  }
  return least;
}

std::vector<std::pair<std::string, Expression>> expressions() {
  const ConvSpec spec{.kernel = {3, 3}, .padding = 1, .groups = 2};
  const Shape x{3, 4, 9, 8}, w{4, 2, 3, 3}, v{3, 4, 9, 8}, s{2, 3, 4, 9, 8};
  return {{"chain", compile("ab,bc,cd->ad", {Shape{20, 30}, Shape{30, 25}, Shape{25, 10}})},
          {"star", compile("ax,bx,cx->abc", {Shape{6, 40}, Shape{7, 40}, Shape{8, 40}})},
          {"long chain", compile("ab,bc,cd,de,ef->af", {Shape{9, 12}, Shape{12, 7}, Shape{7, 15}, Shape{15, 8}, Shape{8, 5}})},
          {"forward", conv::forward(spec, x, w)},
          {"kfc", conv::kfc({.kernel = {3, 3}, .padding = 1, .groups = 2, .scale = 1.0}, x)},
          {"ggn-diagonal", conv::ggn_diagonal(spec, x, s)},
          {"ggn-gram", conv::ggn_gram(spec, x, s)},
          {"per-example-squared-norm", conv::per_example_squared_norm(spec, x, v)}};
}

TEST(Memory, AtTheNamedLeastItWorks_OneByteBelowItIsRefused) {
  int refused = 0;
  for (const auto& [name, expression] : expressions()) {
    SCOPED_TRACE(name);
    const std::vector<Tensor> operands = operands_of(expression, DType::kFloat64);
    refused += checked_least(evaluation(expression, operands)) > 0;
  }
  EXPECT_GE(refused, 3);
}

TEST(Memory, CopiesInTheTypeThatIsComputedInCount) {
  for (const auto& [name, expression] : expressions()) {
    SCOPED_TRACE(name);
    for (const DType type : {DType::kFloat16, DType::kBool, DType::kInt32}) {
      SCOPED_TRACE(name_of(type));
      const std::vector<Tensor> operands = operands_of(expression, type);
      std::int64_t copies = 0;
      const DType computed = type == DType::kFloat16 ? DType::kFloat32 : expression.dtype(std::vector<DType>{type});
      for (const Tensor& operand : operands) copies += operand.size() * static_cast<std::int64_t>(size_bytes(computed));
      const std::int64_t least = std::max<std::int64_t>(checked_least(evaluation(expression, operands)), 0);
      EXPECT_GE(least, computed == type ? 0 : copies);
      EXPECT_GE(expression.workspace_bytes(type, {.threads = 1}), least);
      EXPECT_GE(least, expression.workspace_bytes(type, {.threads = 1, .memory_limit_bytes = least}));
    }
    std::vector<Tensor> mixed = operands_of(expression, DType::kFloat32);
    mixed.front() = mixed.front().to(DType::kFloat64);
    (void)checked_least(evaluation(expression, mixed));
    for (Tensor& operand : mixed) operand = operand.to(DType::kInt64);
    mixed.back() = mixed.back().to(DType::kFloat64);
    (void)checked_least(evaluation(expression, mixed));
  }
}

TEST(Memory, ConstantsAndWhatIsFoldedOfThemDoNotCount) {
  const Expression chain = compile("ab,bc,cd,de->ae", {Shape{20, 30}, Shape{30, 25}, Shape{25, 10}, Shape{10, 40}});
  for (const DType type : {DType::kFloat32, DType::kFloat64, DType::kFloat16}) {
    for (const auto& names : std::vector<std::vector<std::size_t>>{{0}, {1, 2}, {0, 1, 2}, {3}}) {
      std::map<std::string, Tensor> constants;
      for (const std::size_t i : names) constants.emplace(chain.operands()[i].name, integers(chain.operands()[i].shape, i + 1, DType::kFloat64));
      const Expression expression = chain.with_constants(constants);
      const std::int64_t copies = type == DType::kFloat64 ? -1 : 8 * element_count(expression.operands().front().shape);
      EXPECT_GE(checked_least(evaluation(expression, operands_of(expression, type))), copies);
    }
  }
}

/// A result that overlaps an operand, or is stored in 16 bits, is computed in memory of its own.
TEST(Memory, AResultThatIsComputedElsewhereCounts) {
  const Expression product = compile("ab,bc->ac", {Shape{20, 20}, Shape{20, 20}});
  for (const DType type : {DType::kFloat64, DType::kFloat16}) {
    const auto run = [&](std::int64_t limit) {
      const std::vector<Tensor> operands = operands_of(product, type);
      product.evaluate_into(operands, operands.front(), {.threads = 1, .memory_limit_bytes = limit});
      return operands.front().values<double>();
    };
    EXPECT_GE(checked_least(run), type == DType::kFloat64 ? 400 * 8 : 3 * 400 * 4);
  }
}

TEST(Memory, TheSelectedEntriesOfAnOperandCount) {
  ConvSpec spec{.kernel = {3}, .padding = 1};
  spec.subsampling = {0, 2, 3};
  const Expression expression = conv::weight_vjp(spec, Shape{5, 3, 12}, Shape{3, 4, 12});
  const std::vector<Tensor> operands{integers({5, 3, 12}, 1, DType::kFloat64), integers({3, 4, 12}, 2, DType::kFloat64)};
  EXPECT_GE(checked_least(evaluation(expression, operands)), 3 * 3 * 12 * 8);
}

TEST(Memory, ReductionsOfEinopsNameTheWholeLimit) {
  for (const Reduction reduction : {Reduction::kSum, Reduction::kMean, Reduction::kMax, Reduction::kProduct}) {
    for (const DType type : {DType::kBool, DType::kFloat16, DType::kInt32, DType::kInt64, DType::kFloat32}) {
      for (const char* pattern : {"(a e) b c d -> c", "(a e) b c d -> d a", "(a e) b c d -> b e", "(a e) b c d -> a e b c d"}) {
        SCOPED_TRACE(pattern + std::string(" ") + std::string(name_of(type)));
        const Tensor tensor = integers({4, 6, 5, 7}, 3, DType::kInt64).to(type);
        const auto run = [&](std::int64_t limit) {
          return reduce(pattern, tensor, reduction, {{"e", 2}}, {.threads = 1, .memory_limit_bytes = limit}).values<double>();
        };
        const std::int64_t least = checked_least(run);
        EXPECT_GE(least, reduction < Reduction::kMax ? -1 : 840 * static_cast<std::int64_t>(size_bytes(type)));
      }
    }
  }
}

TEST(Memory, ASetNamesWhatDoesForAllOfItsExpressions) {
  const ConvSpec spec{.kernel = {3, 3}, .stride = {2, 1}, .padding = 1};
  const Shape x{4, 2, 6, 5}, v{4, 3, 3, 5}, s{3, 4, 3, 3, 5};
  const auto of = [&](const std::string& name) {
    conv::Shapes shapes{{"x", x}};
    if (name.starts_with("ggn")) shapes["s"] = s;
    else if (!name.starts_with("kf") && name != "unfold") shapes["v"] = v;
    ConvSpec own = spec;
    if (name.starts_with("kf")) own.scale = 1.0;  // exact in any order
    return conv::operation(name, own, shapes);
  };
  for (const std::vector<Expression>& expressions : std::vector<std::vector<Expression>>{
           {of("ggn-gram"), of("ggn-diagonal"), of("per-example-squared-norm")},
           {of("weight-vjp-per-example"), of("weight-vjp"), of("per-example-squared-norm")},
           {of("kfac-reduce"), of("kfc"), of("gradient-gram")},
           {of("unfold"), of("kfc")}}) {
    const ExpressionSet set(expressions);
    SCOPED_TRACE(set.explain());
    for (const DType type : {DType::kFloat64, DType::kFloat32, DType::kFloat16}) {
      std::map<std::string, Tensor> all{{"x", integers(x, 1, type)}, {"v", integers(v, 2, type)}, {"s", integers(s, 3, type)}};
      const auto run = [&](std::int64_t limit) {
        std::vector<double> values;
        for (const Tensor& result : set.evaluate(all, {.threads = 1, .memory_limit_bytes = limit})) {
          const std::vector<double> own = result.values<double>();
          values.insert(values.end(), own.begin(), own.end());
        }
        return values;
      };
      (void)checked_least(run);
    }
  }
}

TEST(Memory, ValuesAreTheSameUnderEveryLimitThatDoes) {
  for (const auto& [name, expression] : expressions()) {
    SCOPED_TRACE(name);
    const std::vector<Tensor> operands = operands_of(expression, DType::kFloat64);
    const std::vector<double> expected = expression.evaluate(operands, {.threads = 1}).values<double>();
    const std::int64_t most = expression.workspace_bytes(DType::kFloat64, {.threads = 1});
    int done = 0;
    for (std::int64_t limit = most; limit > 0; limit = limit * 2 / 3) {
      try {
        const RunOptions run{.threads = 1, .memory_limit_bytes = limit};
        ASSERT_EQ(expression.evaluate(operands, run).values<double>(), expected) << limit;
        ASSERT_LE(expression.workspace_bytes(DType::kFloat64, run), limit);
        ++done;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), "E0603");
      }
    }
    EXPECT_GE(done, most > 0 ? 1 : 0);
  }
}

/// An intermediate of 64 MiB where one slice of it does: the limit is kept, not ignored.
TEST(Memory, ALargeIntermediateIsSliced) {
  const Expression expression = compile("ab,bc,cd,ad->", {Shape{2048, 16}, Shape{16, 2048}, Shape{2048, 16}, Shape{2048, 16}});
  const std::int64_t limit = 4 << 20;
  EXPECT_LE(expression.workspace_bytes(DType::kFloat32, {.memory_limit_bytes = limit}), limit);
}

/// The result alone is beyond any memory: an error before an operand is touched.
TEST(Memory, AResultBeyondMemoryIsAnError) {
  const std::int64_t huge = std::int64_t{1} << 21;
  const Tensor a = integers({1}, 1).expand({huge}), b = a;
  try {
    (void)einsum("i,j->ij", {a, b});  // 32 TiB
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0601") << error.what();
    EXPECT_EQ(error.kind(), ErrorKind::kMemory);
  }
}

}  // namespace
}  // namespace einfold::test
