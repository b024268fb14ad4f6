// SPDX-License-Identifier: MIT
#include "cpu/micro.hpp"

#include "cpu/micro_targets.hpp"

namespace einfold::cpu {

template <class T>
const MicroKernels<T>& micro_kernels(Isa isa) {
  static const auto tables = [] {
    struct {
      MicroKernels<T> of[4];
    } t;
    for (const Isa one : supported_isas()) {
      MicroKernels<T>& table = t.of[static_cast<int>(one)];
      fill_tiles(one, table);
      fill_moves(one, table);
      fill_sums(one, table);
    }
    return t;
  }();
  return tables.of[static_cast<int>(isa)];
}
template const MicroKernels<float>& micro_kernels<float>(Isa);
template const MicroKernels<double>& micro_kernels<double>(Isa);

}  // namespace einfold::cpu
