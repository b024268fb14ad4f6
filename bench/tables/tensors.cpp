// SPDX-License-Identifier: MIT
//
// The 24 contractions of the TCCG benchmark, with its rule for the extents. Source: Springer and Bientinesi, "Design of a
// high-performance GEMM-like tensor-tensor multiplication", ACM TOMS 44(3), 2018, arXiv:1607.00145; github.com/HPAC/tccg.
// Written C-A-B with the fastest axis first (column-major), as there; our equations are the mirror images.
#include "einfold/einsum.hpp"
#include "tables/runner.hpp"
#include "tables/torch.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace einfold::bench {
namespace {

struct Case {
  const char* labels;   ///< C-A-B
  const char* extents;  ///< of a, b, c, ..: those of float64
};

constexpr std::array<Case, 24> kCases = {{{"abcde-efbad-cf", "48 32 24 32 48 32"},      {"abcde-efcad-bf", "48 24 32 32 48 32"},
                                          {"abcd-dbea-ec", "72 72 24 72 72"},           {"abcde-ecbfa-fd", "48 32 32 24 48 48"},
                                          {"abcd-deca-be", "72 24 72 72 72"},           {"abc-bda-dc", "312 312 24 312"},
                                          {"abcd-ebad-ce", "72 72 24 72 72"},           {"abcdef-dega-gfbc", "24 16 16 24 16 16 24"},
                                          {"abcdef-dfgb-geac", "24 16 16 24 16 16 24"}, {"abcdef-degb-gfac", "24 16 16 24 16 16 24"},
                                          {"abcdef-degc-gfab", "24 16 16 24 16 16 24"}, {"abc-dca-bd", "312 24 296 312"},
                                          {"abcd-ea-ebcd", "72 72 72 72 72"},           {"abcd-eb-aecd", "72 72 72 72 72"},
                                          {"abcd-ec-abed", "72 72 72 72 72"},           {"abc-adec-ebd", "72 72 72 72 72"},
                                          {"ab-cad-dcb", "312 296 312 312"},            {"ab-acd-dbc", "312 296 296 312"},
                                          {"abc-acd-db", "312 296 296 312"},            {"abc-adc-bd", "312 312 296 296"},
                                          {"ab-ac-cb", "5136 5120 5136"},               {"abcd-aebf-fdec", "72 72 72 72 72 72"},
                                          {"abcd-eafd-fbec", "72 72 72 72 72 72"},      {"abcd-aebf-dfce", "72 72 72 72 72 72"}}};

}  // namespace

void tensor_tables(Run& run) {
  const std::string table = run.settings.full ? "tensor contractions (TCCG), float32" : "tensor contractions (TCCG, half the extents), float32";
  for (const Case& c : kCases) {
    const std::string labels = c.labels;
    if (!run.wants(table + " " + labels)) continue;
    std::map<char, std::int64_t> extent;
    char label = 'a';
    for (const char* at = c.extents; *at != '\0'; ++label) {
      char* end = nullptr;
      extent[label] = std::strtoll(at, &end, 10) / (run.settings.full ? 1 : 2);
      at = end;
    }
    const std::size_t first = labels.find('-'), second = labels.find('-', first + 1);
    std::string out = labels.substr(0, first), a = labels.substr(first + 1, second - first - 1), b = labels.substr(second + 1);
    for (std::string* term : {&out, &a, &b}) std::reverse(term->begin(), term->end());
    Shape shape_a, shape_b;
    for (const char x : a) shape_a.push_back(extent[x]);
    for (const char x : b) shape_b.push_back(extent[x]);
    const std::string equation = a + "," + b + "->" + out;
    const Expression expression = compile(equation, {shape_a, shape_b});
    const std::vector<Tensor> operands = random_operands(expression);
    Row row{.table = table, .name = labels, .flops = 2, .bound = Bound::kPeak};
    for (const auto& [x, value] : extent) row.flops *= static_cast<double>(value);
    std::vector<Contender> contenders;
    if (run.settings.opponents) contenders = torch_einsum(equation, operands, run.settings.threads);
    run.measure(std::move(row), expression, operands, contenders);
  }
}

}  // namespace einfold::bench
