// SPDX-License-Identifier: MIT
//
// Element types of tensors and NumPy's promotion between them.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace einfold {

/// Element type. float16 and bfloat16 are stored only: arithmetic on them is done in float32.
enum class DType : std::uint8_t {
  kBool,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
};

/// IEEE binary16, stored as its bits.
struct Float16 {
  std::uint16_t bits = 0;
};

/// The upper half of an IEEE binary32, stored as its bits.
struct BFloat16 {
  std::uint16_t bits = 0;
};

[[nodiscard]] std::size_t size_bytes(DType dtype) noexcept;

/// NumPy's name: "bool", "int32", .., "complex128"; "bfloat16".
[[nodiscard]] std::string_view name_of(DType dtype) noexcept;

/// The type whose `name_of` is `name`. Throws E0402 (unknown name).
[[nodiscard]] DType dtype_of_name(std::string_view name);

[[nodiscard]] bool is_integer(DType dtype) noexcept;  ///< bool, int32, int64
[[nodiscard]] bool is_complex(DType dtype) noexcept;

/// The smallest type that holds both, by NumPy's rules (int32 with float32 is float64). bfloat16, which NumPy lacks,
/// promotes like float16; float16 with bfloat16 is float32.
[[nodiscard]] DType promote(DType a, DType b) noexcept;

/// The type of a sum of products of elements of type `dtype`: bool counts in int64, all others stay.
[[nodiscard]] DType sum_type(DType dtype) noexcept;

template <class T>
struct DTypeOf;
template <> struct DTypeOf<bool> { static constexpr DType value = DType::kBool; };
template <> struct DTypeOf<std::int32_t> { static constexpr DType value = DType::kInt32; };
template <> struct DTypeOf<std::int64_t> { static constexpr DType value = DType::kInt64; };
template <> struct DTypeOf<Float16> { static constexpr DType value = DType::kFloat16; };
template <> struct DTypeOf<BFloat16> { static constexpr DType value = DType::kBFloat16; };
template <> struct DTypeOf<float> { static constexpr DType value = DType::kFloat32; };
template <> struct DTypeOf<double> { static constexpr DType value = DType::kFloat64; };
template <> struct DTypeOf<std::complex<float>> { static constexpr DType value = DType::kComplex64; };
template <> struct DTypeOf<std::complex<double>> { static constexpr DType value = DType::kComplex128; };

/// The DType of a C++ element type: `dtype_of<float>`.
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace einfold
