// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "base/text.hpp"
#include "einfold/text.hpp"
#include "io/formats.hpp"
#include "io/memory_errors.hpp"
#include "io/npy.hpp"
#include "io/npy_header.hpp"
#include "io/zip.hpp"

namespace einfold {
namespace io {
namespace {

constexpr std::string_view kEnding = ".npy";

struct NpzMember {
  std::string key;
  ZipMember member;
};

std::vector<NpzMember> read_npz_directory(const InputFile& file) {
  std::vector<NpzMember> members;
  for (ZipMember& member : read_zip_directory(file)) {
    if (!member.name.ends_with(kEnding)) {
      fail(ErrorKind::kFile, "E0523", file.name(), " has a member ", printable(member.name),
           ", which is not an npy file; an npz has no others");
    }
    members.push_back({member.name.substr(0, member.name.size() - kEnding.size()), std::move(member)});
  }
  return members;
}

Tensor read_member(const InputFile& file, const ZipMember& member) {
  return read_npy_from(*open_zip_member(file, member));
}

class NpzWriter : public Writer {
 public:
  NpzWriter(std::span<const NamedTensor> tensors, Compression compression)
      : tensors_(tensors.begin(), tensors.end()), compression_(compression) {
    if (tensors.size() > kMostMembers) {
      fail(ErrorKind::kArgument, "E0704", "an npz has at most ", kMostMembers, " members, not ", tensors.size());
    }
    for (const NamedTensor& named : tensors) {
      if (named.name.size() + kEnding.size() > kMax16 || named.name.find('\0') != std::string::npos ||
          !is_utf8(named.name)) {
        fail(ErrorKind::kArgument, "E0704", "an npz cannot have a member named ", printable(named.name));
      }
      preambles_.push_back(npy_preamble(named.tensor.dtype(), named.tensor.shape()));
    }
  }

  void write(OutputFile& output) const override {
    ZipWriter zip(output, compression_);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const Tensor elements = elements_to_write(tensors_[i].tensor);
      zip.add(tensors_[i].name + std::string(kEnding), preambles_[i], bytes_of(elements));
    }
    zip.finish();
  }

 private:
  std::vector<NamedTensor> tensors_;
  std::vector<std::string> preambles_;
  Compression compression_;
};

}  // namespace

std::unique_ptr<Writer> npz_writer(std::span<const NamedTensor> tensors, Compression compression) {
  check_names_differ(tensors);
  return std::make_unique<NpzWriter>(tensors, compression);
}

}  // namespace io

std::vector<NamedTensor> read_npz(const std::string& path) {
  return io::with_memory_errors([&] {
    const io::InputFile file(path);
    std::vector<NamedTensor> tensors;
    for (const auto& [key, member] : io::read_npz_directory(file)) {
      tensors.push_back({key, io::read_member(file, member)});
    }
    return tensors;
  });
}

Tensor read_npz(const std::string& path, std::string_view key) {
  return io::with_memory_errors([&] {
    const io::InputFile file(path);
    std::vector<std::string> names;
    for (const auto& [name, member] : io::read_npz_directory(file)) {
      if (name == key) return io::read_member(file, member);
      names.push_back(name);
    }
    io::no_such_key(file.name(), key, names);
  });
}

}  // namespace einfold
