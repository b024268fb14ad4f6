// SPDX-License-Identifier: MIT
#include "tables/blas.hpp"

#include "einfold/measure.hpp"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <optional>

namespace einfold::bench {
namespace {

template <class Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
}

struct Source {
  const char* name;
  const char* path;
  const char* set_threads;
  const char* core_name;
};

std::optional<Blas> load(const Source& source, int threads) {
  if (source.path[0] == '\0') return std::nullopt;
  void* library = dlopen(source.path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  Blas blas{.name = source.name};
  find(library, "cblas_sgemm", blas.sgemm);
  find(library, "cblas_dgemm", blas.dgemm);
  find(library, "cblas_ssyrk", blas.ssyrk);
  void (*set_threads)(std::int64_t) = nullptr;
  find(library, source.set_threads, set_threads);
  if (!blas.sgemm || !blas.dgemm || !blas.ssyrk) return std::nullopt;
  if (set_threads) set_threads(threads);
  char* (*core_name)() = nullptr;
  if (source.core_name) find(library, source.core_name, core_name);
  if (core_name) blas.name += " (" + std::string(core_name()) + ")";
  return blas;
}

}  // namespace

std::vector<Blas> load_blas(int threads) {
  if (instruction_set() == "avx512") setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
  std::vector<Blas> found;
  for (const Source& source : {Source{"OpenBLAS", EINFOLD_OPENBLAS, "openblas_set_num_threads", "openblas_get_corename"},
                               Source{"BLIS", EINFOLD_BLIS, "bli_thread_set_num_threads", nullptr}}) {
    if (auto blas = load(source, threads)) found.push_back(*std::move(blas));
  }
  return found;
}

}  // namespace einfold::bench
