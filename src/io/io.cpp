// SPDX-License-Identifier: MIT
#include "einfold/io.hpp"

#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/formats.hpp"
#include "io/memory_errors.hpp"
#include "io/npy.hpp"
#include "io/npy_header.hpp"
#include "io/output.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace einfold {
namespace io {
namespace {

enum class Format { kNpy, kNpz, kSafetensors };

struct Ending {
  std::string_view text;
  Format format;
};

constexpr std::array<Ending, 3> kEndings = {{
    {".npy", Format::kNpy}, {".npz", Format::kNpz}, {".safetensors", Format::kSafetensors}}};

[[noreturn]] void unknown_ending(std::string_view path) {
  fail(ErrorKind::kUsage, "E0821", printable(path), " does not end in .npy, .npz or .safetensors");
}

Format format_of(std::string_view path) {
  for (const Ending& ending : kEndings) {
    if (path.ends_with(ending.text)) return ending.format;
  }
  unknown_ending(path);
}

/// What is there and would be written in place (/dev/stdout, a pipe) needs no ending: it gets npy.
Format format_of_output(const std::string& path) {
  const auto ends_in = [&](const Ending& ending) { return path.ends_with(ending.text); };
  if (std::any_of(kEndings.begin(), kEndings.end(), ends_in)) return format_of(path);
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) unknown_ending(path);
  if (std::filesystem::is_regular_file(status) && !find_target(path).in_place) unknown_ending(path);
  return Format::kNpy;
}

/// An operand as the user writes it, PATH or PATH:KEY.
struct Place {
  std::string path;
  std::string_view key;
  bool has_key = false;
};

Place split(std::string_view operand) {
  std::size_t colon = std::string_view::npos;
  for (const Ending& ending : kEndings) {
    const std::size_t at = operand.find(std::string(ending.text) + ':');
    if (at != std::string_view::npos) colon = std::min(colon, at + ending.text.size());
  }
  if (colon == std::string_view::npos) return {std::string(operand), {}, false};
  return {std::string(operand.substr(0, colon)), operand.substr(colon + 1), true};
}

class NpyWriter : public Writer {
 public:
  explicit NpyWriter(const Tensor& tensor)
      : tensor_(tensor), preamble_(npy_preamble(tensor.dtype(), tensor.shape())) {}

  void write(OutputFile& output) const override {
    output.write(preamble_);
    output.write(bytes_of(elements_to_write(tensor_)));
  }

 private:
  Tensor tensor_;
  std::string preamble_;
};

}  // namespace

std::unique_ptr<Writer> npy_writer(std::span<const NamedTensor> tensors) {
  if (tensors.size() != 1) {
    fail(ErrorKind::kArgument, "E0704", "an npy file has one tensor, not ", tensors.size(),
         "; save several as npz or safetensors");
  }
  return std::make_unique<NpyWriter>(tensors.front().tensor);
}

void check_names_differ(std::span<const NamedTensor> tensors) {
  std::set<std::string_view> names;
  for (const NamedTensor& named : tensors) {
    if (!names.insert(named.name).second) {
      fail(ErrorKind::kArgument, "E0704", "two tensors are named ", printable(named.name));
    }
  }
}

void no_such_key(const std::string& file, std::string_view key, const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string known;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) known += (i == 0 ? "" : ", ") + printable(names[i]);
  if (names.size() > most) known += cat(" and ", names.size() - most, " more");
  fail(ErrorKind::kFile, "E0540", file, " has no ", printable(key), "; it has ", known.empty() ? "nothing" : known);
}

}  // namespace io

Tensor read_npy(const std::string& path) {
  return io::with_memory_errors([&] {
    const io::InputFile file(path);
    io::RangeSource source(file, file.name(), 0, file.size());
    return io::read_npy_from(source);
  });
}

Tensor load(std::string_view operand) {
  const io::Place place = io::split(operand);
  const io::Format format = io::format_of(place.path);
  if (format == io::Format::kNpy) {
    if (!place.has_key) return read_npy(place.path);
    fail(ErrorKind::kUsage, "E0822", printable(place.path), " holds one array, without a key; drop ",
         printable(cat(':', place.key)));
  }
  if (!place.has_key) {
    fail(ErrorKind::kUsage, "E0822", printable(place.path), " may hold several arrays; write ", printable(place.path + ":KEY"));
  }
  return format == io::Format::kNpz ? read_npz(place.path, place.key) : read_safetensors(place.path, place.key);
}

void save(const std::string& path, std::span<const NamedTensor> tensors, Compression compression) {
  io::with_memory_errors([&] {
    const io::Format format = io::format_of_output(path);
    const auto writer = format == io::Format::kNpy   ? io::npy_writer(tensors)
                        : format == io::Format::kNpz ? io::npz_writer(tensors, compression)
                                                     : io::safetensors_writer(tensors);
    io::OutputFile output(path);
    writer->write(output);
    output.commit();
  });
}

void check_output(const std::string& path) {
  io::with_memory_errors([&] {
    static_cast<void>(io::format_of_output(path));
    static_cast<void>(io::find_target(path));
  });
}

void save(const std::string& path, const Tensor& tensor) {
  const NamedTensor named{"result", tensor};
  save(path, std::span(&named, 1));
}

}  // namespace einfold
