// SPDX-License-Identifier: MIT
#include "cli/print_values.hpp"

#include "einfold/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <complex>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::cli {
namespace {

constexpr std::int64_t kMostElements = 1000;
constexpr std::int64_t kEdge = 3;
constexpr std::int64_t kGap = -1;  // in place of a position: "..."

enum class Style { kText, kJson };

template <class Real>
std::string real_text(Real value, Style style) {
  if (!std::isfinite(value)) {
    const std::string name = std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    return style == Style::kJson ? '"' + name + '"' : name;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  std::string text(digits.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <class Real>
std::string complex_text(std::complex<Real> value, Style style) {
  const std::string real = real_text(value.real(), style), imaginary = real_text(value.imag(), style);
  if (style == Style::kJson) return "[" + real + "," + imaginary + "]";
  return real + (imaginary[0] == '-' ? "" : "+") + imaginary + "j";
}

/// Element `i` of a row-major tensor.
std::string element_text(const Tensor& tensor, std::int64_t i, Style style) {
  switch (tensor.dtype()) {
    case DType::kBool: {
      const bool value = static_cast<const unsigned char*>(tensor.data())[i] != 0;  // any byte is allowed
      return style == Style::kJson ? (value ? "true" : "false") : (value ? "True" : "False");
    }
    case DType::kInt32: return std::to_string(tensor.data_as<std::int32_t>()[i]);
    case DType::kInt64: return std::to_string(tensor.data_as<std::int64_t>()[i]);
    case DType::kFloat32: return real_text(tensor.data_as<float>()[i], style);
    case DType::kFloat64: return real_text(tensor.data_as<double>()[i], style);
    case DType::kComplex64: return complex_text(tensor.data_as<std::complex<float>>()[i], style);
    case DType::kComplex128: return complex_text(tensor.data_as<std::complex<double>>()[i], style);
    case DType::kFloat16:
    case DType::kBFloat16: break;  // printed as float32, see printable_tensor
  }
  throw InternalError("a 16-bit element to print");
}

/// Row-major, of a type with a text.
Tensor printable_tensor(const Tensor& tensor) {
  const bool half = tensor.dtype() == DType::kFloat16 || tensor.dtype() == DType::kBFloat16;
  return (half ? tensor.to(DType::kFloat32) : tensor).contiguous();
}

/// The positions of an axis that are shown.
std::vector<std::int64_t> shown_positions(std::int64_t extent, bool abbreviated) {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < extent; ++i) {
    if (abbreviated && extent > 2 * kEdge && i == kEdge) {
      positions.push_back(kGap);
      i = extent - kEdge;
    }
    positions.push_back(i);
  }
  return positions;
}

/// The elements at all combinations of shown positions, in brackets. `element` makes the text of one, `write` prints.
template <class Write, class Element>
void print_nested(const Write& write, const Shape& shape, const std::vector<std::vector<std::int64_t>>& shown,
                  Style style, const Element& element) {
  const std::size_t rank = shape.size();
  const bool json = style == Style::kJson;
  const auto strides = row_major_strides(shape);
  std::vector<std::size_t> at(rank, 0);
  const auto position = [&](std::size_t axis) { return shown[axis][at[axis]]; };

  write(std::string(rank, '['));
  for (;;) {
    std::int64_t row = 0;
    for (std::size_t axis = 0; axis + 1 < rank; ++axis) row += position(axis) * strides[axis];
    const char* separator = "";
    for (const std::int64_t i : shown.back()) {
      write(separator);
      write(i == kGap ? std::string("...") : element(row + i));
      separator = json ? "," : " ";
    }
    write("]");
    // The next row: the innermost axis that has a position left moves on; those within start again.
    std::size_t axis = rank - 1;
    for (;;) {
      if (axis == 0) return;
      --axis;
      bool moved = ++at[axis] < shown[axis].size();
      if (moved && position(axis) == kGap) {
        write("\n" + std::string(axis + 1, ' ') + "...");
        ++at[axis];
      }
      if (moved) break;
      at[axis] = 0;
      write("]");
    }
    const std::size_t opened = rank - 1 - axis;
    write(json ? "," : std::string(opened, '\n') + std::string(axis + 1, ' '));
    write(std::string(opened, '['));
  }
}

std::vector<std::vector<std::int64_t>> all_shown(const Shape& shape, bool abbreviated) {
  std::vector<std::vector<std::int64_t>> shown;
  for (const std::int64_t extent : shape) shown.push_back(shown_positions(extent, abbreviated));
  return shown;
}

/// Number of elements shown.
double count_of(const std::vector<std::vector<std::int64_t>>& shown) {
  double count = 1;
  for (const auto& positions : shown) count *= static_cast<double>(positions.size());
  return count;
}

/// Shortest texts, all of one width.
void print_aligned(StandardOutput& out, const Tensor& tensor, const Shape& shape, bool abbreviated) {
  const auto shown = all_shown(shape, abbreviated);
  std::size_t width = 0;
  const auto discard = [](std::string_view) {};
  print_nested(discard, shape, shown, Style::kText, [&](std::int64_t i) {
    const std::string text = element_text(tensor, i, Style::kText);
    width = std::max(width, text.size());
    return text;
  });
  const auto write = [&](std::string_view text) { out.write(text); };
  print_nested(write, shape, shown, Style::kText, [&](std::int64_t i) {
    std::string text = element_text(tensor, i, Style::kText);
    return std::string(width - text.size(), ' ') + text;
  });
}

}  // namespace

void print_values(StandardOutput& out, const Tensor& given) {
  if (given.size() == 0) return out.write("[]\n");
  const Tensor tensor = printable_tensor(given);
  if (tensor.rank() == 0) return out.write(element_text(tensor, 0, Style::kText) + "\n");
  const bool abbreviated = tensor.size() > kMostElements;
  // Many short axes cannot be cut: then all elements are one row.
  const bool flat = abbreviated && count_of(all_shown(tensor.shape(), true)) > kMostElements;
  if (flat) out.write("in row-major order ");
  print_aligned(out, tensor, flat ? Shape{tensor.size()} : tensor.shape(), abbreviated);
  out.write("\n");
}

void print_json_values(StandardOutput& out, const Tensor& given) {
  if (given.size() == 0) return out.write("[]");
  const Tensor tensor = printable_tensor(given);
  if (tensor.rank() == 0) return out.write(element_text(tensor, 0, Style::kJson));
  const auto write = [&](std::string_view text) { out.write(text); };
  print_nested(write, tensor.shape(), all_shown(tensor.shape(), false), Style::kJson,
               [&](std::int64_t i) { return element_text(tensor, i, Style::kJson); });
}

}  // namespace einfold::cli
