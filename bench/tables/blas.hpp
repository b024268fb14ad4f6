// SPDX-License-Identifier: MIT
//
// BLAS libraries as opponents. They all define the same symbols, so each is loaded by itself and none is linked.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace einfold::bench {

/// cblas' numbers.
enum BlasLayout : int { kRowMajor = 101 };
enum BlasTranspose : int { kNoTranspose = 111, kTranspose = 112 };
enum BlasTriangle : int { kUpper = 121 };

struct Blas {
  std::string name;  ///< "OpenBLAS (ZEN)"
  void (*sgemm)(int layout, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb,
                float beta, float* c, int ldc) = nullptr;
  void (*dgemm)(int layout, int ta, int tb, int m, int n, int k, double alpha, const double* a, int lda, const double* b, int ldb,
                double beta, double* c, int ldc) = nullptr;
  void (*ssyrk)(int layout, int triangle, int transpose, int n, int k, float alpha, const float* a, int lda, float beta, float* c,
                int ldc) = nullptr;
};

/// The libraries that CMake found, set to this many threads. OpenBLAS gets the core type of the best instruction set, unless
/// OPENBLAS_CORETYPE is set: releases older than the processor choose an old one.
[[nodiscard]] std::vector<Blas> load_blas(int threads);

}  // namespace einfold::bench
