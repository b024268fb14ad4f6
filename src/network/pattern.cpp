// SPDX-License-Identifier: MIT
#include "einfold/pattern.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

namespace einfold {
namespace {

void require(std::int64_t value, std::int64_t least, const char* name) {
  if (value >= least) return;
  fail(ErrorKind::kArgument, "E0301", "index pattern: ", name, " must be at least ", least, ", not ", value);
}

}  // namespace

std::int64_t IndexPattern::output_extent() const {
  require(input, 0, "input extent");
  require(kernel, 1, "kernel extent");
  require(stride, 1, "stride");
  require(dilation, 1, "dilation");
  require(padding_left, 0, "left padding");
  require(padding_right, 0, "right padding");
  auto padded = checked::add(input, padding_left);
  if (padded) padded = checked::add(*padded, padding_right);
  if (!padded) {
    fail(ErrorKind::kArgument, "E0303", "index pattern: input ", input, " with padding ", padding_left,
         " and ", padding_right, " does not fit in 64 bits");
  }
  const auto span = checked::multiply_add(1, dilation, kernel - 1);
  if (!span) {
    fail(ErrorKind::kArgument, "E0303", "index pattern: kernel ", kernel, " with dilation ", dilation,
         " does not fit in 64 bits");
  }
  if (*padded < *span) {
    fail(ErrorKind::kArgument, "E0302", "index pattern: the kernel spans ", *span, " positions (dilation ",
         dilation, " x (kernel ", kernel, " - 1) + 1), but the padded input has ", *padded, " (", input,
         " + ", padding_left, " + ", padding_right, ")");
  }
  return 1 + (*padded - *span) / stride;
}

}  // namespace einfold
