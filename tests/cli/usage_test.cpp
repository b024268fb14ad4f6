// SPDX-License-Identifier: MIT
//
// What cannot be read as a command: exit code 2, before anything is computed.
#include "cli/program.hpp"

namespace einfold::test {
namespace {

using Usage = Program;

TEST_F(Usage, ASuggestionFollowsWhatIsMisspelt) {
  fails(2, "needs a command", {});
  fails(2, "unknown command ''", {""});
  fails(2, "unknown command 'einsun' (did you mean 'einsum'?)", {"einsun"});
  fails(2, "unknown option '--tread' (did you mean '--threads'?)", {"einsum", "ij->", "m23.npy", "--tread", "2"});
  fails(2, "unknown operation 'kfac-reduced' (did you mean 'kfac-reduce'?)", words("conv kfac-reduced -o a.npy"));
  fails(2, "Try 'einfold conv --help'", words("conv"));
  fails(2, "unknown option '-x=-1'", {"-x=-1"});
}

TEST_F(Usage, OptionsThatNeedAValueSaySo) {
  fails(2, "--threads needs a value", words("einsum ij-> m23.npy --threads"));
  fails(2, "--x needs a value", words("conv kfc --x --kernel 3 -o a.npy"));
  fails(2, "--json takes no value", words("einsum ij-> m23.npy --json=yes"));
}

TEST_F(Usage, OptionsAreGivenOnce) {
  fails(2, "--json is given twice", words("--json einsum ij-> m23.npy --json"));
  fails(2, "--threads is given twice", words("--threads 1 einsum ij-> m23.npy --threads 1"));
  fails(2, "--output is given twice", words("einsum ij-> m23.npy -o a.npy --output=b.npy"));
  fails(2, "--stride is given twice", words("conv unfold --x x.npy --kernel 3 --stride 1 --stride 1 -o a.npy"));
  fails(2, "--size gives 'r' twice", words("repeat i_j->i_j m23.npy --size r=2 --size r=2"));
  fails(2, "--pad gives 'r' twice", words("einsum ij-> m23.npy --pad r=1:2 --pad r=2:2"));
}

TEST_F(Usage, OptionsBelongToTheirCommands) {
  fails(2, "--stride does not belong to einsum", words("einsum ij-> m23.npy --stride 1"));
  fails(2, "--op does not belong to rearrange", {"rearrange", "i j -> j i", "m23.npy", "--op", "sum"});
  fails(2, "--shape does not belong to conv", words("conv kfc --shape x=1,1,3 --kernel 1 -o a.npy"));
  fails(2, "--size does not belong to explain conv", words("explain conv kfc --shape x=1,1,3 --kernel 1 --size a=1"));
}

TEST_F(Usage, GlobalOptionsStandAnywhere) {
  const std::string expected = ok(words("einsum ij->i m23.npy"));
  EXPECT_EQ(expected, "int64 [2]\n[ 6 15]\n");
  EXPECT_EQ(ok(words("--threads 2 einsum --notation compact ij->i --memory-limit 1GiB m23.npy")), expected);
  EXPECT_EQ(ok(words("--notation=auto einsum ij->i m23.npy --threads=1")), expected);
  EXPECT_EQ(ok(words("--json --threads 1 einsum ij->i m23.npy")).substr(0, 27), R"({"shape":[2],"dtype":"int64)");
}

TEST_F(Usage, TwoDashesEndTheOptions) {
  EXPECT_EQ(ok(words("einsum -- -> scalar.npy")), "float64 []\n2.5\n");
  EXPECT_EQ(ok(words("--threads 1 -- einsum ij->i m23.npy")), "int64 [2]\n[ 6 15]\n");
  // The axis is read backwards: positions -i + 2 for i = 0, 1, 2.
  EXPECT_EQ(ok({"einsum", "--size", "i=3", "--", "-i+2 j -> i j", "m33.npy"}), "int64 [3, 3]\n[[7 8 9]\n [4 5 6]\n [1 2 3]]\n");
  fails(2, "goes behind '--'", words("einsum -> scalar.npy"));
  fails(2, "'--json' does not end in", words("einsum -- ij->i --json"));
}

TEST_F(Usage, OperandsAreMissingOrTooMany) {
  fails(2, "needs an EQUATION", words("einsum"));
  fails(2, "one is missing", {"einsum", ""});
  fails(2, "2 terms, but 1 operand", words("einsum ij,jk->ik m23.npy"));
  fails(2, "1 term, but 2 operands", words("einsum ij->i m23.npy m23.npy"));
  fails(2, "'m23.npy' is too much", {"rearrange", "i j -> j i", "m23.npy", "m23.npy"});
  fails(2, "forward needs operand 'weight'", words("conv forward --x x.npy -o a.npy"));
  fails(2, "kfc does not take operand 'weight'", words("conv kfc --x x.npy --weight w.npy --kernel 3 -o a.npy"));
  fails(2, "takes only one of 'v' or 's'", words("conv grad-factor-expand --v v.npy --s v.npy -o a.npy"));
  fails(2, "'x.npy' is too much", words("conv unfold x.npy --kernel 3 -o a.npy"));
}

TEST_F(Usage, WhatAnOperationNeedsIsAnOption) {
  fails(2, "needs a file for the result: -o", words("conv unfold --x x.npy --kernel 3"));
  fails(2, "unfold needs the kernel's extents", words("conv unfold --x x.npy -o a.npy"));
  fails(2, "unfolded-kernel needs the input's extents", words("conv unfolded-kernel --weight w.npy -o a.npy"));
  fails(2, "number of output channels", words("conv weight-jacobian --x x.npy --kernel 3 -o a.npy"));
}

TEST_F(Usage, FilesAreNamedByEndingAndKey) {
  fails(2, "does not end in .npy", words("einsum i-> a.txt"));
  fails(2, "does not end in .npy", {"einsum", "i->", ""});
  fails(2, "does not end in .npy", words("einsum ij-> m23.npy -o out.csv"));
  fails(2, "write 'a.npz:KEY'", words("einsum i-> a.npz"));
  fails(2, "without a key", words("einsum ij-> m23.npy:x"));
}

TEST_F(Usage, NumbersAreIntegersOf64Bits) {
  for (const char* bad : {"", "x", "1e3", "1.5", " 2", "2 ", "0x10", "+1", "true", "1,,2", ",", "2;2"}) {
    fails(2, "--stride: ", {"conv", "unfold", "--x", "x.npy", "--kernel", "3", "--stride", bad, "-o", "a.npy"});
    fails(2, "--groups: ", {"conv", "unfold", "--x", "x.npy", "--kernel", "3", "--groups", bad, "-o", "a.npy"});
    fails(2, "--size: ", {"einsum", "ij->ijr", "m23.npy", "--size", std::string("r=") + bad});
  }
  for (const char* bad : {"9223372036854775808", "18446744073709551616", "-9223372036854775809"}) {
    fails(2, "does not fit in 64 bits", {"conv", "unfold", "--x", "x.npy", "--kernel", bad, "-o", "a.npy"});
    fails(2, "does not fit in 64 bits", {"einsum", "ij->ijr", "m23.npy", "--size", std::string("r=") + bad});
  }
  for (const char* bad : {"", "x", "1.5.2", "nan", "inf", "1e999", "1,5"}) {
    fails(2, "--scale: ", {"conv", "kfc", "--x", "x.npy", "--kernel", "3", "--scale", bad, "-o", "a.npy"});
  }
}

TEST_F(Usage, NamesAndChoices) {
  fails(2, "is not NAME=VALUE", words("einsum ij-> m23.npy --size 3"));
  fails(2, "is not NAME=VALUE", words("einsum ij-> m23.npy --size =3"));
  fails(2, "is not LEFT:RIGHT", words("einsum ij-> m23.npy --pad i=3"));
  fails(2, "is none of auto, compact and named", words("einsum ij-> m23.npy --notation latin"));
  fails(2, "is neither keep nor average", words("conv kfc --x x.npy --kernel 3 --group-mode drop -o a.npy"));
  fails(2, "is none of sum, mean", {"reduce", "i j -> i", "m23.npy", "--op", "median"});
  fails(2, "--padding: 'SAME'", words("conv unfold --x x.npy --kernel 3 --padding SAME -o a.npy"));
  fails(2, "--padding: 'full'", words("conv unfold --x x.npy --kernel 3 --padding full -o a.npy"));
  fails(2, "is not LEFT:RIGHT", words("conv unfold --x x.npy --kernel 3 --padding 0:1:2 -o a.npy"));
}

TEST_F(Usage, Patterns) {
  const auto pattern = [](const std::string& text) { return Line{"einsum", "k o i -> k", text}; };
  fails(2, "lacks I", pattern("pattern:K=3"));
  fails(2, "lacks K", pattern("pattern:I=3"));
  fails(2, "is not NAME=VALUE", pattern("pattern:"));
  fails(2, "twice", pattern("pattern:I=3,K=1,I=4"));
  fails(2, "unknown letter", pattern("pattern:I=3,K=1,Q=4"));
  fails(2, "is not an integer", pattern("pattern:I=3,K=x"));
  fails(2, "is not an integer", pattern("pattern:I=3,K=1,P=1:"));
  fails(2, "only einsum takes patterns", words("conv unfold --x pattern:I=3,K=1 --kernel 1 -o a.npy"));
  EXPECT_EQ(ok(pattern("pattern:I=7,K=3,S=2,P=1:2,D=2")), "int64 [3]\n[2 3 2]\n");
}

TEST_F(Usage, Threads) {
  for (const char* bad : {"0", "-1", "1e3", "999999", "4x", "", "1025", "9223372036854775808"}) {
    fails(2, "--threads: ", {"einsum", "ij->i", "m23.npy", "--threads", bad});
  }
}

TEST_F(Usage, MemoryLimit) {
  const auto with = [](const char* limit) { return Line{"einsum", "ij->i", "m23.npy", "--memory-limit", limit}; };
  for (const char* good : {"100000000", "100000000B", "4GB", "4GiB", "512MiB", "100000kB", "1TiB", "7EiB", "1mib"}) ok(with(good));
  for (const char* bad : {"", "-1", "1e99", "1.5GiB", "GiB", "4G", "4 GiB", "4XB", "nan"}) {
    fails(2, "is not a size of memory", with(bad));
  }
  for (const char* bad : {"8EiB", "99999999999999999999", "10EB", "9999999999TiB"}) {
    fails(2, "does not fit in 64 bits", with(bad));
  }
}

TEST_F(Usage, HelpAndVersionWinOverMistakes) {
  EXPECT_TRUE(ok(words("--bogus --help")).starts_with("einfold: "));
  EXPECT_TRUE(ok(words("conv --threads x -h")).starts_with("einfold conv: "));
  EXPECT_EQ(ok({"einsum", "--version"}), "einfold 0.1.0\n");
  EXPECT_EQ(ok({"--version", "--json"}), "{\"version\":\"0.1.0\"}\n");
  fails(2, "unknown command 'frob'", words("frob --help"));
}

}  // namespace
}  // namespace einfold::test
