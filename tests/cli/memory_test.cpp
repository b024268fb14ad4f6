// SPDX-License-Identifier: MIT
//
// More memory than there is, or than is allowed: exit code 5, before the machine suffers.
#include "cli/program.hpp"

#include <sys/resource.h>

namespace einfold::test {
namespace {

using Memory = Program;

TEST_F(Memory, ResultsThatDoNotFitAreRefused) {
  fails(5, "does not fit in memory", words("einsum ij->ijr m23.npy --size r=1099511627776"));
  fails(5, "does not fit in memory", words("einsum ij->ijr m23.npy --size r=1099511627776 -o out.npy"));
  fails(5, "does not fit in memory",
        words("conv unfold --x line.npy --kernel 3 --padding 1099511627776 -o out.npy"));
  fails(5, "does not fit in memory", {"repeat", "i j -> i j r", "m23.npy", "--size", "r=1099511627776"});
}

/// A chain of three matrices needs an intermediate one.
TEST_F(Memory, TheLimitIsKept_AndTheLeastNamed) {
  save("a.npy", normal({40, 50}, 1));
  save("b.npy", normal({50, 60}, 2));
  save("c.npy", normal({60, 30}, 3));
  const Line chain = words("einsum ij,jk,kl->il a.npy b.npy c.npy --memory-limit");
  const std::string unlimited = ok(chain + Line{"1GiB"});
  const Outcome refused = run(chain + Line{"0"});
  ASSERT_EQ(refused.code, 5) << refused.err;
  const std::size_t digits = refused.err.find_first_of("123456789", refused.err.find("needs"));
  ASSERT_NE(digits, std::string::npos) << refused.err;
  const long long least = std::atoll(refused.err.c_str() + digits);
  ASSERT_GT(least, 0);
  ok(chain + Line{std::to_string(least)});
  EXPECT_EQ(run(chain + Line{std::to_string(least - 1)}).code, 5);
}

/// A maximum takes a reordered copy of its operand: 6 numbers of 8 bytes.
TEST_F(Memory, TheLimitOfAReductionIsKept) {
  const Line maximum = words("reduce --op max --threads 1 --memory-limit");
  const Line of{"i j -> j", "m23.npy"};
  EXPECT_EQ(ok(maximum + Line{"48"} + of), "int64 [3]\n[4 5 6]\n");
  fails(5, "needs at least 48 bytes", maximum + Line{"47"} + of);
}

#if !defined(EINFOLD_SANITIZED)
TEST_F(Memory, AnAddressSpaceThatIsTooSmallIsAnError) {
  const auto limited = [](rlim_t bytes) {
    return [bytes] {
      const rlimit limit = {bytes, bytes};
      ::setrlimit(RLIMIT_AS, &limit);
    };
  };
  const Line large = words("einsum ij->ijr m23.npy --size r=50000000 -o out.npy");
  const Outcome outcome = run(large, limited(rlim_t{1} << 30));
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "out.npy"));
  EXPECT_EQ(run(words("einsum ij->i m23.npy --threads 1"), limited(rlim_t{1} << 28)).code, 0);
}
#endif

}  // namespace
}  // namespace einfold::test
