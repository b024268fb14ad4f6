// SPDX-License-Identifier: MIT
#include "cli/options.hpp"

#include <array>

namespace einfold::cli {
namespace {

constexpr std::array kOptions = {
    Option{"--size", "NAME=EXTENT", "extent of an index or of a named affine axis; @FILE has many, between white space",
           kEinsum | kEinops | kPath, true},
    Option{"--pad", "NAME=LEFT:RIGHT", "how far an affine axis may leave its operand where extents are inferred",
           kEinsum | kPath, true},
    Option{"--op", "NAME", "sum (unless given), mean, max, min or prod", kReduce},

    Option{"--x", "OPERAND", "input [B, C_in, I..]; of transpose-forward [B, C_out, O..]", kConv},
    Option{"--weight", "OPERAND", "[C_out, C_in/G, K..]", kConv},
    Option{"--bias", "OPERAND", "[C_out]; of transpose-forward [C_in]", kConv},
    Option{"--v", "OPERAND", "one vector in output space [B, C_out, O..]", kConv},
    Option{"--s", "OPERAND", "several of them [V, B, C_out, O..]", kConv},
    Option{"--u", "OPERAND", "kernel space [(V,) C_out, C_in/G, K..]", kConv},
    Option{"--z", "OPERAND", "input space [(V,) B, C_in, I..]", kConv},
    Option{"--h", "OPERAND", "a diagonal in output space [B, C_out, O..]", kConv},
    Option{"--cols", "OPERAND", "an unfolded input [B, C_in K, O]", kConv},
    Option{"--qa", "OPERAND", "eigenvectors in columns [G, C_in/G K, C_in/G K]", kConv},
    Option{"--qb", "OPERAND", "eigenvectors in columns [G, C_out/G, C_out/G]", kConv},
    Option{"--t", "OPERAND", "what a factor is multiplied with [G, C_in/G K]", kConv},
    Option{"--hessian", "OPERAND", "the output's Hessian [C_out O, C_out O]", kConv},
    Option{"--kernel", "K,..", "kernel extents, unless --weight or --u tells", kConv},
    Option{"--input", "I,..", "input extents, unless --x or --z tells", kConv},
    Option{"--stride", "S,..", "stride, 1 unless given", kConv},
    Option{"--padding", "P,..|L:R,..|same|valid", "zero padding, 0 unless given", kConv},
    Option{"--dilation", "D,..", "dilation, 1 unless given", kConv},
    Option{"--groups", "G", "groups of channels, 1 unless given", kConv},
    Option{"--in-channels", "N", "input channels, where no operand tells", kConv},
    Option{"--out-channels", "N", "output channels, where no operand tells", kConv},
    Option{"--output-padding", "N,..", "of transposed operations, instead of --input", kConv},
    Option{"--scale", "X", "the factor in front of the pure sum, instead of the usual one", kConv},
    Option{"--group-mode", "keep|average", "one Kronecker factor per group, or averaged over groups first", kConv},
    Option{"--homogeneous", "", "append a row of ones to the unfolded input of a Kronecker factor", kConv},
    Option{"--subsampling", "N,..", "use these examples of x only; v and s have as many", kConv},

    Option{"--shape", "NAME=EXTENT,..", "a shape in place of an operand: its flag, for equations its number from 0",
           kExplain | kPath | kBench, true},
    Option{"--dtype", "NAME", "the type of operands that are not files: float32 unless given, float64, complex64, ..",
           kExplain | kPath | kBench},
    Option{"--run", "", "run it as well, and measure each step: operands that are not files are random", kExplain | kPath},

    Option{"--optimize", "NAME|PATH|FILE", "a search for the order, auto unless given; or a path: '[(0,1),(0,1)]', p.json, @FILE",
           kOrdered},
    Option{"--minimize", "flops|size|write|combo", "what the order makes small; unless given, what the kernels may take", kOrdered},
    Option{"--max-seconds", "T", "the search starts nothing new after this long", kOrdered},
    Option{"--seed", "N", "another seed, another search where there is chance in it; 0 unless given", kOrdered},
    Option{"--save", "FILE", "the plan as JSON, for einsum --plan", kExplain | kPath},
    Option{"--plan", "FILE", "a plan that was saved, in place of EQUATION and of all that decides the order", kEinsum},

    Option{"--repeat", "N", "runs to take the median of: unless given, at least 7 and for 0.2 seconds", kBench},
    Option{"--layers", "CSV", "a table of layers, each for the operation of --operation", kBench},
    Option{"--operation", "NAME", "of conv, for --layers", kBench},

    Option{"--output", "FILE", "where the result goes: .npy, .npz or .safetensors, under the key 'result' (short: -o)"},
    Option{"--notation", "auto|compact|named", "how the equation is spelled: ij,jk->ik or row c, c col -> row col"},
    Option{"--threads", "N", "threads to use, 1 to 1024; unless given, all processors the process may use"},
    Option{"--memory-limit", "SIZE", "most memory beside operands and result: 512MiB, 2GB (B, kB, MB, GB, TB, KiB, ..)"},
    Option{"--json", "", "one JSON object on standard output instead of text"},
    Option{"--help", "", "this text, or that of a command (short: -h)"},
    Option{"--version", "", "the version"},
};

constexpr std::array<std::string_view, 13> kConvOperands = {"x", "weight", "bias", "v",  "s", "u",      "z",
                                                            "h", "cols",   "qa",   "qb", "t", "hessian"};

}  // namespace

std::span<const Option> all_options() { return kOptions; }
std::span<const std::string_view> conv_operands() { return kConvOperands; }

}  // namespace einfold::cli
