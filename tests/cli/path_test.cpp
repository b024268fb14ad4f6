// SPDX-License-Identifier: MIT
//
// einfold path: the order of contraction, its costs, explicit paths, plans in files.
#include "cli/program.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

namespace einfold::test {
namespace {

using Json = nlohmann::json;

class Path : public Program {
 protected:
  [[nodiscard]] Json json(const Line& arguments) const { return Json::parse(ok(arguments + Line{"--json"})); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
};

const Line kChain = words("path ij,jk,kl->il --size i=10 --size j=1000 --size k=10 --size l=1000");

TEST_F(Path, TellsCostsOfAChainByTheDefinition) {
  const Json report = json(kChain);
  EXPECT_EQ(report.at("path"), (Json{{0, 1}, {0, 1}}));
  EXPECT_EQ(report.at("ssa_path"), (Json{{0, 1}, {2, 3}}));
  EXPECT_NEAR(report.at("log10_flops").get<double>(), std::log10(2e5), 1e-12);
  EXPECT_NEAR(report.at("log2_size").get<double>(), std::log2(1e4), 1e-12);
  EXPECT_GE(report.at("seconds").get<double>(), 0);
  EXPECT_NEAR(report.at("log10_naive_flops").get<double>(), std::log10(2e8), 1e-12);
  EXPECT_NEAR(report.at("log10_write").get<double>(), std::log10(100 + 1e4), 1e-12);
  EXPECT_EQ(report.at("naive_scaling"), 4);
  EXPECT_EQ(report.at("scaling"), 3);
  EXPECT_EQ(report.at("operand_bytes"), 4 * (1e4 + 1e4 + 1e4));
  ASSERT_EQ(report.at("steps").size(), 2U);
  EXPECT_EQ(report["steps"][0].at("equation"), "ij,jk->ik");
  EXPECT_EQ(report["steps"][1].at("tensors"), (Json{2, 3}));
  EXPECT_EQ(report.at("run_seconds"), nullptr);
  EXPECT_GT(report.at("predicted_seconds").get<double>(), 0);
}

TEST_F(Path, ShowsTheFamiliarBlock) {
  const std::string text = ok(kChain);
  for (const char* part : {"  Complete contraction:  ", "         Naive scaling:  4\n", "     Optimized scaling:  3\n",
                           "      Naive FLOP count:  2.000e+08\n", "  Optimized FLOP count:  2.000e+05\n",
                           "   Theoretical speedup:  1.000e+03\n", "  Largest intermediate:  1.000e+04 elements\n", "scaling", "current",
                           "remaining", "ij,jk->ik", "kl,ik->il"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(Path, CountsAnIndexOfOneOperandInItsFirstStep) {
  const Json report = json(words("path ab,bc,cd->d --size a=7 --size b=5 --size c=3 --size d=2 --optimize [(1,2),(0,1)]"));
  EXPECT_NEAR(report.at("log10_flops").get<double>(), std::log10(5 * 3 * 2 + 7 * 5 * 2), 1e-12);
  const Json one = json(words("path abc->b --size a=7 --size b=5 --size c=3"));
  EXPECT_EQ(one.at("path"), (Json{{0}}));
  EXPECT_NEAR(one.at("log10_flops").get<double>(), std::log10(7 * 5 * 3), 1e-12);
}

TEST_F(Path, CountsPointsOfPatterns_NeverADensePattern) {
  // o + k - 1 with padding 1: 3 * 32 - 2 pairs of o and k lie inside
  const Json report = json({"path", "n c o+k-1, d c k -> n d o", "--shape", "0=4,8,32", "--shape", "1=16,8,3"});
  EXPECT_NEAR(report.at("log10_flops").get<double>(), std::log10(4.0 * 8 * 16 * (3 * 32 - 2)), 1e-12);
  EXPECT_EQ(report.at("path"), (Json{{0, 1}}));
  EXPECT_EQ(report["steps"][0].at("patterns"), (Json{"i=k+o-1"}));
  EXPECT_EQ(report["steps"][0].at("scaling"), 5);
  EXPECT_EQ(report.at("naive_scaling"), 5);
  // the same from a pattern, which is no tensor of the path
  const Json pattern = json({"path", "n c i, k o i, d c k -> n d o", "--shape", "0=4,8,32", "pattern:I=32,K=3,P=1", "--shape", "2=16,8,3"});
  EXPECT_EQ(pattern.at("log10_flops"), report.at("log10_flops"));
  EXPECT_EQ(pattern.at("tensors"), 2);
}

TEST_F(Path, ReadsExplicitPathsInAllForms) {
  write("linear.json", R"({"path": [[1, 2], [0, 1]]})");
  write("ssa.json", R"({"ssa_path": [[1, 2], [0, 3]]})");
  write("list.txt", "[(1, 2), (0, 1)]\n");
  for (const char* path : {"[(1,2),(0,1)]", "[[1,2],[0,1]]", "[(1,2),(0,3)]", "((1,2),(0,3))", "linear.json", "ssa.json", "@list.txt",
                           R"({"path":[[1,2],[0,1]]})"}) {
    const Json report = json(kChain + Line{"--optimize", path});
    EXPECT_EQ(report.at("path"), (Json{{1, 2}, {0, 1}})) << path;
    EXPECT_EQ(report.at("ssa_path"), (Json{{1, 2}, {0, 3}})) << path;
    EXPECT_NEAR(report.at("log10_flops").get<double>(), std::log10(2e7), 1e-12);
  }
  // what path prints is read again
  write("report.json", ok(kChain + words("--json --optimize greedy")));
  EXPECT_EQ(json(kChain + words("--optimize report.json")).at("path"), (Json{{0, 1}, {0, 1}}));
}

TEST_F(Path, RefusesPathsThatDoNotFit) {
  fails(2, "E0833: step 2 of the path, (0, 2), takes position 2 in a list of 2 tensors", kChain + words("--optimize [(0,1),(0,2)]"));
  fails(2, "E0833: step 2 of the path, (0, 9), takes tensor 9", kChain + words("--optimize [(0,1),(0,9)]"));
  fails(2, "E0833: the path leaves 2 of 3 tensors", kChain + words("--optimize [(0,1)]"));
  fails(2, "E0833: step 1 of the path, (1, 1), takes a tensor twice", kChain + words("--optimize [(1,1),(0,1)]"));
  fails(2, "E0832: a path is written like [(0, 1), (0, 1)]", kChain + words("--optimize [(0,1"));
  fails(2, "E0832: the JSON object has neither", kChain + words("--optimize {}"));
  fails(2, "E0832: the path begins like a JSON object", kChain + words("--optimize {x"));
  fails(3, "E0501", kChain + words("--optimize none.json"));
  fails(2, "E0831: unknown search for the order 'gredy' (did you mean 'greedy'?)", kChain + words("--optimize gredy"));
  fails(2, "E0810", kChain + words("--minimize speed"));
  fails(2, "E0805", kChain + words("--max-seconds -1"));
  fails(2, "E0805", kChain + words("--seed -1"));
}

TEST_F(Path, SaysWhatIsMissing) {
  fails(2, "path needs an EQUATION", words("path"));
  fails(2, "path needs OPERANDs", words("path ij,jk->ik"));
  fails(4, "extent of its index 'k'", words("path ij,jk->ik --size i=2 --size j=3"));
  fails(4, "behind '...'", {"path", "... i -> ... i", "--size", "i=2"});
  fails(4, "E0224", words("path ij,jk->ik --size i=2 --size j=3 --size k=4 --size l=5"));
  fails(4, "E0103", words("path ij,jk->ik --shape 0=2,3 --shape 1=4,5"));
  fails(2, "E0220", words("path ij,jk->ik --shape 0=2,3 --shape 1=3,4 --shape 2=4,5"));
  fails(2, "--dtype", words("path i-> --size i=2 --dtype float8"));
}

TEST_F(Path, InfersShapesFromExtents) {
  const Json report = json({"path", "n (g c) 2*o+k-3, (g d) c k, x=o+k o -> n (g d) o", "--size", "n=2", "--size", "g=3", "--size", "c=4", "--size",
                            "d=5", "--size", "o=6", "--size", "k=7", "--size", "x=50"});
  // 2*5 + 6 - 3 = 13, less the padding of 3 on the right, which follows from -3
  EXPECT_EQ(report.at("operand_bytes"), 4.0 * (2 * 12 * 11 + 15 * 4 * 7 + 50 * 6));
  EXPECT_EQ(report.at("result_bytes"), 4.0 * 2 * 15 * 6);
  EXPECT_EQ(json(words("path ij,jk->ik --shape 0=2,3 --size k=4")).at("result_bytes"), 4.0 * 2 * 4);
  EXPECT_EQ(json(words("path ij,jk->ik m23.npy --size k=4")).at("dtype"), "float64");  // int64 with float32
}

TEST_F(Path, MeasuresEveryStepWithRun) {
  const Json report = json(kChain + words("--run --threads 1"));
  EXPECT_GT(report.at("run_seconds").get<double>(), 0);
  double sum = 0;
  for (const Json& step : report.at("steps")) sum += step.at("seconds").get<double>();
  EXPECT_NEAR(sum, report.at("run_seconds").get<double>(), 1e-9);
  EXPECT_NE(ok(kChain + words("--run")).find("Measured time"), std::string::npos);
  EXPECT_NE(ok(words("explain einsum ij,jk->ik --shape 0=20,30 --shape 1=30,40 --run")).find(", measured "), std::string::npos);
  EXPECT_NE(ok(words("explain conv forward --x x.npy --weight w.npy --padding 1 --run")).find("\nmeasured: "), std::string::npos);
}

TEST_F(Path, TakesTenThousandTensorsAndTenToThe300Flops) {
  // a ring of 10,000 matrices with extents that make any order of it finite, then a complete graph of 60 tensors of extents 2^30
  std::string ring, sizes;
  for (int t = 0; t < 10'000; ++t) {
    ring += (t > 0 ? ", " : "") + std::string("x") + std::to_string(t) + " x" + std::to_string((t + 1) % 10'000);
    sizes += "x" + std::to_string(t) + "=" + std::to_string(2 + t % 3) + "\n";
  }
  write("ring.txt", ring + " ->\n");
  write("sizes.txt", sizes);
  const Json report = json(words("path @ring.txt --size @sizes.txt --optimize greedy"));
  EXPECT_EQ(report.at("path").size(), 9'999U);
  EXPECT_EQ(report.at("steps").size(), 9'999U);
  EXPECT_LT(report.at("log10_flops").get<double>(), 7);

  // a random graph of degree 4, whose every order needs intermediates of hundreds of legs of extent 2^14
  std::mt19937 random(1);
  std::vector<std::string> terms(600);
  sizes.clear();
  for (int edge = 0; edge < 1200; ++edge) {
    const std::size_t from = static_cast<std::size_t>(edge) % 600;
    const std::size_t to = edge < 600 ? (from + 1) % 600 : random() % 600;
    if (from == to) continue;
    for (const std::size_t end : {from, to}) {
      if (std::count(terms[end].begin(), terms[end].end(), 'e') < 4) terms[end] += " e" + std::to_string(edge);
    }
  }
  std::string graph;
  for (const std::string& term : terms) graph += (graph.empty() ? "" : ",") + term;
  std::string used;
  for (int edge = 0; edge < 1200; ++edge) {
    const std::string name = "e" + std::to_string(edge);
    if ((graph + ",").find(" " + name + " ") != std::string::npos || (graph + ",").find(" " + name + ",") != std::string::npos) {
      used += " " + name + "=16384";
    }
  }
  write("graph.txt", graph + " ->");
  write("sizes.txt", used);
  const Json dense = json(words("path @graph.txt --size @sizes.txt --optimize greedy"));
  EXPECT_GT(dense.at("log10_flops").get<double>(), 300);
  EXPECT_TRUE(std::isfinite(dense.at("log10_naive_flops").get<double>()));
  EXPECT_GT(dense.at("log10_naive_flops").get<double>(), 500);
  EXPECT_EQ(dense.at("workspace_bytes"), nullptr);
  EXPECT_NE(ok(words("path @graph.txt --size @sizes.txt --optimize greedy")).find("too large to plan"), std::string::npos);
}

TEST_F(Path, ReadsEquationsFromFiles) {
  write("equation.txt", "ij,\n jk\n->ik\n");
  EXPECT_EQ(json(words("path @equation.txt --size i=2 --size j=3 --size k=4")).at("tensors"), 2);
  EXPECT_EQ(ok(words("einsum @equation.txt m23.npy m34.npy")), ok(words("einsum ij,jk->ik m23.npy m34.npy")));
  fails(3, "E0501: cannot read 'none.txt'", words("path @none.txt"));
  fails(3, "E0501", words("path i-> --size @none.txt"));
}

TEST_F(Path, ExplicitPathsGiveTheSameValues) {
  save("a.npy", normal({4, 5}, 1));
  save("b.npy", normal({5, 6}, 2));
  save("c.npy", normal({6, 3}, 3));
  const Line line = words("einsum ij,jk,kl->il a.npy b.npy c.npy");
  ok(line + words("-o auto.npy"));
  const std::vector<double> expected = read_npy(folder / "auto.npy").values<double>();
  for (const char* path : {"[(0,1),(0,1)]", "[(1,2),(0,1)]", "[(0,2),(0,1)]", "[(0,1,2)]"}) {
    ok(line + Line{"--optimize", path, "-o", "given.npy"});
    const std::vector<double> values = read_npy(folder / "given.npy").values<double>();
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-12);
  }
}

TEST_F(Path, SavesPlansThatEinsumRuns) {
  const Line operands = words("x.npy w.npy");
  const std::string equation = "n c o1+k1-1 o2+k2-1, d c k1 k2 -> n d o1 o2";
  ok(Line{"path", equation} + operands + words("--save plan.json --optimize [(0,1)]"));
  ok(Line{"einsum", equation} + operands + words("-o direct.npy"));
  ok(words("einsum --plan plan.json x.npy w.npy -o planned.npy"));
  EXPECT_EQ(read_npy(folder / "direct.npy").values<double>(), read_npy(folder / "planned.npy").values<double>());
  ok(words("explain conv forward --shape x=2,4,9,8 --shape weight=6,4,3,3 --padding 1 --save conv.json"));
  ok(words("einsum --plan conv.json x.npy w.npy -o conv.npy"));
  EXPECT_EQ(read_npy(folder / "direct.npy").values<double>(), read_npy(folder / "conv.npy").values<double>());

  fails(2, "takes 2 OPERANDs (0, 1) and no EQUATION", Line{"einsum", "--plan", "plan.json", equation} + operands);
  fails(2, "does not go with --plan", words("einsum --plan plan.json x.npy w.npy --seed 1"));
  fails(4, "E0206", words("einsum --plan plan.json x.npy x.npy"));
  fails(3, "E0550", words("einsum --plan x.npy x.npy w.npy"));
  fails(3, "E0501", words("einsum --plan none.json x.npy w.npy"));
}

TEST_F(Path, AsksForTheLeastMemoryWhereTheLimitIsTooLow) {
  fails(5, "E0603", words("path ij,jk,kl->il --shape 0=500,50 --shape 1=50,500 --shape 2=500,500 --memory-limit 0"));
}

}  // namespace
}  // namespace einfold::test
