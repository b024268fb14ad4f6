// SPDX-License-Identifier: MIT
//
// What io.cpp needs of each format beyond the public functions.
#pragma once

#include "einfold/io.hpp"

#include <memory>
#include <span>

namespace einfold::io {

class OutputFile;

/// A file that is ready to be written: everything that depends on the tensors alone has been checked, and made.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(OutputFile& output) const = 0;
};

/// Throws E0703 (a type that the format lacks), E0704 (number or names of tensors).
[[nodiscard]] std::unique_ptr<Writer> npy_writer(std::span<const NamedTensor> tensors);
[[nodiscard]] std::unique_ptr<Writer> npz_writer(std::span<const NamedTensor> tensors, Compression compression);
[[nodiscard]] std::unique_ptr<Writer> safetensors_writer(std::span<const NamedTensor> tensors);

/// Throws E0704 if a name occurs twice.
void check_names_differ(std::span<const NamedTensor> tensors);

/// Throws E0540, listing the first few `names`.
[[noreturn]] void no_such_key(const std::string& file, std::string_view key, const std::vector<std::string>& names);

}  // namespace einfold::io
