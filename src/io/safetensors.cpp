// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "base/text.hpp"
#include "einfold/io.hpp"
#include "einfold/text.hpp"
#include "io/bytes.hpp"
#include "io/elements.hpp"
#include "io/formats.hpp"
#include "io/memory_errors.hpp"
#include "io/output.hpp"
#include "io/safetensors_header.hpp"

#include <algorithm>

namespace einfold {
namespace io {
namespace {

constexpr std::uint64_t kMostHeaderBytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t kLengthBytes = 8;

/// The header of an open file, and where the data start.
struct Opened {
  std::vector<SafetensorsEntry> entries;
  std::uint64_t data_offset = 0;
};

Opened open_safetensors(const InputFile& file) {
  if (file.size() < kLengthBytes) {
    fail(ErrorKind::kFile, "E0530", file.name(), " is not a safetensors file: it has ", file.size(), " bytes");
  }
  const std::uint64_t length = number_at(file.text_at(0, kLengthBytes).data(), kLengthBytes);
  const std::uint64_t rest = file.size() - kLengthBytes;
  if (length > rest || length > kMostHeaderBytes) {
    fail(ErrorKind::kFile, "E0530", file.name(), " is not a sound safetensors file: a header of ", length,
         " bytes, where ", rest, " follow and at most ", kMostHeaderBytes, " are read");
  }
  const std::string text = file.text_at(kLengthBytes, length);
  return {parse_safetensors_header(text, rest - length, file.name()), kLengthBytes + length};
}

Tensor read_entry(const InputFile& file, const Opened& opened, const SafetensorsEntry& entry) {
  const std::string where = cat(file.name(), ", tensor ", printable(entry.name), ",");
  const auto dtype = dtype_of_safetensors(entry.type);
  if (!dtype) {
    fail(ErrorKind::kFile, "E0531", where, " has elements of type ", entry.type,
         ", which is not supported; save it as I32, I64, F32 or BF16");
  }
  RangeSource source(file, where, opened.data_offset + entry.begin, entry.end - entry.begin);
  return read_elements(source, {.dtype = *dtype, .shape = entry.shape}, "E0532");
}

SafetensorsType type_to_write(const NamedTensor& named) {
  const auto type = safetensors_type_of(named.tensor.dtype());
  if (!type) {
    fail(ErrorKind::kArgument, "E0703", "safetensors have no ", name_of(named.tensor.dtype()), ", which tensor ",
         printable(named.name), " has; save it as npz, or convert it to complex64");
  }
  if (!is_utf8(named.name) || named.name == "__metadata__") {
    fail(ErrorKind::kArgument, "E0704", "safetensors cannot have a tensor named ", printable(named.name));
  }
  return *type;
}

class SafetensorsWriter : public Writer {
 public:
  explicit SafetensorsWriter(std::span<const NamedTensor> tensors) {
    struct Typed {
      SafetensorsType type;
      const NamedTensor* named;
    };
    std::vector<Typed> order;
    for (const NamedTensor& named : tensors) order.push_back({type_to_write(named), &named});
    // The widest first, so that all are aligned; then by name, as the reference implementation does.
    std::sort(order.begin(), order.end(), [](const Typed& a, const Typed& b) {
      return a.type.rank != b.type.rank ? a.type.rank > b.type.rank : a.named->name < b.named->name;
    });
    std::uint64_t place = 0;
    for (const auto& [type, named] : order) {
      const Tensor& tensor = named->tensor;
      const std::uint64_t bytes = static_cast<std::uint64_t>(tensor.size()) * size_bytes(tensor.dtype());
      entries_.push_back({named->name, std::string(type.name), tensor.shape(), place, place + bytes});
      tensors_.push_back(tensor);
      place += bytes;
    }
  }

  void write(OutputFile& output) const override {
    const std::string header = safetensors_header(entries_);
    std::string length;
    append_number(length, header.size(), kLengthBytes);
    output.write(length);
    output.write(header);
    for (const Tensor& tensor : tensors_) output.write(bytes_of(elements_to_write(tensor)));
  }

 private:
  std::vector<SafetensorsEntry> entries_;
  std::vector<Tensor> tensors_;
};

}  // namespace

std::unique_ptr<Writer> safetensors_writer(std::span<const NamedTensor> tensors) {
  check_names_differ(tensors);
  return std::make_unique<SafetensorsWriter>(tensors);
}

}  // namespace io

std::vector<NamedTensor> read_safetensors(const std::string& path) {
  return io::with_memory_errors([&] {
    const io::InputFile file(path);
    const io::Opened opened = io::open_safetensors(file);
    std::vector<NamedTensor> tensors;
    for (const auto& entry : opened.entries) tensors.push_back({entry.name, io::read_entry(file, opened, entry)});
    return tensors;
  });
}

Tensor read_safetensors(const std::string& path, std::string_view key) {
  return io::with_memory_errors([&] {
    const io::InputFile file(path);
    const io::Opened opened = io::open_safetensors(file);
    std::vector<std::string> names;
    for (const auto& entry : opened.entries) {
      if (entry.name == key) return io::read_entry(file, opened, entry);
      names.push_back(entry.name);
    }
    io::no_such_key(file.name(), key, names);
  });
}

}  // namespace einfold
