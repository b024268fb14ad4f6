// SPDX-License-Identifier: MIT
//
// Tensors in files: NumPy's npy and npz, and safetensors. Files are untrusted: everything a file claims is checked
// against its size before memory is taken. Written files appear whole or not at all.
#pragma once

#include "einfold/tensor.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace einfold {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Every error in a file is an Error of kind kFile with a code E05xx; only regular files are read.
[[nodiscard]] Tensor read_npy(const std::string& path);

/// All members, in the file's order; a name is the member's without ".npy", and never a path.
[[nodiscard]] std::vector<NamedTensor> read_npz(const std::string& path);
[[nodiscard]] Tensor read_npz(const std::string& path, std::string_view key);

/// All tensors, in the order of the header.
[[nodiscard]] std::vector<NamedTensor> read_safetensors(const std::string& path);
[[nodiscard]] Tensor read_safetensors(const std::string& path, std::string_view key);

/// "a.npy", "a.npz:KEY" or "a.safetensors:KEY". The first file ending that a colon follows separates the two, so that a
/// KEY may have colons itself. Throws kUsage: E0821 (unknown ending), E0822 (no KEY, or one for an npy).
[[nodiscard]] Tensor load(std::string_view operand);

enum class Compression { kStored, kDeflated };

/// Writes the format that `path` ends in: .npy (one tensor, its name unused), .npz or .safetensors. bfloat16 goes into
/// safetensors only, complex128 into the others only. `compression` is for npz.
///
/// A regular file is replaced in one step, so that after an error, or a crash, the old one is still there; a symbolic
/// link to it stays. Anything else (a pipe, /dev/stdout) is written in place, as npy if it has none of these endings.
/// (Where only the folder's own synchronisation fails, the new file is there, and the error says so.)
/// Throws E0821, E0703 (a type that the format lacks), E0704 (number or names of tensors), kOutput: E0701, E0702.
void save(const std::string& path, std::span<const NamedTensor> tensors,
          Compression compression = Compression::kStored);
void save(const std::string& path, const Tensor& tensor);  ///< npy; in other formats the tensor is named "result"

/// Throws what `save` to this path would throw already, before there is a tensor: E0821, E0701, E0702. Writes nothing.
void check_output(const std::string& path);

}  // namespace einfold
