// SPDX-License-Identifier: MIT
//
// bench_tables [--table NAME[,NAME]] [--filter TEXT] [--threads N] [--full] [--seconds S] [--repeats N] [--no-opponents]
//              [--json FILE] [--markdown FILE]
//
// Prints the machine's ceilings, then a line per case: our median, its share of the ceiling, and what each opponent takes on the
// same data with the same number of threads. Tables: the operations forward, input-vjp, weight-vjp, unfold, kfc, kfac-reduce,
// per-example-squared-norm, ggn-diagonal on convolution layers; matrices, tensors, mixed, calls; prediction, orders.
// One thread is timed by its processor time, several by wall time.
#include "tables/runner.hpp"
#include "tables/torch.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

namespace einfold::bench {
namespace {

using Table = std::pair<std::string, std::function<void(Run&)>>;

std::vector<Table> all_tables() {
  std::vector<Table> tables;
  for (const char* operation : {"forward", "input-vjp", "weight-vjp", "unfold", "kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal"}) {
    tables.emplace_back(operation, [operation](Run& run) { layer_tables(run, operation); });
  }
  tables.emplace_back("matrices", matrix_tables);
  tables.emplace_back("tensors", tensor_tables);
  tables.emplace_back("mixed", mixed_tables);
  tables.emplace_back("calls", call_tables);
  tables.emplace_back("prediction", prediction_tables);
  tables.emplace_back("orders", order_tables);
  return tables;
}

struct Line {
  Settings settings;
  std::vector<std::string> tables;  ///< empty: all
  std::string json, markdown;
};

[[noreturn]] void usage(const std::string& why) {
  std::fprintf(stderr, "bench_tables: %s\nTables:", why.c_str());
  for (const Table& table : all_tables()) std::fprintf(stderr, " %s", table.first.c_str());
  std::fprintf(stderr, "\nOptions: --table NAME[,NAME] --filter TEXT --threads N --full --seconds S --repeats N --no-opponents --json FILE --markdown FILE\n");
  std::exit(2);
}

Line line_of(int count, char** arguments) {
  Line line;
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    const auto value = [&] { return i + 1 < count ? std::string(arguments[++i]) : (usage(option + " needs a value"), std::string()); };
    if (option == "--full") line.settings.full = true;
    else if (option == "--no-opponents") line.settings.opponents = false;
    else if (option == "--threads") line.settings.threads = std::atoi(value().c_str());
    else if (option == "--seconds") line.settings.seconds = std::atof(value().c_str());
    else if (option == "--repeats") line.settings.repeats = std::strtoul(value().c_str(), nullptr, 10);
    else if (option == "--filter") line.settings.filter = value();
    else if (option == "--json") line.json = value();
    else if (option == "--markdown") line.markdown = value();
    else if (option == "--table") {
      std::istringstream names(value());
      for (std::string name; std::getline(names, name, ',');) line.tables.push_back(name);
    } else usage("unknown option " + option);
  }
  if (line.settings.threads < 1 || line.settings.repeats < 1) usage("threads and repeats are at least 1");
  return line;
}

void write(const std::string& path, const std::string& text) {
  if (!path.empty()) std::ofstream(path) << text;
}

int run_all(const Line& line) {
  Run run{.settings = line.settings, .report = {}, .blas = {}};
  run.report.machine = machine_name();
  run.report.ceilings = measure_ceilings(line.settings.threads);
  if (line.settings.opponents) {
    run.blas = load_blas(line.settings.threads);
    for (const Blas& blas : run.blas) run.report.opponents.push_back(blas.name);
    for (const std::string& version : {dnnl_version(), torch_version()}) {
      if (!version.empty()) run.report.opponents.push_back(version);
    }
  }
  std::printf("%s\n", ceilings_line(run.report).c_str());
  const std::vector<Table> tables = all_tables();
  for (const std::string& name : line.tables) {
    bool known = false;
    for (const Table& table : tables) known = known || table.first == name;
    if (!known) usage("unknown table " + name);
  }
  for (const auto& [name, table] : tables) {
    bool wanted = line.tables.empty();
    for (const std::string& one : line.tables) wanted = wanted || one == name;
    if (wanted) table(run);
  }
  write(line.json, json(run.report));
  write(line.markdown, markdown(run.report));
  int wrong = 0;
  for (const Row& row : run.report.rows) wrong += row.check.entries > 0 && !row.check.passed ? 1 : 0;
  if (wrong > 0) std::fprintf(stderr, "bench_tables: %d results are wrong\n", wrong);
  return wrong > 0 ? 1 : 0;
}

}  // namespace
}  // namespace einfold::bench

int main(int count, char** arguments) {
  try {
    return einfold::bench::run_all(einfold::bench::line_of(count, arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_tables: %s\n", error.what());
    return 1;
  }
}
