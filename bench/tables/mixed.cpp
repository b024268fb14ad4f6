// SPDX-License-Identifier: MIT
//
// Batched, strided, skinny, tiny and other einsums that are no large matrix product.
#include "einfold/einsum.hpp"
#include "tables/runner.hpp"
#include "tables/torch.hpp"

#include <array>

namespace einfold::bench {
namespace {

struct Case {
  const char* equation;
  std::vector<Shape> shapes;
  bool memory = false;  ///< bound by reading the operands
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"bij,bjk->bik", {{64, 128, 128}, {64, 128, 128}}},
      {"bij,bjk->bik", {{10000, 8, 8}, {10000, 8, 8}}},
      {"bij,bjk->bik", {{20000, 4, 4}, {20000, 4, 4}}},
      {"bij,bjk->bik", {{4000, 16, 16}, {4000, 16, 16}}},
      {"bij,bkj->bik", {{1000, 32, 32}, {1000, 32, 32}}},
      {"bhqd,bhkd->bhqk", {{4, 12, 256, 64}, {4, 12, 256, 64}}},
      {"bhqk,bhkd->bhqd", {{4, 12, 256, 256}, {4, 12, 256, 64}}},
      {"bqhd,bkhd->bhqk", {{4, 256, 12, 64}, {4, 256, 12, 64}}},
      {"ik,jk->ij", {{4, 65536}, {4, 65536}}, true},
      {"ik,kj->ij", {{65536, 16}, {16, 16}}, true},
      {"ik,kj->ij", {{100000, 3}, {3, 100}}},
      {"ij,j->i", {{4096, 4096}, {4096}}, true},
      {"ij,i->j", {{4096, 4096}, {4096}}, true},
      {"bij,bj->bi", {{512, 128, 128}, {512, 128}}, true},
      {"i,j->ij", {{4096}, {4096}}},
      {"ij,ij->ij", {{4096, 2048}, {4096, 2048}}, true},
      {"ij,ij->", {{4096, 2048}, {4096, 2048}}, true},
      {"ijk->kij", {{256, 128, 256}}, true},
      {"ijk->j", {{256, 128, 256}}, true},
      {"abc,cd,de->abe", {{64, 64, 64}, {64, 64}, {64, 64}}},
      {"nchw,c->nhw", {{32, 64, 56, 56}, {64}}, true},
      {"nchw->nc", {{32, 64, 56, 56}}, true},
      {"abcdefgh,hgfe->abcd", {{4, 8, 4, 8, 8, 8, 4, 8}, {8, 4, 8, 8}}},
      {"abcd,cdef->abef", {{8, 8, 8, 8}, {8, 8, 8, 8}}},
  };
  return all;
}

std::string text(const std::vector<Shape>& shapes) {
  std::string out;
  for (const Shape& shape : shapes) {
    out += out.empty() ? " " : ", ";
    for (std::size_t i = 0; i < shape.size(); ++i) out += (i == 0 ? "" : "x") + std::to_string(shape[i]);
  }
  return out;
}

}  // namespace

void mixed_tables(Run& run) {
  const std::string table = "batched, strided, skinny and tiny einsums, float32";
  for (const Case& c : cases()) {
    const std::string name = c.equation + text(c.shapes);
    if (!run.wants(table + " " + name)) continue;
    const Expression expression = compile(c.equation, {c.shapes.begin(), c.shapes.end()});
    const std::vector<Tensor> operands = random_operands(expression);
    std::vector<Contender> contenders;
    if (run.settings.opponents) contenders = torch_einsum(c.equation, operands, run.settings.threads);
    Row row{.table = table, .name = name, .bound = c.memory ? Bound::kRead : Bound::kNone};
    row.flops = expression.cost().planned_flops;
    run.measure(std::move(row), expression, operands, contenders);
  }
}

}  // namespace einfold::bench
