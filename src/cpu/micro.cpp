// SPDX-License-Identifier: MIT
#include "cpu/micro.hpp"

#include "cpu/micro_targets.hpp"
#include "cpu/rows.hpp"

namespace einfold::cpu {

template <class T>
const MicroKernels<T>& micro_kernels(Isa isa) {
  return table_of<MicroKernels<T>>(isa, [](Isa one, MicroKernels<T>& table) {
    fill_tiles(one, table);
    fill_moves(one, table);
    fill_sums(one, table);
    table.transpose = row_kernels<T>(one).transpose;
  });
}
template const MicroKernels<float>& micro_kernels<float>(Isa);
template const MicroKernels<double>& micro_kernels<double>(Isa);

}  // namespace einfold::cpu
