// SPDX-License-Identifier: MIT
//
// Files for tests: a folder that vanishes, whole files as strings, and tensors of random elements.
#pragma once

#include "einfold/error.hpp"
#include "einfold/tensor.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace einfold::test {

/// A new folder, removed with all its files at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "einfold-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for temporary files");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Elements of any bits: NaNs, infinities and subnormals among them. bool elements are 0 or 1.
inline Tensor random_tensor(DType dtype, Shape shape, unsigned seed) {
  const Tensor tensor(dtype, std::move(shape));
  auto* byte = static_cast<unsigned char*>(tensor.mutable_data());
  std::uint64_t state = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.size()) * size_bytes(dtype); ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte[i] = static_cast<unsigned char>(state >> 56U);
    if (dtype == DType::kBool) byte[i] &= 1U;
  }
  return tensor;
}

/// The elements' bytes in row-major order.
inline std::string bytes(const Tensor& tensor) {
  const Tensor dense = tensor.contiguous();
  return {static_cast<const char*>(dense.data()), static_cast<std::size_t>(dense.size()) * size_bytes(dense.dtype())};
}

inline void expect_equal(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.dtype(), b.dtype());
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_EQ(bytes(a), bytes(b));
}

/// The error of `action`; nullopt if there is none. Any other exception is the test's failure.
template <class Action>
std::optional<Error> error_of(Action action) {
  try {
    static_cast<void>(action());
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

template <class Action>
void expect_error(Action action, ErrorKind kind, const std::string& code, const std::string& part = "") {
  const auto error = error_of(action);
  ASSERT_TRUE(error.has_value()) << "no error, instead of " << code << " " << part;
  EXPECT_EQ(error->kind(), kind) << error->what();
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_NE(std::string(error->what()).find(part), std::string::npos) << error->what() << "\n  has no  " << part;
}

}  // namespace einfold::test
