// SPDX-License-Identifier: MIT
//
// einsum of the shape of a matrix product: square and not, every transposition, float32 and float64; and the product of two
// matrices and a vector.
#include "einfold/einsum.hpp"
#include "tables/runner.hpp"

#include <memory>

namespace einfold::bench {
namespace {

struct Product {
  int m, n, k;
  bool ta, tb;
};

template <class T>
std::vector<Contender> gemm_contenders(const Run& run, const Product& p, const T* a, const T* b) {
  std::vector<Contender> contenders;
  for (const Blas& blas : run.blas) {
    const auto c = std::make_shared<std::vector<T>>(static_cast<std::size_t>(p.m) * static_cast<std::size_t>(p.n));
    const int ta = p.ta ? kTranspose : kNoTranspose, tb = p.tb ? kTranspose : kNoTranspose;
    const int lda = p.ta ? p.m : p.k, ldb = p.tb ? p.k : p.n;
    Contender contender{blas.name, {}, nullptr};
    if constexpr (sizeof(T) == sizeof(float)) {
      contender.result = c->data();
      contender.run = [=, gemm = blas.sgemm] { gemm(kRowMajor, ta, tb, p.m, p.n, p.k, 1, a, lda, b, ldb, 0, c->data(), p.n); };
    } else {
      contender.run = [=, gemm = blas.dgemm] { gemm(kRowMajor, ta, tb, p.m, p.n, p.k, 1, a, lda, b, ldb, 0, c->data(), p.n); };
    }
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

void measure_product(Run& run, const Product& p, DType dtype) {
  const std::string size = p.m == p.n && p.n == p.k ? std::to_string(p.m) + "^3"
                                                     : std::to_string(p.m) + " x " + std::to_string(p.n) + " x " + std::to_string(p.k);
  const std::string equation = std::string(p.ta ? "ki" : "ik") + "," + (p.tb ? "jk" : "kj") + "->ij";
  const std::string table = dtype == DType::kFloat64 ? "matrix products, float64" : "matrix products, float32";
  const std::string name = equation + ", " + size;
  if (!run.wants(table + " " + name)) return;
  const Shape a = p.ta ? Shape{p.k, p.m} : Shape{p.m, p.k}, b = p.tb ? Shape{p.n, p.k} : Shape{p.k, p.n};
  const Expression expression = compile(equation, {a, b});
  const std::vector<Tensor> operands = random_operands(expression, dtype);
  std::vector<Contender> contenders;
  if (run.settings.opponents && dtype == DType::kFloat32) {
    const float *x = operands[0].data_as<float>(), *y = operands[1].data_as<float>();
    contenders = gemm_contenders(run, p, x, y);
    for (Contender& c : dnnl_matrix_product(p.ta, p.tb, p.m, p.n, p.k, x, y, run.settings.threads)) contenders.push_back(std::move(c));
  } else if (run.settings.opponents) {
    contenders = gemm_contenders(run, p, operands[0].data_as<double>(), operands[1].data_as<double>());
  }
  Row row{.table = table, .name = name, .bound = Bound::kPeak};
  row.flops = 2.0 * p.m * p.n * p.k;
  run.measure(std::move(row), expression, operands, contenders);
}

/// A B v: ordered from the right, it reads each matrix once.
void measure_chain(Run& run) {
  const std::string table = "two matrices and a vector", name = "ij,jk,k->i, 3000";
  if (!run.wants(table + " " + name)) return;
  const Expression expression = compile("ij,jk,k->i", {Shape{3000, 3000}, Shape{3000, 3000}, Shape{3000}});
  Row row{.table = table, .name = name, .flops = 4.0 * 3000 * 3000, .bound = Bound::kRead};
  run.measure(std::move(row), expression, random_operands(expression), {});
}

}  // namespace

void matrix_tables(Run& run) {
  std::vector<Product> products = {{512, 512, 512, false, false},   {1024, 1024, 1024, false, false}, {2048, 2048, 2048, false, false},
                                   {1024, 1024, 1024, true, false}, {1024, 1024, 1024, false, true},  {1024, 1024, 1024, true, true}};
  if (run.settings.full) {
    for (const Product& p : {Product{768, 768, 768, false, false}, Product{1000, 1000, 1000, false, false},
                             Product{1536, 1536, 1536, false, false}, Product{4096, 4096, 4096, false, false},
                             Product{128, 4096, 4096, false, false}, Product{4096, 128, 4096, false, false},
                             Product{4096, 4096, 128, false, false}, Product{1021, 1031, 1033, false, false},
                             Product{2048, 2048, 2048, true, false}, Product{2048, 2048, 2048, false, true}}) {
      products.push_back(p);
    }
  }
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    for (const Product& p : products) measure_product(run, p, dtype);
  }
  measure_chain(run);
}

}  // namespace einfold::bench
