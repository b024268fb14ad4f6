// SPDX-License-Identifier: MIT
//
// Shared by the tests of the network layer.
#pragma once

#include "einfold/error.hpp"
#include "einfold/reference.hpp"
#include "network/build.hpp"
#include "notation/parser.hpp"

#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace einfold::test {

inline Network built(std::string_view text, const std::vector<OperandSpec>& operands,
                     const BuildOptions& options = {}, Notation notation = Notation::kAuto) {
  return build(notation::parse(text, notation), operands, options);
}

/// Small random integers, so that sums are exact.
inline Tensor random_tensor(const Shape& shape, std::mt19937& random) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)));
  std::uniform_int_distribution<std::int64_t> draw(-9, 9);
  for (auto& value : values) value = draw(random);
  return Tensor::from(shape, values);
}

inline Tensor ones(const Shape& shape) {
  return Tensor::from(shape, std::vector<std::int64_t>(static_cast<std::size_t>(element_count(shape)), 1));
}

inline std::vector<Tensor> integer_operands(const Network& network, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Tensor> result;
  for (const Operand& operand : network.operands) result.push_back(random_tensor(operand.shape, random));
  return result;
}

inline std::vector<std::int64_t> value(const Network& network, unsigned seed) {
  return evaluate_reference(network, integer_operands(network, seed)).values<std::int64_t>();
}

/// The message of the error that `action` throws.
template <class Action>
std::string error_of(const Action& action) {
  try {
    (void)action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline std::string build_error(std::string_view text, const std::vector<OperandSpec>& operands,
                               const BuildOptions& options = {}) {
  return error_of([&] { return built(text, operands, options); });
}

}  // namespace einfold::test
