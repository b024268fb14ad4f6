// SPDX-License-Identifier: MIT
//
// path_bench METHOD MINIMIZE THREADS MAX_SECONDS FILE ..: for every network one line
//   FILE log10(flops) log2(largest result) seconds
// Files are written by networks.py: the extents of all indices; then a line of indices per tensor; the output last.
#include "pathfind/flat_tree.hpp"
#include "pathfind/path_text.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using namespace einfold::pathfind;

std::vector<int> integers(const std::string& line) {
  std::istringstream in(line);
  std::vector<int> values;
  for (int value = 0; in >> value;) values.push_back(value);
  return values;
}

Problem read(const char* file) {
  std::ifstream in(file);
  std::vector<std::vector<int>> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(integers(line));
  Problem problem;
  problem.extents.assign(lines.front().begin(), lines.front().end());
  problem.output = lines.back();
  for (std::size_t t = 1; t + 1 < lines.size(); ++t) {
    Leaf leaf{static_cast<int>(t), {}};
    for (const int index : lines[t]) leaf.axes.push_back({index});
    problem.leaves.push_back(leaf);
  }
  return problem;
}

}  // namespace

int main(int argc, char** argv) {
  const auto method = argc > 4 ? method_named(argv[1]) : std::nullopt;
  const auto minimize = argc > 4 ? minimize_named(argv[2]) : std::nullopt;
  if (!method || !minimize) {
    std::fprintf(stderr, "usage: path_bench METHOD flops|size|write|combo THREADS MAX_SECONDS FILE ..\n");
    return 2;
  }
  for (int file = 5; file < argc; ++file) {
    const Problem problem = read(argv[file]);
    const auto start = std::chrono::steady_clock::now();
    const FlatNetwork network = flat_network_of(problem);
    const SsaPath path = find_path(network, {.method = *method,
                                             .objective = objective_of(*minimize),
                                             .threads = std::atoi(argv[3]),
                                             .max_seconds = std::atof(argv[4])});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const FlatTree tree(network, path);
    std::printf("%s %.4f %.2f %.6f\n", argv[file], tree.log2_cost(objective_of(Minimize::kFlops)) * 0.30102999566398120,
                tree.log2_cost(objective_of(Minimize::kSize)), seconds.count());
    std::fflush(stdout);
  }
  return 0;
}
