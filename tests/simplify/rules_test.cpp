// SPDX-License-Identifier: MIT
//
// Each rule alone: network in, network out.
#include "simplify/rules/families.hpp"
#include "simplify/simplify.hpp"

#include "network/verify.hpp"
#include "support/network_text.hpp"

#include <gtest/gtest.h>

#include <set>

namespace einfold::rules {
namespace {

using test::network_of;
using test::to_text;

struct Case {
  const Rule* rule;
  const char* before;
  const char* after;  ///< nullptr: the rule does not fit
};

std::string applied(const Case& example) {
  const Network network = network_of(example.before);
  verify(network);
  const auto rewritten = example.rule->rewrite(network, uses_of(network));
  if (!rewritten) return "does not fit";
  verify(rewritten->network);
  EXPECT_NE(rewritten->what, "");
  return to_text(rewritten->network);
}

const Case kCases[] = {
    // An extent 0 anywhere leaves no combination; operands and output stay, what only equations had goes.
    {&kZero, "x[a] [a - b = 0] -> c | a=0 b=2 c=3", "0 * x[a] -> c | a=0 c=3"},
    {&kZero, "x[a] -> b | a=2 b=0", "0 * x[a] -> b | a=2 b=0"},
    {&kZero, "x[a] -> a | a=2 b=0", "0 * x[a] -> a | a=2"},
    {&kZero, "0 * x[a] [a = 1] -> | a=2", "0 * x[a] -> | a=2"},
    {&kZero, "0 * x[a] -> | a=2", nullptr},
    {&kZero, "x[a] -> a | a=2", nullptr},

    {&kContradiction, "x[a] [2*a + 4*b = 3] -> b | a=2 b=3", "0 * x[a] -> b | a=2 b=3"},
    {&kContradiction, "x[a] [a + b = 4] -> b | a=2 b=3", "0 * x[a] -> b | a=2 b=3"},
    {&kContradiction, "x[a] [a + b = 3] -> b | a=2 b=3", nullptr},
    {&kContradiction, "x[a] [a - b = -3] -> b | a=2 b=3", "0 * x[a] -> b | a=2 b=3"},
    {&kContradiction, "x[a] [a - b = -2] -> b | a=2 b=3", nullptr},
    {&kContradiction, "x[a] [a = 2] -> | a=2", "0 * x[a] -> | a=2"},

    {&kNormalise, "x[a] [2*a + 4*b = 6] -> b | a=2 b=3", "x[a] [a + 2*b = 3] -> b | a=2 b=3"},
    {&kNormalise, "x[i] [i - 2*o - k = -1] w[k] -> o | i=5 o=3 k=2", "x[i] w[k] [-i + 2*o + k = 1] -> o | i=5 o=3 k=2"},
    {&kNormalise, "x[i] [-i + 2*o + k = 1] w[k] -> o | i=5 o=3 k=2", nullptr},
    {&kNormalise, "x[a] [-a + b = 0] -> b | a=2 b=3", "x[a] [a - b = 0] -> b | a=2 b=3"},
    {&kNormalise, "x[a] [-a + b = -1] -> b | a=2 b=3", "x[a] [a - b = 1] -> b | a=2 b=3"},
    {&kNormalise, "x[a] [-3*a = -3] -> | a=2", "x[a] [a = 1] -> | a=2"},

    {&kUnitLeg, "x[a (b c) a] [a - b + c = 0] -> (a) b c | a=1 b=2 c=3", "x[() (b c) ()] [-b + c = 0] -> () b c | b=2 c=3"},
    {&kUnitLeg, "x[a] [a = 0] -> | a=1", "x[()] -> |"},
    {&kUnitLeg, "x[a] [a = 1] -> | a=1", "0 * x[()] -> |"},
    {&kUnitLeg, "x[a] -> a | a=2 b=1", nullptr},

    {&kFreeIndex, "x[a] -> a | a=2 b=3 c=1 d=5 | scale 1/3", "x[a] -> a | a=2 | scale 5/1"},
    {&kFreeIndex, "x[a] -> a b | a=2 b=3", nullptr},
    {&kFreeIndex, "x[a] [b = 1] -> a | a=2 b=3", nullptr},
    // The factor must stay exact.
    {&kFreeIndex, "x[a] -> a | a=2 b=4000000000 c=4000000000",
     "x[a] -> a | a=2 c=4000000000 | scale 4000000000/1"},

    {&kRowReduction, "[-i + 2*o + k = 1] [-j + 2*o + k = 1] x[i] y[j] -> o k | i=5 j=5 o=3 k=2",
     "x[i] y[j] [-i + j = 0] [-j + 2*o + k = 1] -> o k | i=5 j=5 o=3 k=2"},
    {&kRowReduction, "[-i + o + k = 1] [-i + o + k = 1] x[i] -> o k | i=5 o=3 k=2",
     "x[i] [-i + o + k = 1] -> o k | i=5 o=3 k=2"},
    {&kRowReduction, "[-i + o + k = 1] [-2*i + 2*o + 2*k = 2] x[i] -> o k | i=5 o=3 k=2",
     "x[i] [-i + o + k = 1] -> o k | i=5 o=3 k=2"},
    {&kRowReduction, "[-i + o + k = 1] [-i + o + k = 0] x[i] -> o k | i=5 o=3 k=2",
     "0 * x[i] [-i + o + k = 0] -> o k | i=5 o=3 k=2"},
    {&kRowReduction, "[-i + o + k = 1] [-2*i + 2*o + 2*k = 1] x[i] -> o k | i=5 o=3 k=2",
     "0 * x[i] [-i + o + k = 1] -> o k | i=5 o=3 k=2"},
    {&kRowReduction, "[-i + o + k = 1] [-j + o + l = 1] x[i] y[j] -> o k l | i=5 j=5 o=3 k=2 l=2", nullptr},
    {&kRowReduction, "[2*a + b = 1] [3*a + b = 1] x[a] -> b | a=2 b=2", "x[a] [-a = 0] [3*a + b = 1] -> b | a=2 b=2"},

    {&kDelta, "x[a] [b - a = 0] y[b c] [c - d = 0] -> d d a | a=2 b=2 c=3 d=3", "x[a] y[a c] -> c c a | a=2 c=3"},
    {&kDelta, "x[a] [b - a = 0] [c - b = 0] [c - a = 0] y[b c] -> | a=2 b=2 c=2", "x[a] y[a a] -> | a=2"},
    {&kDelta, "x[a] [b - a = 0] [a + b + c = 2] -> c | a=2 b=2 c=3", "x[a] [2*a + c = 2] -> c | a=2 c=3"},
    {&kDelta, "x[a] [a - b = 0] -> b | a=2 b=3", nullptr},
    {&kDelta, "x[a] [a - b = 1] -> b | a=2 b=2", nullptr},
    {&kDelta, "x[a b] [3*a + b - 3*c - d = 0] -> c d | a=2 b=3 c=2 d=3", "x[a b] -> a b | a=2 b=3"},
    {&kDelta, "x[a b] [2*a + b - 2*c - d = 0] -> c d | a=2 b=3 c=2 d=3", nullptr},   // 2 = 2*1 + 0 = 2*0 + 2
    {&kDelta, "x[a b] [3*a + b - 2*c - d = 0] -> c d | a=2 b=3 c=3 d=2", nullptr},
    {&kDelta, "x[a b] [3*a + b + 3*c + d = 0] -> c d | a=2 b=3 c=2 d=3", nullptr},
    {&kDelta, "x[a] [a + b = 0] -> b | a=2 b=2", nullptr},

    {&kBijection, "x[(n i)] [-i + 3*o + k = 0] w[k] -> o i | n=2 i=6 o=2 k=3", "x[(n o k)] w[k] -> o (o k) | n=2 o=2 k=3"},
    {&kBijection, "x[i] [o + 2*k - i = 0] w[k] -> o | i=6 o=2 k=3", "x[(k o)] w[k] -> o | o=2 k=3"},
    {&kBijection, "x[i] [-i + 3*o + k = 0] [i - 2*a = 0] -> o a | i=6 o=2 k=3 a=3",
     "x[(o k)] [3*o + k - 2*a = 0] -> o a | o=2 k=3 a=3"},
    {&kBijection, "x[i] [-i + 3*o + k = 0] w[k] -> o | i=5 o=2 k=3", nullptr},   // too short
    {&kBijection, "x[i] [-i + 3*o + k = 0] w[k] -> o | i=7 o=2 k=3", nullptr},   // too long
    {&kBijection, "x[i] [-i + 3*o + k = 1] w[k] -> o | i=6 o=2 k=3", nullptr},   // shifted
    {&kBijection, "x[i] [-i + 4*o + k = 0] w[k] -> o | i=6 o=2 k=3", nullptr},   // gaps
    {&kBijection, "x[i] [-i + 3*o - k = 0] w[k] -> o | i=6 o=2 k=3", nullptr},   // flipped
    {&kBijection, "x[i] [i + 3*o + k = 0] w[k] -> o | i=6 o=2 k=3", nullptr},

    {&kPrivateLeg, "x[a] [-b + a = 0] -> a | a=2 b=3", "x[a] -> a | a=2"},
    {&kPrivateLeg, "x[a] [-i + a + k = 0] y[k] -> | a=2 i=4 k=3", "x[a] y[k] -> | a=2 k=3"},
    {&kPrivateLeg, "x[a] [-i + a + k = 0] y[k] -> | a=2 i=3 k=3", nullptr},   // a + k reaches 3
    {&kPrivateLeg, "x[a] [-i + a + k = 1] y[k] -> | a=2 i=4 k=3", nullptr},   // and -1
    {&kPrivateLeg, "x[a] [-2*i + 2*a + k = 0] y[k] -> | a=2 i=4 k=3", nullptr},
    {&kPrivateLeg, "x[a] [-i + a + k = 0] y[k] -> i | a=2 i=4 k=3", nullptr},
    {&kPrivateLeg, "x[a] [-i + a + k = 0] [i + a = 2] y[k] -> | a=2 i=4 k=3", nullptr},

    {&kComposition, "x[a] [-m + 2*b = -1] [m + c = 5] -> b c | a=2 m=6 b=3 c=6",
     "x[a] [2*b + c = 4] -> b c | a=2 b=3 c=6"},
    {&kComposition, "x[a] [m + b = 2] [-a + m + k = 0] -> b k | a=4 m=3 b=3 k=2",
     "x[a] [-a - b + k = -2] -> b k | a=4 b=3 k=2"},
    {&kComposition, "x[a] [-m + 2*b = -1] [m + c = 5] -> b c | a=2 m=5 b=3 c=6", nullptr},   // 2 b + 1 reaches 5
    {&kComposition, "x[m] [-m + 2*b = -1] [m + c = 5] -> b c | m=6 b=3 c=6", nullptr},
    {&kComposition, "x[a] [-2*m + 2*b = 0] [m + 2*c = 5] -> b c | a=2 m=3 b=3 c=6", nullptr},

    {&kCount, "x[a] [i - o - k = -1] -> a | a=2 i=4 o=4 k=3", "x[a] -> a | a=2 | scale 10/1"},
    {&kCount, "x[a] [i + j = 3] [j + k = 1] [l = 1] -> a | a=2 i=4 j=4 k=4 l=2", "x[a] -> a | a=2 | scale 2/1"},
    {&kCount, "x[a] [2*i - 2*j + 4*k = 1] -> a | a=2 i=4 j=4 k=4", "0 * x[a] -> a | a=2"},
    {&kCount, "x[a] [i + j = 3] -> j | a=2 i=4 j=4", nullptr},
    {&kCount, "x[a] [i + a = 3] -> | a=2 i=4", nullptr},

    {&kParallelLegs, "x[c k] w[c k] -> | c=3 k=2", nullptr},
    {&kParallelLegs, "x[(c k)] w[d (c k)] -> d | c=3 k=2 d=4", "x[c_k] w[d c_k] -> d | d=4 c_k=6"},
    {&kParallelLegs, "x[(c k)] w[d (k c)] -> d | c=3 k=2 d=4", nullptr},
    {&kParallelLegs, "x[(c k)] w[d c] -> d | c=3 k=2 d=4", nullptr},
    {&kParallelLegs, "x[(c k c k)] -> (c k) | c=3 k=2", "x[(c_k c_k)] -> c_k | c_k=6"},
    {&kParallelLegs, "x[(k k)] -> | k=2", nullptr},
    {&kParallelLegs, "x[(a b' c'' d) (e f)] -> (e f) | a=2 b'=3 c''=2 d=3 e=2 f=2", "x[a_b_c_d'' e_f] -> e_f | a_b_c_d''=36 e_f=4"},
    {&kParallelLegs, "x[(a b c d e)] -> | a=2 b=3 c=2 d=3 e=2", "x[a_e] -> | a_e=72"},
    {&kParallelLegs, "x[(a b)] [-i + 6*a + 2*b = 1] -> i | a=2 b=3 i=9", "x[a_b] [-i + 2*a_b = 1] -> i | i=9 a_b=6"},
    {&kParallelLegs, "x[(a b)] [-i + 4*a + 2*b = 1] -> i | a=2 b=3 i=9", nullptr},
    {&kParallelLegs, "x[(a b)] [-i + 7*a + 2*b = 1] -> i | a=2 b=3 i=9", nullptr},
    {&kParallelLegs, "x[(a b)] [-i + 2*b = 1] -> i | a=2 b=3 i=9", nullptr},
};

TEST(Rules, RewriteAsTheTableSays) {
  std::set<const Rule*> seen;
  for (const Case& example : kCases) {
    seen.insert(example.rule);
    // The table's networks are read and printed first, so that their spelling does not matter.
    const std::string expected = example.after == nullptr ? "does not fit" : to_text(network_of(example.after));
    EXPECT_EQ(applied(example), expected) << example.rule->name << ": " << example.before;
  }
  for (const Rule* rule : all()) EXPECT_TRUE(seen.contains(rule)) << rule->name << " is not in the table";
}

TEST(Rules, HaveNamesEquationsAndConditions) {
  std::set<std::string_view> names;
  for (const Rule* rule : all()) {
    EXPECT_TRUE(names.insert(rule->name).second) << rule->name;
    EXPECT_NE(rule->equation.find("->"), std::string_view::npos) << rule->name;
    EXPECT_FALSE(rule->condition.empty()) << rule->name;
  }
}

TEST(Simplify, TellsWhatItDid) {
  const Simplified result =
      simplify(network_of("x[(n i)] [2*i - 6*o - 2*k = 0] w[k] -> o | n=1 i=6 o=2 k=3 u=5"));
  EXPECT_EQ(to_text(result.network), "x[(o k)] w[k] -> o | o=2 k=3 | scale 5/1");
  const std::vector<TraceEntry> expected = {
      {"unit leg", "drop n"},
      {"normalise", "2*i - 6*o - 2*k = 0 becomes -i + 3*o + k = 0"},
      {"free index", "drop u"},
      {"bijection", "i is (o, k)"},
  };
  EXPECT_EQ(result.trace.size(), expected.size());
  for (std::size_t i = 0; i < std::min(result.trace.size(), expected.size()); ++i) {
    EXPECT_EQ(result.trace[i].rule, expected[i].rule);
    EXPECT_EQ(result.trace[i].what, expected[i].what);
  }
}

struct WholeCase {
  const char* what;
  const char* before;
  const char* after;
};

const WholeCase kWholeCases[] = {
    {"a 1x1 convolution is a matrix product",
     "x[n c i] [-i + o + k = 0] w[d c k] -> n d o | n=2 c=3 d=5 i=4 o=4 k=1", "x[n c i] w[d c ()] -> n d i | n=2 c=3 d=5 i=4"},
    {"a dense convolution (patches) is a matrix product",
     "x[n c i] [-i + 4*o + k = 0] w[d c k] -> n d o | n=2 c=3 d=5 i=12 o=3 k=4",
     "x[n c (o k)] w[d c k] -> n d o | n=2 c=3 d=5 o=3 k=4"},
    {"an ordinary convolution stays",
     "x[n c i] [-i + o + k = 1] w[d c k] -> n d o | n=2 c=3 d=5 i=4 o=4 k=3",
     "x[n c i] w[d c k] [-i + o + k = 1] -> n d o | n=2 c=3 d=5 i=4 o=4 k=3"},
    {"the diagonal of a Gram matrix passes through both patterns",
     "x[n i] x[n j] [-i + o + k = 1] [-j + o + k = 1] -> k | n=2 i=4 j=4 o=4 k=3",
     "x[n i] x[n i] [-i + o + k = 1] -> k | n=2 i=4 o=4 k=3"},
    {"narrowing, striding and flipping in a row become one equation",
     "x[a] [-a + b = -2] [-b + 2*c = -1] [c + d = 3] -> d | a=12 b=9 c=4 d=4", "x[a] [a + 2*d = 9] -> d | a=12 d=4"},
    {"flattening there and back is nothing",
     "x[a b] [-i + 3*a + b = 0] [-i + 3*c + d = 0] -> c d | a=2 b=3 i=6 c=2 d=3", "x[a b] -> a b | a=2 b=3"},
};

TEST(Simplify, ReachesTheExpectedForm) {
  for (const WholeCase& example : kWholeCases) {
    const Network network = network_of(example.before);
    verify(network);
    EXPECT_EQ(to_text(simplify(network).network), to_text(network_of(example.after))) << example.what;
  }
}

}  // namespace
}  // namespace einfold::rules
