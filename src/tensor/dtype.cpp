// SPDX-License-Identifier: MIT
#include "einfold/dtype.hpp"

#include "base/fail.hpp"

#include <array>

namespace einfold {
namespace {

struct Traits {
  std::string_view name;
  std::size_t bytes;
};

// In the order of DType.
constexpr std::array<Traits, 9> kTraits = {{
    {"bool", 1}, {"int32", 4}, {"int64", 8}, {"float16", 2}, {"bfloat16", 2},
    {"float32", 4}, {"float64", 8}, {"complex64", 8}, {"complex128", 16},
}};

constexpr DType b = DType::kBool, i4 = DType::kInt32, i8 = DType::kInt64, f2 = DType::kFloat16,
                bf = DType::kBFloat16, f4 = DType::kFloat32, f8 = DType::kFloat64, c8 = DType::kComplex64,
                c16 = DType::kComplex128;

// numpy.result_type; the row and column of bfloat16 are ours.
constexpr std::array<std::array<DType, 9>, 9> kPromotion = {{
    //b    i4   i8   f2   bf   f4   f8   c8   c16
    {b, i4, i8, f2, bf, f4, f8, c8, c16},          // bool
    {i4, i4, i8, f8, f8, f8, f8, c16, c16},        // int32
    {i8, i8, i8, f8, f8, f8, f8, c16, c16},        // int64
    {f2, f8, f8, f2, f4, f4, f8, c8, c16},         // float16
    {bf, f8, f8, f4, bf, f4, f8, c8, c16},         // bfloat16
    {f4, f8, f8, f4, f4, f4, f8, c8, c16},         // float32
    {f8, f8, f8, f8, f8, f8, f8, c16, c16},        // float64
    {c8, c16, c16, c8, c8, c8, c16, c8, c16},      // complex64
    {c16, c16, c16, c16, c16, c16, c16, c16, c16}  // complex128
}};

constexpr std::size_t number(DType dtype) { return static_cast<std::size_t>(dtype); }

}  // namespace

std::size_t size_bytes(DType dtype) noexcept { return kTraits[number(dtype)].bytes; }

std::string_view name_of(DType dtype) noexcept { return kTraits[number(dtype)].name; }

DType dtype_of_name(std::string_view name) {
  for (std::size_t i = 0; i < kTraits.size(); ++i) {
    if (kTraits[i].name == name) return static_cast<DType>(i);
  }
  std::string known;
  for (const Traits& traits : kTraits) known += (known.empty() ? "" : ", ") + std::string(traits.name);
  fail(ErrorKind::kArgument, "E0402", "unknown element type '", name, "'; there are ", known);
}

bool is_integer(DType dtype) noexcept { return number(dtype) <= number(DType::kInt64); }

bool is_complex(DType dtype) noexcept { return number(dtype) >= number(DType::kComplex64); }

DType promote(DType first, DType second) noexcept { return kPromotion[number(first)][number(second)]; }

DType sum_type(DType dtype) noexcept { return dtype == DType::kBool ? DType::kInt64 : dtype; }

}  // namespace einfold
