// SPDX-License-Identifier: MIT
//
// Awkward and bad equations, shapes and sizes: a promised value, or exit code 4 with the place marked.
#include "cli/program.hpp"

namespace einfold::test {
namespace {

class Equation : public Program {
 protected:
  void bad(const std::string& part, const std::string& equation, const Line& operands = {"m23.npy"},
           const Line& options = {}) const {
    fails(4, part, Line{"einsum"} + options + Line{"--", equation} + operands);
  }

  /// The printed values, without the line of type and shape.
  [[nodiscard]] std::string values(const std::string& equation, const Line& operands = {"m23.npy"},
                                   const Line& options = {}) const {
    const std::string text = ok(Line{"einsum"} + options + Line{"--", equation} + operands);
    return text.substr(text.find('\n') + 1);
  }
};

TEST_F(Equation, OfAScalarIsTheIdentity) {
  EXPECT_EQ(values("", {"scalar.npy"}), "2.5\n");
  EXPECT_EQ(values("->", {"scalar.npy"}), "2.5\n");
}

TEST_F(Equation, WithoutArrowIsOrderedAsInNumPy) {
  EXPECT_EQ(values("ij,jk", {"m23.npy", "m34.npy"}), "[[ 38  44  50  56]\n [ 83  98 113 128]]\n");
  EXPECT_EQ(values("ba"), "[[1 4]\n [2 5]\n [3 6]]\n");
  bad("arrow", "row col, col k", {"m23.npy", "m34.npy"});
}

TEST_F(Equation, WithBrokenArrowsIsMarked) {
  for (const char* equation : {"ij->->ij", "ij-ij", "ij>-ij", "ij-", "ij->i,j", "->->"}) bad("^", equation);
}

TEST_F(Equation, MayReadAndWriteDiagonals) {
  EXPECT_EQ(values("ij->ii"), "[[ 6  0]\n [ 0 15]]\n");
  EXPECT_EQ(values("ii->i", {"m33.npy"}), "[1 5 9]\n");
  EXPECT_EQ(values("ii->", {"m33.npy"}), "15\n");
  EXPECT_EQ(values("ij,ii->j", {"m33.npy", "m33.npy"}), "[ 84  99 114]\n");
  bad("extent", "ii->i");
  bad("extent", "ii->i", {"m13.npy"});
}

TEST_F(Equation, NamesWhatDoesNotFit) {
  bad("'k'", "ij->ik");
  bad("2 axes", "ijk->i");
  bad("2 axes", "i->i");
  bad("extent 3", "ij,jk->ik", {"m23.npy", "m23.npy"});
  bad("extent 2", "ij,jk->ik", {"m23.npy", "m23.npy"});
  bad("extent", "ij,ij->ij", {"m23.npy", "m13.npy"});  // no silent broadcasting
  bad("'q'", "ij->ij", {"m23.npy"}, {"--size", "q=3"});
  bad("'q'", "ij->ij", {"m23.npy"}, {"--pad", "q=3:3"});
  bad("extent", "ij->ij", {"m23.npy"}, {"--size", "i=3"});
}

TEST_F(Equation, MayBeSpelledWithAnyWhiteSpaceAndAnyLetters) {
  EXPECT_EQ(values("i j ,\tj k\n->  k i", {"m23.npy", "m34.npy"}), "[[ 38  83]\n [ 44  98]\n [ 50 113]\n [ 56 128]]\n");
  EXPECT_EQ(values("αβ->βα"), "[[1 4]\n [2 5]\n [3 6]]\n");
  EXPECT_EQ(values("k1 k10 -> k10 k1"), "[[1 4]\n [2 5]\n [3 6]]\n");
  EXPECT_EQ(values("aA->Aa"), "[[1 4]\n [2 5]\n [3 6]]\n");
  bad("", "i\xff->i");
  bad("", "\xc0\xaf->");
  bad("", "i\x01j->i");
  bad("\\x1b", "i\x1b[31mj -> i");
  bad("", "i%s\"'<&>\n -> i");
}

TEST_F(Equation, TreatsEllipsesAlike) {
  EXPECT_EQ(values("...j->...j"), "[[1 2 3]\n [4 5 6]]\n");
  EXPECT_EQ(values("...,...->...", {"m23.npy", "m13.npy"}), "[[ 1  4  9]\n [ 4 10 18]]\n");
  for (const char* equation : {"i..->i", "....->", "......->......", "i...j...->ij"}) bad("^", equation);
  bad("...", "...j->j");
  bad("...", "ij->...ij");
  bad("", "...,...->...", {"m23.npy", "m33.npy"});
}

TEST_F(Equation, SplitsAndMergesGroups) {
  EXPECT_EQ(values("(a b) j -> (j a) b", {"m23.npy"}, {"--size", "b=2"}), "[[1 4]\n [2 5]\n [3 6]]\n");
  EXPECT_EQ(values("((a b) c) j -> a b c j", {"m13.npy"}, {"--size", "a=1", "--size", "b=1"}), "[[[[1 2 3]]]]\n");
  EXPECT_EQ(values("i j -> () i j 1", {"m13.npy"}), "[[[[1]\n   [2]\n   [3]]]]\n");
  for (const char* equation : {"((a b) c -> a", "(a b)) c -> a", "(a ... b) -> a", "( -> "}) bad("^", equation);
  bad("2 is not a multiple of 4", "(a b) j -> a", {"m23.npy"}, {"--size", "a=4"});
  bad("", "(a b) j -> a");
  bad("", "2 j -> j");
  bad("", "i j -> i j 7");
}

TEST_F(Equation, ReadsAffineAxes) {
  save("taps.npy", Tensor::from({3}, std::vector<std::int64_t>{100, 10, 1}));
  EXPECT_EQ(values("i k+o-1, k -> i o", {"m23.npy", "taps.npy"}), "[[ 12 123 230]\n [ 45 456 560]]\n");
  EXPECT_EQ(values("i j -> i p=2*j+1", {"m23.npy"}, {"--size", "p=7"}), "[[0 1 0 2 0 3 0]\n [0 4 0 5 0 6 0]]\n");
  EXPECT_EQ(values("i q=2*o+1 -> i o", {"m23.npy"}, {"--pad", "q=0:2"}), "[[2 0]\n [5 0]]\n");
  EXPECT_EQ(values("n i, k o i -> n o k", {"m13.npy", "pattern:I=3,K=2"}), "[[[1 2]\n  [2 3]]]\n");
}

TEST_F(Equation, OfManyOperandsAndAxes) {
  save("one.npy", Tensor::scalar(1.0));
  for (const std::size_t count : {33U, 65U, 1000U}) {
    Line operands(count, "one.npy");
    operands.back() = "scalar.npy";
    EXPECT_EQ(values(std::string(count - 1, ',') + "->", operands), "2.5\n");
  }
  std::string named;
  for (int i = 0; i < 65; ++i) named += "axis" + std::to_string(i) + " ";
  save("deep.npy", Tensor::scalar(7.0).reshape(Shape(65, 1)));
  EXPECT_EQ(values(named + "->", {"deep.npy"}), "7.0\n");
  EXPECT_EQ(values(named + "-> (" + named + ")", {"deep.npy"}), "[7.0]\n");
  bad("255", "ij->" + std::string(300, 'i'));
}

TEST_F(Equation, OfAHundredThousandCharactersIsAShortMessage) {
  bad("", std::string(100'000, 'i') + "->");
  bad("", std::string(100'000, '(') + "->");
  bad("", std::string(50'000, '(') + std::string(50'000, ')') + "->");
  fails(2, "operand", Line{"einsum", std::string(100'000, ','), "m23.npy"});
}

TEST_F(Equation, OfEmptyTensorsSumsNothing) {
  EXPECT_EQ(ok(words("einsum ij->j empty.npy")), "float64 [3]\n[0.0 0.0 0.0]\n");
  EXPECT_EQ(ok(words("einsum ij->i empty.npy")), "float64 [0]\n[]\n");
  EXPECT_EQ(ok(words("einsum ij->ijr empty.npy --size r=4611686018427387904")),
            "float64 [0, 3, 4611686018427387904]\n[]\n");
}

TEST_F(Equation, RefusesExtentsThatCannotBe) {
  bad("", "ij->ijr", {"m23.npy"}, {"--size", "r=-1"});
  const Line sizes = {"--size", "a=2147483648", "--size", "b=2147483648", "--size", "c=2147483648"};
  bad("", "->abc", {"scalar.npy"}, sizes);
  bad("", " -> (a b c)", {"scalar.npy"}, sizes);
  bad("", "9223372036854775807*o+9223372036854775807*k j -> o", {"m23.npy"}, {"--size", "o=9", "--size", "k=9"});
  bad("", "99999999999999999999*o j -> o");
  bad("", "o+k j -> o", {"m23.npy"}, {"--size", "k=4611686018427387904", "--size", "o=9223372036854775807"});
}

TEST_F(Equation, OfEinopsFollowsItsRules) {
  EXPECT_EQ(ok({"rearrange", "i j -> (j i)", "m23.npy"}), "int64 [6]\n[1 4 2 5 3 6]\n");
  EXPECT_EQ(ok({"reduce", "i j -> i", "m23.npy"}), "int64 [2]\n[ 6 15]\n");
  EXPECT_EQ(ok({"reduce", "i j -> i", "m23.npy", "--op", "mean"}), "float64 [2]\n[2.0 5.0]\n");
  EXPECT_EQ(ok({"reduce", "i j -> j", "m23.npy", "--op", "max"}), "int64 [3]\n[4 5 6]\n");
  EXPECT_EQ(ok({"reduce", "i j -> j", "m23.npy", "--op", "min"}), "int64 [3]\n[1 2 3]\n");
  EXPECT_EQ(ok({"reduce", "i j -> i", "m23.npy", "--op", "prod"}), "int64 [2]\n[  6 120]\n");
  EXPECT_EQ(ok({"repeat", "i j -> (i r) j", "m13.npy", "--size", "r=2"}), "int64 [2, 3]\n[[1 2 3]\n [1 2 3]]\n");
  EXPECT_EQ(ok({"rearrange", "i j -> j i", "m23.npy", "-o", "t.npz"}), "");
  EXPECT_EQ(read_npz(folder / "t.npz", "result").values<std::int64_t>(), (std::vector<std::int64_t>{1, 4, 2, 5, 3, 6}));
  fails(4, "", {"rearrange", "i j -> i", "m23.npy"});
  fails(4, "", {"reduce", "i j -> i k", "m23.npy"});
  fails(4, "", {"repeat", "i j -> i j r", "m23.npy"});
  fails(4, "", {"rearrange", "i j", "m23.npy"});
  fails(4, "", {"reduce", "i j -> j", "empty.npy", "--op", "max"});
}

}  // namespace
}  // namespace einfold::test
