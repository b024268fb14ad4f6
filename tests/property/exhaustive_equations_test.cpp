// SPDX-License-Identifier: MIT
//
// Every equation over three letters with one or two operands up to rank 3, or three up to rank 2, and every output
// without repeats: planned against the reference evaluator and against three nested loops, on integers, exactly.
#include "einfold/einsum.hpp"
#include "einfold/reference.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace einfold::test {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::int64_t, 3> kExtents{2, 3, 4};

std::int64_t extent(char letter) { return kExtents[static_cast<std::size_t>(letter - 'a')]; }

Shape shape_of(const std::string& word) {
  Shape shape;
  for (const char letter : word) shape.push_back(extent(letter));
  return shape;
}

/// All words over "abc" of at most `length` letters.
Words words(std::size_t length) {
  Words all{""};
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].size() == length) continue;
    for (const char letter : {'a', 'b', 'c'}) all.push_back(all[at] + letter);
  }
  return all;
}

/// All words without repeats over the letters of `operands`.
Words outputs(const Words& operands) {
  std::string used;
  for (const std::string& word : operands) used += word;
  Words result;
  for (const std::string& word : words(3)) {
    bool possible = true;
    for (std::size_t i = 0; i < word.size(); ++i) {
      possible = possible && used.find(word[i]) != std::string::npos && word.find(word[i], i + 1) == std::string::npos;
    }
    if (possible) result.push_back(word);
  }
  return result;
}

/// Row-major offset of the entry that `word` names.
std::size_t offset(const std::string& word, const std::array<std::int64_t, 3>& value) {
  std::int64_t at = 0;
  for (const char letter : word) at = at * extent(letter) + value[static_cast<std::size_t>(letter - 'a')];
  return static_cast<std::size_t>(at);
}

/// The definition; letters that occur nowhere take one value only.
std::vector<std::int64_t> by_loops(const Words& operands, const std::vector<std::vector<std::int64_t>>& entries,
                                   const std::string& output) {
  std::array<std::int64_t, 3> bound{1, 1, 1}, value{};
  for (const std::string& word : operands)
    for (const char letter : word) bound[static_cast<std::size_t>(letter - 'a')] = extent(letter);
  std::vector<std::int64_t> result(static_cast<std::size_t>(element_count(shape_of(output))));
  for (value[0] = 0; value[0] < bound[0]; ++value[0])
    for (value[1] = 0; value[1] < bound[1]; ++value[1])
      for (value[2] = 0; value[2] < bound[2]; ++value[2]) {
        std::int64_t product = 1;
        for (std::size_t i = 0; i < operands.size(); ++i) product *= entries[i][offset(operands[i], value)];
        result[offset(output, value)] += product;
      }
  return result;
}

/// Checks every output of these operands; returns their number.
int check(const Words& operands, std::uint64_t seed) {
  std::string left;
  std::vector<EinsumShape> shapes;
  std::vector<Tensor> tensors;
  std::vector<std::vector<std::int64_t>> entries;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    left += (i == 0 ? "" : ",") + operands[i];
    tensors.push_back(integers(shape_of(operands[i]), seed * 8 + i, DType::kInt64, -9, 9));
    entries.push_back(tensors.back().values<std::int64_t>());
    shapes.emplace_back(tensors.back().shape());
  }
  int count = 0;
  for (const std::string& output : outputs(operands)) {
    const std::string equation = left + "->" + output;
    const Expression expression = compile(equation, shapes, {.notation = Notation::kCompact});
    const Tensor planned = expression.evaluate(tensors, {.threads = 1});
    const Tensor reference = evaluate_reference(expression.network(), tensors);
    EXPECT_EQ(planned.shape(), shape_of(output)) << equation;
    EXPECT_EQ(planned.dtype(), DType::kInt64) << equation;
    const std::vector<std::int64_t> expected = by_loops(operands, entries, output);
    EXPECT_EQ(planned.values<std::int64_t>(), expected) << equation;
    EXPECT_EQ(reference.values<std::int64_t>(), expected) << equation;
    ++count;
  }
  return count;
}

TEST(ExhaustiveEquations, OneOperandUpToRankThree) {
  int count = 0;
  for (const std::string& a : words(3)) count += check({a}, static_cast<std::uint64_t>(count));
  EXPECT_EQ(count, 235);
}

TEST(ExhaustiveEquations, TwoOperandsUpToRankThree) {
  int count = 0;
  for (const std::string& a : words(3))
    for (const std::string& b : words(3)) {
      count += check({a, b}, static_cast<std::uint64_t>(count));
      ASSERT_FALSE(HasFailure()) << a << "," << b;
    }
  EXPECT_EQ(count, 18'553);
}

TEST(ExhaustiveEquations, ThreeOperandsUpToRankTwo) {
  int count = 0;
  for (const std::string& a : words(2))
    for (const std::string& b : words(2))
      for (const std::string& c : words(2)) {
        count += check({a, b, c}, static_cast<std::uint64_t>(count));
        ASSERT_FALSE(HasFailure()) << a << "," << b << "," << c;
      }
  EXPECT_EQ(count, 24'475);
}

}  // namespace
}  // namespace einfold::test
