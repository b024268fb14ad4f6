// SPDX-License-Identifier: MIT
//
// What a call costs beside the work: operands of 8 x 8, plans in the cache.
#include "einfold/einsum.hpp"
#include "tables/runner.hpp"
#include "tables/torch.hpp"

#include "timing.hpp"

#include <cstdio>

namespace einfold::bench {
namespace {

constexpr int kCalls = 1000;

/// Seconds per call.
template <class F>
double per_call(const Run& run, const F& call) {
  return time_of(
             [&] {
               for (int i = 0; i < kCalls; ++i) call();
             },
             1, run.settings.seconds, run.settings.repeats)
             .median /
         kCalls;
}

}  // namespace

void call_tables(Run& run) {
  const std::string table = "one call, ij,jk->ik of 8 x 8, float32";
  if (!run.wants(table)) return;
  const Expression expression = compile("ij,jk->ik", {Shape{8, 8}, Shape{8, 8}});
  const std::vector<Tensor> operands = random_operands(expression);
  const Tensor result = expression.evaluate(operands);
  const SampleCheck check = check_sample(expression, operands, result);
  std::vector<Opponent> opponents;
  if (run.settings.opponents) {
    for (const Contender& c : torch_einsum("ij,jk->ik", operands, 1)) opponents.push_back({c.name, per_call(run, c.run), 0});
  }
  const std::vector<EinsumOperand> given(operands.begin(), operands.end());
  const EinsumOptions options{.run = {.threads = 1}};
  const auto add = [&](const char* name, double seconds) {
    Row row{.table = table, .name = name, .seconds = seconds, .seconds_best = seconds, .flops = 1024};
    row.check = check;
    row.opponents = opponents;
    std::printf("%s\n", text_line(row).c_str());
    run.report.rows.push_back(std::move(row));
  };
  add("einsum", per_call(run, [&] { (void)einsum("ij,jk->ik", given, options); }));
  add("Expression::evaluate", per_call(run, [&] { (void)expression.evaluate(operands, options.run); }));
  add("Expression::evaluate_into", per_call(run, [&] { expression.evaluate_into(operands, result, options.run); }));
}

}  // namespace einfold::bench
