// SPDX-License-Identifier: MIT
#include "pathfind/path_text.hpp"

#include "einfold/error.hpp"
#include "pathfind/random.hpp"

#include <gtest/gtest.h>

namespace einfold::pathfind {
namespace {

using Form = ContractionPath::Form;

TEST(PathText, LinearAndSsaPathsAreTheSame) {
  EXPECT_EQ(ssa_of({{0, 1}, {0, 1}}, 3), (SsaPath{{0, 1}, {2, 3}}));
  EXPECT_EQ(ssa_of({{1, 2}, {0, 1}}, 3), (SsaPath{{1, 2}, {0, 3}}));
  EXPECT_EQ(ssa_of({{0, 1, 2}}, 3), (SsaPath{{0, 1}, {3, 2}}));
  EXPECT_EQ(ssa_of({{0}}, 1), SsaPath{});
  for (int tensors = 2; tensors < 40; ++tensors) {
    Random random(static_cast<std::uint64_t>(tensors));
    std::vector<int> living;
    for (int t = 0; t < tensors; ++t) living.push_back(t);
    LinearPath linear;
    SsaPath ssa;
    while (living.size() > 1) {  // with a plain list
      int i = random.below(static_cast<int>(living.size())), j = random.below(static_cast<int>(living.size()) - 1);
      j += j >= i;
      if (i > j) std::swap(i, j);
      linear.push_back({i, j});
      ssa.emplace_back(living[i], living[j]);
      living.erase(living.begin() + j);
      living.erase(living.begin() + i);
      living.push_back(tensors + static_cast<int>(ssa.size()) - 1);
    }
    EXPECT_EQ(ssa_of(linear, tensors), ssa);
    EXPECT_EQ(linear_of(ssa, tensors), linear);
    EXPECT_EQ(parse_path(print(linear)), linear);
  }
}

TEST(PathText, ReadsWhatPythonPrints) {
  EXPECT_EQ(parse_path("[(0, 1), (0,), (1, 2)]"), (LinearPath{{0, 1}, {0}, {1, 2}}));
  for (const char* text : {"(0,1) (0,1)", "[[0, 1], [0, 1]]", "((0, 1), (0, 1))", "[(0,1),\n (0,1)]", "['einsum_path', (0, 1), (0, 1)]"})
    EXPECT_EQ(parse_path(text), (LinearPath{{0, 1}, {0, 1}})) << text;
  EXPECT_EQ(parse_path("[]"), LinearPath{});
  EXPECT_EQ(print(LinearPath{{0}, {1, 2}}), "[(0,), (1, 2)]");
}

TEST(PathText, AStepOfOneTensorMovesItToTheEnd) {
  EXPECT_EQ(ssa_of({{0}, {0, 1}, {0, 1}}, 3), (SsaPath{{1, 2}, {0, 3}}));
  EXPECT_EQ(pairs_of({{{0}, {1, 3}, {2, 4}}, Form::kSsa}, 3), (SsaPath{{1, 0}, {2, 3}}));
}

TEST(PathText, TellsSsaPathsByTheNumbersOfResults) {
  EXPECT_EQ(pairs_of({{{1, 2}, {0, 3}}}, 3), (SsaPath{{1, 2}, {0, 3}}));
  EXPECT_EQ(pairs_of({{{1, 2}, {0, 1}}}, 3), (SsaPath{{1, 2}, {0, 3}}));
  EXPECT_EQ(pairs_of({{{0, 1, 2}, {3, 4}}, Form::kSsa}, 4), (SsaPath{{0, 1}, {4, 2}, {3, 5}}));
  for (const LinearPath& steps : {LinearPath{{0, 1}, {0, 3}}, {{0, 1}, {2, 4}}, {{0, 1}}, {{1, 1}, {0, 3}}, {{}, {0, 3}}})
    EXPECT_THROW(static_cast<void>(pairs_of({steps, Form::kSsa}, 3)), Error);
}

TEST(PathText, RefusesWhatIsNoPath) {
  for (const char* text : {"[(0, 1", "0, 1", "(a, b)", "(0, 1))", "()", "(0, -1)", "(99999999999, 0)", "(((0, 1)))", "[(0, 1)", "[(0, 1]]", "(0, 1) x",
                           "", "[[0, 1], 2]", "[(0, 1)] [(0, 1)]", "['path', (0, 1)]", "(0 1.5)"})
    EXPECT_THROW(static_cast<void>(parse_path(text)), Error) << text;
  EXPECT_THROW(static_cast<void>(ssa_of({{0, 1}}, 3)), Error);
  EXPECT_THROW(static_cast<void>(ssa_of({{0, 0}, {0, 1}}, 3)), Error);
  EXPECT_THROW(static_cast<void>(ssa_of({{0, 3}}, 3)), Error);
  EXPECT_THROW(static_cast<void>(ssa_of({{0, 1}, {0, 1}, {0, 1}}, 3)), Error);
}

TEST(PathText, KnowsTheNamesOfOtherPrograms) {
  EXPECT_EQ(method_named("dp"), Method::kExact);
  EXPECT_EQ(method_named("auto-hq"), Method::kAutoHq);
  EXPECT_EQ(method_named("branch-2"), Method::kBranch2);
  EXPECT_EQ(method_named("labels"), Method::kCommunities);
  EXPECT_EQ(method_named("nonsense"), std::nullopt);
  EXPECT_EQ(minimize_named("combo"), Minimize::kCombo);
  for (const auto name : method_names()) EXPECT_TRUE(method_named(name).has_value());
}

}  // namespace
}  // namespace einfold::pathfind
