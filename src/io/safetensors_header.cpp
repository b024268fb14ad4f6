// SPDX-License-Identifier: MIT
#include "io/safetensors_header.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/elements.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace einfold::io {
namespace {

constexpr std::size_t kMostTensors = 100'000;

struct Type {
  std::string_view name;
  std::uint64_t bits;
  std::optional<DType> dtype;
};

// In the order of the reference implementation: by width.
constexpr std::array<Type, 20> kTypes = {{
    {"BOOL", 8, DType::kBool}, {"F4", 4, {}}, {"F6_E2M3", 6, {}}, {"F6_E3M2", 6, {}}, {"U8", 8, {}}, {"I8", 8, {}},
    {"F8_E5M2", 8, {}}, {"F8_E4M3", 8, {}}, {"F8_E8M0", 8, {}}, {"I16", 16, {}}, {"U16", 16, {}},
    {"F16", 16, DType::kFloat16}, {"BF16", 16, DType::kBFloat16}, {"I32", 32, DType::kInt32}, {"U32", 32, {}},
    {"F32", 32, DType::kFloat32}, {"C64", 64, DType::kComplex64}, {"F64", 64, DType::kFloat64},
    {"I64", 64, DType::kInt64}, {"U64", 64, {}},
}};

const Type* find_type(std::string_view name) noexcept {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& type) { return type.name == name; });
  return found == kTypes.end() ? nullptr : found;
}

/// Follows the events of nlohmann's parser, which is not recursive, through the only form that is allowed:
///
///     {"__metadata__": {"..": "..", ..}, "NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..}
class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(const std::string& where) : where_(where) {}

  std::vector<SafetensorsEntry> entries;

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) place_ = Place::kFile;
    else if (place_ == Place::kFile && key_ == "__metadata__") place_ = Place::kMetadata;
    else if (place_ == Place::kFile) place_ = Place::kTensor;
    else wrong("an object");
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      if (!has_type_ || !has_shape_ || !has_offsets_) {
        malformed(cat("tensor ", printable(entries.back().name), " needs dtype, shape and data_offsets"));
      }
    }
    if (place_ == Place::kMetadata) metadata_names_.clear();
    place_ = place_ == Place::kFile ? Place::kOutside : Place::kFile;
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (place_ == Place::kFile) {
      if (!names_.insert(name).second) malformed(cat("the name ", printable(name), " occurs twice"));
      if (name == "__metadata__") return true;
      if (entries.size() == kMostTensors) malformed(cat("it has more than ", kMostTensors, " tensors"));
      entries.push_back({.name = name});
      has_type_ = has_shape_ = has_offsets_ = false;
    } else if (place_ == Place::kMetadata) {
      if (!metadata_names_.insert(name).second) malformed(cat("the metadata ", printable(name), " occur twice"));
    } else {
      bool* seen = name == "dtype" ? &has_type_ : name == "shape" ? &has_shape_
                 : name == "data_offsets" ? &has_offsets_ : nullptr;
      if (seen == nullptr || *seen) {
        malformed(cat("the key ", printable(name), " of tensor ", printable(entries.back().name),
                      " is unknown or occurs twice"));
      }
      *seen = true;
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kTensor || key_ != "dtype") wrong("a string");
    entries.back().type = value;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::kTensor && key_ == "shape") place_ = Place::kShape;
    else if (place_ == Place::kTensor && key_ == "data_offsets") place_ = Place::kOffsets;
    else wrong("a list");
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_ != 2) wrong("a list of another length than 2");
    place_ = Place::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      if (value > static_cast<std::uint64_t>(INT64_MAX)) wrong("an extent beyond 63 bits");
      entries.back().shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::kOffsets && offsets_ < 2) {
      (offsets_++ == 0 ? entries.back().begin : entries.back().end) = value;
    } else {
      wrong("a number");
    }
    return true;
  }

  bool null() override { return wrong("null"); }
  bool boolean(bool) override { return wrong("a boolean"); }
  bool number_integer(number_integer_t) override { return wrong("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return wrong("a number that is no integer of 64 bits");
  }
  bool binary(binary_t&) override { return wrong("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    malformed(cat("its header is not JSON, at byte ", position));
  }

 private:
  enum class Place { kOutside, kFile, kMetadata, kTensor, kShape, kOffsets };

  [[noreturn]] void malformed(const std::string& what) const {
    fail(ErrorKind::kFile, "E0530", where_, " is not a sound safetensors file: ", what);
  }
  [[noreturn]] bool wrong(std::string_view what) const {
    malformed(cat(what, " where the format has none", key_.empty() ? "" : ", under the key ",
                  key_.empty() ? "" : printable(key_)));
  }

  const std::string& where_;
  Place place_ = Place::kOutside;
  std::string key_;
  std::set<std::string> names_;
  std::set<std::string> metadata_names_;
  bool has_type_ = false, has_shape_ = false, has_offsets_ = false;
  int offsets_ = 0;
};

void check_size(const SafetensorsEntry& entry, const std::string& where) {
  const std::string tensor = cat(where, ", tensor ", printable(entry.name), ",");
  const Type* type = find_type(entry.type);
  if (type == nullptr) fail(ErrorKind::kFile, "E0530", tensor, " has the unknown type ", printable(entry.type));
  // At most 2^59 elements of 64 bits: no overflow once divided by 8.
  const auto count = static_cast<std::uint64_t>(element_count_in(tensor, entry.shape, "E0532"));
  const std::uint64_t bytes = type->bits % 8 == 0 ? count * (type->bits / 8) : (count * type->bits + 7) / 8;
  if (entry.begin > entry.end || entry.end - entry.begin != bytes) {
    fail(ErrorKind::kFile, "E0532", tensor, " needs ", bytes, " bytes, but its offsets are ", entry.begin, " and ",
         entry.end);
  }
}

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view text, std::uint64_t data_bytes,
                                                       const std::string& where) {
  // The parser takes a zero byte for the end of the text.
  if (!text.starts_with('{') || text.find('\0') != std::string_view::npos) {
    fail(ErrorKind::kFile, "E0530", where, " is not a safetensors file: its header is not a JSON object");
  }
  Handler handler(where);
  nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : handler.entries) {
    check_size(entry, where);
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t place = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin != place) {
      fail(ErrorKind::kFile, "E0532", where, ", tensor ", printable(entry->name), ", starts at byte ", entry->begin,
           " of the data, but the one before ends at ", place);
    }
    place = entry->end;
  }
  if (place != data_bytes) {
    fail(ErrorKind::kFile, "E0532", where, " has ", data_bytes, " bytes of data instead of ", place,
         place > data_bytes ? ": it is cut off" : ": there is something behind the last tensor");
  }
  return std::move(handler.entries);
}

std::string safetensors_header(const std::vector<SafetensorsEntry>& entries) {
  std::string header = "{";
  for (const SafetensorsEntry& entry : entries) {
    std::string shape;
    for (const std::int64_t extent : entry.shape) shape += cat(shape.empty() ? "" : ",", extent);
    header += cat(header.size() == 1 ? "" : ",", nlohmann::json(entry.name).dump(), ":{\"dtype\":\"", entry.type,
                  "\",\"shape\":[", shape, "],\"data_offsets\":[", entry.begin, ",", entry.end, "]}");
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');  // the data are aligned
  return header;
}

std::optional<DType> dtype_of_safetensors(std::string_view type) noexcept {
  const Type* found = find_type(type);
  return found == nullptr ? std::nullopt : found->dtype;
}

std::optional<SafetensorsType> safetensors_type_of(DType dtype) noexcept {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].dtype == dtype) return SafetensorsType{kTypes[i].name, i};
  }
  return std::nullopt;
}

}  // namespace einfold::io
