// SPDX-License-Identifier: MIT
#include "io/npy_header.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/bytes.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace einfold::io {
namespace {

struct Descr {
  std::string_view type;  // kind and size, without the byte order
  DType dtype;
};

constexpr std::array<Descr, 8> kDescrs = {{
    {"b1", DType::kBool}, {"i4", DType::kInt32}, {"i8", DType::kInt64}, {"f2", DType::kFloat16},
    {"f4", DType::kFloat32}, {"f8", DType::kFloat64}, {"c8", DType::kComplex64}, {"c16", DType::kComplex128},
}};

/// What to do about a type that tensors cannot have.
std::string_view cure_for(std::string_view type) {
  const char kind = type.empty() ? '\0' : type.front();
  if (type == "u8") return "if its values are below 2**63, save array.astype('int64')";
  if (type == "u4") return "save array.astype('int64')";
  if (kind == 'i' || kind == 'u') return "save array.astype('int32')";
  if (kind == 'f') return "save array.astype('float64')";
  if (kind == 'c') return "save array.astype('complex128')";
  if (kind == 'O') return "arrays of Python objects are never read, as that may run code";
  if (type == "V2") return "if it is bfloat16, save it as safetensors";
  return "save an array of numbers";
}

DType dtype_of_descr(std::string_view descr, std::string_view where, ArrayHeader& header) {
  const bool has_order = !descr.empty() && std::string_view("<>=|").find(descr.front()) != std::string_view::npos;
  const std::string_view type = descr.substr(has_order ? 1 : 0);
  for (const Descr& known : kDescrs) {
    // Only a type of one byte has no byte order.
    if (known.type != type || !has_order || (descr.front() == '|') != (type == "b1")) continue;
    header.byte_order = descr.front() == '>' ? std::endian::big
                        : descr.front() == '=' ? std::endian::native : std::endian::little;
    return known.dtype;
  }
  fail(ErrorKind::kFile, "E0512", where, " has elements of type ", printable(descr), ", which is not supported; ",
       cure_for(type));
}

/// Reads the header from left to right. There is no nesting but the one tuple, so nothing can be too deep.
class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  ArrayHeader header() {
    ArrayHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !std::exchange(descr, true)) {
        header.dtype = dtype_of_descr(descr_text(), where_, header);
      } else if (key == "fortran_order" && !std::exchange(order, true)) {
        header.fortran_order = boolean();
      } else if (key == "shape" && !std::exchange(shape, true)) {
        header.shape = tuple();
      } else {
        wrong(cat("the key ", printable(key), " is unknown or occurs twice"));
      }
      if (accept('}')) break;
      expect(',');
    }
    skip_spaces();
    if (at_ != text_.size()) wrong("there is something behind the dictionary");
    if (!descr || !order || !shape) wrong("'descr', 'fortran_order' and 'shape' are needed");
    return header;
  }

 private:
  [[noreturn]] void wrong(std::string_view what) const {
    fail(ErrorKind::kFile, "E0511", where_, " has a malformed npy header: ", what, ", at byte ", at_, " of ",
         printable(text_));
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }

  bool accept(char wanted) {
    skip_spaces();
    const bool found = at_ < text_.size() && text_[at_] == wanted;
    if (found) ++at_;
    return found;
  }

  void expect(char wanted) {
    if (!accept(wanted)) wrong(cat("expected '", wanted, "'"));
  }

  std::string_view string() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') wrong("expected a string");
    const std::size_t end = text_.find(quote, at_ + 1);
    const std::string_view result = text_.substr(at_ + 1, end == std::string_view::npos ? end : end - at_ - 1);
    if (end == std::string_view::npos || result.find_first_of("\\\n") != std::string_view::npos) {
      wrong("expected a string without escapes");
    }
    at_ = end + 1;
    return result;
  }

  /// A list describes a structured type.
  std::string_view descr_text() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[') {
      fail(ErrorKind::kFile, "E0512", where_, " has structured elements, ", printable(text_.substr(at_)),
           "; save one array per field");
    }
    return string();
  }

  bool boolean() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"False", false}, {"True", true}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    wrong("expected True or False");
  }

  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(extent());
      const bool comma = accept(',');
      if (accept(')')) {
        if (!comma && shape.size() == 1) wrong("a tuple of one extent is written (n,)");
        break;
      }
      if (!comma) wrong("expected ','");
    }
    static_cast<void>(element_count_in(where_, shape, "E0513"));
    return shape;
  }

  std::int64_t extent() {
    skip_spaces();
    const std::size_t start = at_;
    std::optional<std::int64_t> value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      value = checked::multiply_add(text_[at_] - '0', *value, 10);
      if (!value) wrong("an extent does not fit in 63 bits");
    }
    if (at_ == start) wrong("expected an extent, an integer that is not negative");
    if (text_[start] == '0' && at_ > start + 1) wrong("an extent starts with 0");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote a long
    return *value;
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t at_ = 0;
};

}  // namespace

ArrayHeader parse_npy_header(std::string_view text, std::string_view where) { return Parser(text, where).header(); }

std::string npy_preamble(DType dtype, const Shape& shape) {
  const auto known = std::find_if(kDescrs.begin(), kDescrs.end(), [&](const Descr& d) { return d.dtype == dtype; });
  if (known == kDescrs.end()) {
    fail(ErrorKind::kArgument, "E0703", "NumPy's formats have no ", name_of(dtype),
         "; save it as safetensors, or convert it to float32");
  }
  std::string extents;
  for (const std::int64_t extent : shape) extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
  std::string header = cat("{'descr': '", dtype == DType::kBool ? '|' : '<', known->type,
                           "', 'fortran_order': False, 'shape': (", extents, shape.size() == 1 ? "," : "", "), }");
  // Room for the first extent to grow to 21 digits in place; then the elements start at a multiple of 64.
  if (!shape.empty()) header.append(21 - std::to_string(shape.front()).size(), ' ');
  constexpr std::size_t alignment = 64;
  constexpr std::size_t before = 10;  // magic, version and the length of the header
  header.append(alignment - (before + header.size() + 1) % alignment, ' ');
  header += '\n';
  std::string result = "\x93NUMPY\x01";
  result += '\0';
  append_number(result, header.size(), 2);
  return result + header;
}

}  // namespace einfold::io
