// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/fail.hpp"

#include <algorithm>
#include <array>

namespace einfold::cli {
namespace {

constexpr std::array<Command, 8> kCommands = {{
    {"einsum", kEinsum, "EQUATION OPERAND.. [OPTION..]", "the value of an equation",
     R"(Computes the equation over its operands, one per term. Axes may be affine: '2*o+k-1' reads the operand at position
2 o + k - 1, and nothing outside of it. '(c k)' is one axis of the two indices, row-major; '...' stands for the
other axes. The result is printed, or written to the file of -o. A plan that 'einfold path --save' wrote takes the place
of the equation: einfold einsum --plan plan.json a.npy b.npy.)",
     R"(einfold einsum 'ij,jk->ik' a.npy b.npy
einfold einsum 'n c 2*o1+k1-1 2*o2+k2-1, d c k1 k2 -> n d o1 o2' x.npy w.npy -o y.npy
einfold einsum 'n c i, k o i -> n c k o' data.npz:signal pattern:I=9,K=3,S=2 --json
einfold einsum 'i -> (i r)' v.npy --size r=2)",
     run_einsum},
    {"conv", kConv, "OPERATION OPERANDS.. [OPTION..] -o FILE", "a convolution, or a quantity derived from it",
     R"(Each operand is an option of its own, as --x x.npy. Shapes, with B examples, C channels, G groups, V vectors, and any
number of spatial extents I (input), K (kernel), O (output). A list such as --stride 2,1 has one value per spatial
dimension; a single value holds for all of them.)",
     R"(einfold conv forward --x x.npy --weight w.npy --stride 2 --padding 1 -o y.npy
einfold conv kfac-reduce --x x.npy --kernel 3 --padding 1 -o factors.npz
einfold conv weight-vjp --x x.npy --v v.npy --kernel 3,3 --padding same -o dw.safetensors
einfold conv transpose-forward --x v.npy --weight w.npy --padding 1 -o z.npy)",
     run_conv},
    {"rearrange", kRearrange, "PATTERN OPERAND [OPTION..]", "reorder, split and merge axes, as einops does",
     R"(Both sides of the pattern have the same indices. Extents that a group hides are given with --size.)",
     R"(einfold rearrange 'n c h w -> n (h w) c' x.npy -o rows.npy
einfold rearrange '(r q) -> q r' v.npy --size q=2)",
     run_rearrange},
    {"reduce", kReduce, "PATTERN OPERAND [--op NAME] [OPTION..]", "sum, mean, max, min or product over axes, as einops does",
     R"(Indices that the right side lacks are reduced by --op: sum (unless given), mean, max, min or prod.)",
     R"(einfold reduce 'n c h w -> c' x.npy --op mean
einfold reduce 'n c (h 2) (w 2) -> n c h w' x.npy --op max -o pooled.npy)",
     run_reduce},
    {"repeat", kRepeat, "PATTERN OPERAND [OPTION..]", "repeat along new axes, as einops does",
     R"(Indices that only the right side has are new; --size gives their extents.)",
     R"(einfold repeat 'i -> i copies' v.npy --size copies=3)",
     run_repeat},
    {"explain", kExplain, "einsum|conv .. [--shape NAME=EXTENT,..] [OPTION..]", "how it would be computed",
     R"(Takes the arguments of the command that follows. --shape stands in place of an operand, by the name of its flag, for
einsum by its number from 0. Prints the network, the rules that simplified it, the order of contraction, the kernel and
the predicted time of each step, and the workspace. Nothing is computed, unless --run asks for measured times too.)",
     R"(einfold explain einsum 'ij,jk,kl->il' --shape 0=10,1000 --shape 1=1000,10 --shape 2=10,1000
einfold explain conv kfac-reduce --shape x=32,128,64,64 --kernel 7 --padding 3 --groups 128)",
     run_explain},
    {"path", kPath, "EQUATION [OPERAND..] [OPTION..]", "the order of contraction and its cost",
     R"(Finds the order in which the operands of an equation are contracted, and tells what it costs. Operands are files, or
shapes (--shape, by number from 0), or follow from extents (--size); nothing is computed, unless --run asks for measured
times. A path lists the tensors of each step: by their positions in the list of those that are left, to which a step
appends its result; or (ssa) by numbers that stay, the results counting on. Patterns are not counted. Counts are of
multiplications; where there are patterns, of the points that are visited.

Searches: auto, auto-hq, exact, greedy, random-greedy, random-greedy-128, elimination, partition, and the names that
opt_einsum and cotengra have for theirs. EQUATION is @FILE for a long one, or - for standard input.)",
     R"(einfold path 'ij,jk,kl->il' --size i=10 --size j=1000 --size k=10 --size l=1000
einfold path 'ij,jk,kl->il' --shape 0=10,20 --shape 1=20,30 --shape 2=30,5 --optimize '[(1,2),(0,1)]' --json
einfold path 'n c o+k-1, d c k, n e o -> e d' --shape 0=4,8,32 --shape 1=8,8,3 --size e=5 --size o=32 --run)",
     run_path},
    {"bench", kBench, "einsum|conv .. [--shape NAME=EXTENT,..] [OPTION..]", "time it on random data and check the result",
     R"(Takes the arguments of explain, or a table of layers (--layers and --operation). First come the machine's ceilings,
measured in the same run: multiply-adds per second, bytes per second read from memory, copied, and written past the
cache. Then the median time; the arithmetic of the formula per second, also as a share of the ceiling (above 100 % where
work is saved), and what was executed; bytes per second; the workspace, and the peak of resident memory beyond operands
and result. Entries of the result are compared with the reference. --json has the same with names that stay.)",
     R"(einfold bench einsum 'ij,jk->ik' --shape 0=256,256 --shape 1=256,256 --dtype float64
einfold bench conv forward --shape x=8,16,32,32 --shape weight=16,16,3,3 --padding 1 --threads 1 --json)",
     run_bench},
}};

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

const Command& command_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command;
    names.emplace_back(command.name);
  }
  usage_error("E0801", "unknown command ", printable(name), did_you_mean(name, names));
}

void require_positional(const Call& call, std::size_t count, bool more, std::string_view what) {
  const std::size_t given = call.positional.size();
  if (given < count) usage_error("E0806", "needs ", what, given == 0 ? "" : ": one is missing");
  if (given > count && !more) usage_error("E0806", "takes ", what, ": ", printable(call.positional[count]), " is too much");
}

}  // namespace einfold::cli
