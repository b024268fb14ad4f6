// SPDX-License-Identifier: MIT
#include "cpu/run.hpp"

#include "base/fail.hpp"
#include "cpu/generic.hpp"
#include "cpu/windowed_sum.hpp"

namespace einfold::cpu {

/// Picks the first candidate of a list that takes the step.
struct Choice {
  static std::shared_ptr<const Kernel> finish(std::shared_ptr<Kernel> kernel, std::vector<Declined> declined,
                                              const Options& options) {
    if (kernel->workspace_bytes() > options.workspace_limit_bytes) {
      fail(ErrorKind::kMemory, "E0601", "kernel '", kernel->name(), "' needs a workspace of ",
           kernel->workspace_bytes(), " bytes, but only ", options.workspace_limit_bytes,
           " are allowed; allow that many, or fewer threads");
    }
    kernel->declined_ = std::move(declined);
    return kernel;
  }
};

std::shared_ptr<const Kernel> prepare(const plan::Contraction& step, DType dtype, const Options& options) {
  return Choice::finish(make_generic(step, dtype, options), {}, options);
}

std::shared_ptr<const Kernel> prepare(const plan::WindowedSum& step, DType dtype, const Options& options) {
  return Choice::finish(make_windowed_sum(step, dtype, options), {}, options);
}

}  // namespace einfold::cpu
