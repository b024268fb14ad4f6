// SPDX-License-Identifier: MIT
//
// Choosing a kernel for one step and running it. Knows nothing of networks and trees.
#pragma once

#include "base/thread_pool.hpp"
#include "cpu/isa.hpp"
#include "cpu/load.hpp"
#include "einfold/dtype.hpp"
#include "plan/contraction.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace einfold::cpu {

/// Addresses of the elements at position (0, .., 0). An absent operand is null.
struct Buffers {
  const void* a = nullptr;
  const void* b = nullptr;
  void* c = nullptr;
};

struct Options {
  int threads = 1;  ///< at most this many threads will run the kernel
  std::int64_t workspace_limit_bytes = std::numeric_limits<std::int64_t>::max();
  bool least_workspace = false;  ///< the kernels that need least, the limit is not asked
  Isa isa = chosen_isa();  ///< a supported one
  /// Results of more bytes are written past the caches where that helps, and parts of a step that is run part by part have at most so
  /// many; negative: half the last cache, and what suits the step.
  std::int64_t stream_bytes = -1;
};

/// A candidate that was not taken, and why.
struct Declined {
  std::string name, reason;
};

/// A step made ready to run: all choices made, no data. Immutable; may run on several threads at once.
class Kernel {
 public:
  virtual ~Kernel() = default;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The candidates before this one in the list.
  [[nodiscard]] const std::vector<Declined>& declined() const noexcept { return declined_; }
  /// What `run` needs beside the tensors.
  [[nodiscard]] std::int64_t workspace_bytes() const noexcept { return workspace_bytes_; }
  /// Arithmetic of one run: 2 per product that is added, 1 per element of a plain sum, 0 for what is only moved; points in
  /// the padding count as well. A kernel that gets by with less says so.
  [[nodiscard]] double flops() const noexcept { return flops_; }
  /// Of the parts of one run, which follow each other.
  [[nodiscard]] const std::vector<Load>& loads() const noexcept { return loads_; }

  /// Requires workspace.size() >= workspace_bytes(), aligned to kWorkspaceAlignment bytes; C overlaps neither
  /// operand; executor.threads() <= the threads it was prepared for. Bits of C do not depend on the number of
  /// threads.
  virtual void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const = 0;

 protected:
  std::string name_;
  std::int64_t workspace_bytes_ = 0;
  double flops_ = 0;
  std::vector<Load> loads_;

 private:
  friend struct Choice;
  std::vector<Declined> declined_;
};

inline constexpr std::size_t kWorkspaceAlignment = 64;

/// dtype: int32, int64, float32, float64, complex64 or complex128, of A, B and C alike. Integers wrap.
/// A candidate that needs more workspace than the limit is passed over; the last one for contractions needs
/// none. Throws E0601 if a windowed sum does not stay within the limit.
[[nodiscard]] std::shared_ptr<const Kernel> prepare(const plan::Contraction& step, DType dtype,
                                                    const Options& options = {});
[[nodiscard]] std::shared_ptr<const Kernel> prepare(const plan::WindowedSum& step, DType dtype,
                                                    const Options& options = {});

}  // namespace einfold::cpu
