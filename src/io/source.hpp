// SPDX-License-Identifier: MIT
//
// Reading: a regular file, and bytes in sequence whose number is known beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace einfold::io {

/// A regular file, opened once. Its size is taken once; a file that gets shorter meanwhile is an error.
/// Throws E0501 (cannot be opened or read), E0502 (not a regular file), E0503 (has become shorter).
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }  ///< for messages: quoted
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void read_at(std::uint64_t offset, void* target, std::size_t count) const;
  [[nodiscard]] std::string text_at(std::uint64_t offset, std::size_t count) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Bytes in sequence.
class Source {
 public:
  Source(std::string name, std::uint64_t size) : name_(std::move(name)), remaining_(size) {}
  virtual ~Source() = default;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t remaining() const noexcept { return remaining_; }
  /// The next `count` <= remaining() bytes.
  void read(void* target, std::size_t count);

 private:
  virtual void next(void* target, std::size_t count) = 0;

  std::string name_;
  std::uint64_t remaining_;
};

/// A part of a file, as it is.
class RangeSource : public Source {
 public:
  RangeSource(const InputFile& file, std::string name, std::uint64_t offset, std::uint64_t size)
      : Source(std::move(name), size), file_(file), offset_(offset) {}

 private:
  void next(void* target, std::size_t count) override;

  const InputFile& file_;
  std::uint64_t offset_;
};

}  // namespace einfold::io
