// SPDX-License-Identifier: MIT
#include "cpu/isa.hpp"

#include <hwy/highway.h>

#include <algorithm>
#include <cstdlib>

namespace einfold::cpu {

std::string_view name_of(Isa isa) noexcept {
  switch (isa) {
    case Isa::kGeneric:
      return "generic";
    case Isa::kNeon:
      return "neon";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "generic";
}

std::optional<Isa> isa_of_name(std::string_view name) noexcept {
  for (const Isa isa : {Isa::kGeneric, Isa::kNeon, Isa::kAvx2, Isa::kAvx512}) {
    if (name_of(isa) == name) return isa;
  }
  return std::nullopt;
}

const std::vector<Isa>& supported_isas() {
  static const std::vector<Isa> isas = [] {
    std::vector<Isa> result{Isa::kGeneric};
    [[maybe_unused]] const auto targets = hwy::SupportedTargets();
#if HWY_ARCH_ARM
    if (targets & HWY_NEON) result.push_back(Isa::kNeon);
#elif HWY_ARCH_X86
    if (targets & HWY_AVX2) result.push_back(Isa::kAvx2);
    if (targets & HWY_AVX3) result.push_back(Isa::kAvx512);
#endif
    return result;
  }();
  return isas;
}

Isa chosen_isa() {
  static const Isa chosen = [] {
    const char* name = std::getenv("EINFOLD_ISA");
    const auto& isas = supported_isas();
    if (name == nullptr) return isas.back();
    const auto wanted = std::find_if(isas.begin(), isas.end(), [&](Isa isa) { return name_of(isa) == name; });
    return wanted != isas.end() ? *wanted : isas.back();
  }();
  return chosen;
}

}  // namespace einfold::cpu
