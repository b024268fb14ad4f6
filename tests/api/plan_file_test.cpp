// SPDX-License-Identifier: MIT
//
// Plans in files: the same plan comes back, and whatever else a file holds is an error or a plan that is right.
#include "einfold/plan_file.hpp"

#include "conv/shapes.hpp"
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/reference.hpp"
#include "io/files.hpp"
#include "support/every.hpp"
#include "support/random.hpp"
#include "support/random_network.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <functional>
#include <set>

namespace einfold::test {
namespace {

using Json = nlohmann::ordered_json;

/// All bytes of a result.
std::string bytes_of(const Tensor& tensor) {
  const Tensor dense = tensor.contiguous();
  return {static_cast<const char*>(dense.data()), static_cast<std::size_t>(dense.size()) * size_bytes(dense.dtype())};
}

/// A convolution with a view, a shared sub-tree, and loops because of its limit.
Expression example() {
  return compile("n c o+k-1, n c p+l-1, d c k, d c l -> n d", {Shape{2, 3, 8}, Shape{2, 3, 8}, Shape{4, 3, 3}, Shape{4, 3, 3}},
                 {.sizes = {{"o", 8}, {"p", 8}}});
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFile) << error.what();
    return error.code();
  }
  return "none";
}

std::string code_of_reading(const std::string& text) {
  return code_of([&] { (void)read_plan(text); });
}

/// With the checksum of what is in it now.
std::string sealed(Json file) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : file["plan"].dump()) hash = (hash ^ byte) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  file["checksum"] = text;
  return file.dump();
}

TEST(PlanFile, BringsTheSamePlanBack_OfRandomNetworks) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Network network = random_network(seed, {.most_points = 5'000, .most_affine = 3, .most_dense = 4});
    const Expression expression(network);
    const std::string text = plan_text(expression, DType::kFloat64);
    const Expression loaded = read_plan(text);
    EXPECT_EQ(loaded.network(), network);
    EXPECT_EQ(plan_text(loaded, DType::kFloat64), text) << seed;
    const std::vector<Tensor> operands = random_operands(network, seed, DType::kFloat64);
    EXPECT_EQ(bytes_of(loaded.evaluate(operands)), bytes_of(expression.evaluate(operands))) << seed;
  }
}

TEST(PlanFile, KeepsTheOrderOfAMemoryLimit) {
  const Expression expression = compile("ab,bc,cd->ad", {Shape{40, 50}, Shape{50, 60}, Shape{60, 70}});
  const RunOptions limited{.threads = 1, .memory_limit_bytes = 6'000};
  const Expression loaded = read_plan(plan_text(expression, DType::kFloat32, limited));
  EXPECT_LE(loaded.workspace_bytes(DType::kFloat32, limited), 6'000);
  EXPECT_EQ(loaded.order().loops.size(), expression.order(DType::kFloat32, limited).loops.size());
  EXPECT_FALSE(loaded.order().loops.empty());
  EXPECT_TRUE(loaded.ordered({}).order().loops.empty());
}

TEST(PlanFile, HoldsConvolutionsSumsAndTheirOptions) {
  const ConvSpec spec{.kernel = {3}, .padding = 1};
  const Tensor x = reals({2, 4, 9}, 1, DType::kFloat32), weight = reals({6, 4, 3}, 2, DType::kFloat32),
               bias = reals({6}, 3, DType::kFloat32);
  const Expression forward = conv::forward(spec, x.shape(), weight.shape(), bias.shape());
  const Expression loaded = read_plan(plan_text(forward));
  EXPECT_EQ(bytes_of(loaded(x, weight, bias)), bytes_of(forward(x, weight, bias)));
  const Expression factor = read_plan(plan_text(conv::kfc(spec, x.shape())));
  EXPECT_EQ(bytes_of(factor(x)), bytes_of(conv::kfc(spec, x.shape())(x)));
  EXPECT_THROW((void)factor(x.to(DType::kComplex64)), Error);  // real_only
}

TEST(PlanFile, IsWrittenAndReadOnDisk) {
  const Folder folder;
  save_plan(folder / "plan.json", example());
  EXPECT_EQ(load_plan(folder / "plan.json").equation(), example().equation());
  EXPECT_EQ(code_of([&] { (void)load_plan(folder / "none.json"); }), "E0501");
}

TEST(PlanFile, RefusesWhatIsNoPlan) {
  for (const char* text : {"", "{", "[]", "null", "3", "\"einfold plan\"", "{}", R"({"format": "another"})", R"({"format": 3})"}) {
    EXPECT_EQ(code_of_reading(text), "E0550") << text;
  }
  EXPECT_EQ(code_of_reading(std::string(100'000, '[')), "E0550");
  Json file = Json::parse(plan_text(example()));
  file["version"] = 2;
  EXPECT_EQ(code_of_reading(sealed(file)), "E0551");
  EXPECT_EQ(code_of_reading(plan_text(example()) + '\0'), "E0550");
}

TEST(PlanFile, IsAnErrorOrTheSamePlan_WhereAByteIsChanged) {
  const std::string whole = plan_text(compile("i o+k-1, k->i o", {Shape{3, 5}, Shape{3}}));
  const auto try_text = [&](const std::string& text) {
    try {
      EXPECT_EQ(plan_text(read_plan(text)), whole);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFile) << error.what();
      EXPECT_TRUE(error.code() >= "E0550" && error.code() <= "E0553") << error.what();
      return false;
    }
  };
  int read = 0;
  for (std::size_t at = 0; at < whole.size(); at += kEveryNth) {
    for (const char value : {static_cast<char>(whole[at] ^ 1), static_cast<char>(whole[at] ^ 16), '0', ' ', '\xff', '\0'}) {
      std::string text = whole;
      text[at] = value;
      read += try_text(text) ? 1 : 0;
    }
    if (at + 2 < whole.size()) {
      EXPECT_FALSE(try_text(whole.substr(0, at))) << at;
    }
  }
  EXPECT_GT(read, 0);  // white space, and the version that wrote it
}

/// All places of a document.
void for_each_place(Json& value, const std::function<void(Json&)>& action) {
  action(value);
  if (value.is_structured()) {
    for (auto& item : value) for_each_place(item, action);
  }
}

/// A change of one place, drawn at random.
void mutate(Json& plan, Random& random) {
  std::vector<Json*> places;
  for_each_place(plan, [&](Json& place) { places.push_back(&place); });
  Json& place = *places[static_cast<std::size_t>(random.between(1, static_cast<int>(places.size()) - 1))];
  const Json& other = *places[static_cast<std::size_t>(random.between(1, static_cast<int>(places.size()) - 1))];
  if (place.is_number_integer() && random.chance(70)) {
    const std::int64_t far[] = {-1, 0, 1, 2, 1'000'000'007, INT64_MAX, INT64_MIN, INT32_MAX};
    place = random.chance(50) ? place.get<std::int64_t>() + random.between(-2, 2) : far[random.between(0, 7)];
  } else if (place.is_array() && !place.empty() && random.chance(60)) {
    const auto at = static_cast<std::size_t>(random.between(0, static_cast<int>(place.size()) - 1));
    if (random.chance(50)) place.erase(at);
    else place.push_back(Json(place[at]));
  } else if (random.chance(50)) {
    place = Json(other);
  } else {
    place = random.chance(50) ? Json(nullptr) : Json("text");
  }
}

TEST(PlanFile, IsAnErrorOrARightPlan_WhereItsContentsAreChangedAndSealedAgain) {
  std::vector<Json> seeds;
  seeds.push_back(Json::parse(plan_text(example(), DType::kFloat64, {.threads = 1, .memory_limit_bytes = 4'000})));
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Network network = random_network(seed, {.most_points = 500, .most_affine = 2, .most_dense = 3});
    seeds.push_back(Json::parse(plan_text(Expression(network), DType::kFloat64)));
  }
  std::set<std::string> codes;
  int read = 0;
  for (int trial = 0; trial < 6'000; trial += kEveryNth) {
    Random random(static_cast<std::uint64_t>(trial));
    Json file = seeds[static_cast<std::size_t>(trial) % seeds.size()];
    for (int changes = random.between(1, 2); changes > 0; --changes) mutate(file["plan"], random);
    const std::string text = sealed(file);
    try {
      const Expression loaded = read_plan(text);
      ++read;
      if (loaded.networks().size() != 1) continue;
      const Network& network = loaded.network();
      double points = 1;  // a changed extent may be a right one, but too large to visit
      for (const auto& [id, index] : network.indices) points *= static_cast<double>(index.extent);
      if (points > 100'000) continue;
      const std::vector<Tensor> operands = random_operands(network, static_cast<std::uint64_t>(trial), DType::kFloat64);
      EXPECT_EQ(loaded.evaluate(operands).values<double>(), evaluate_reference(network, operands).values<double>())
          << trial << "\n" << text;
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kFile || error.code() == "E0407" || error.code() == "E0603") << trial << " " << error.what();
      codes.insert(error.code());
    }
  }
  EXPECT_GT(read, 100 / kEveryNth);
  EXPECT_TRUE(codes.contains("E0552"));
  EXPECT_TRUE(codes.contains("E0553"));
}

TEST(PlanFile, NoticesThatAnotherVersionPlansOtherwise) {
  const Json file = Json::parse(plan_text(example()));
  const auto code_with = [&](const std::function<void(Json&)>& change) {
    Json changed = file;
    change(changed["plan"]["terms"][0]["order"]);
    return code_of_reading(sealed(changed));
  };
  EXPECT_EQ(code_with([](Json&) {}), "none");
  EXPECT_EQ(code_with([](Json& order) { order["problem"]["extents"].push_back(1); }), "E0553");
  EXPECT_EQ(code_with([](Json& order) { order["steps"][0]["log2_points"] = 1.5; }), "E0553");
  EXPECT_EQ(code_with([](Json& order) { order["workspace_elements"] = 1; }), "E0553");
  EXPECT_EQ(code_with([](Json& order) { order["steps"][0]["a"] = 77; }), "E0552");
  EXPECT_EQ(code_with([](Json& order) { order["news"] = 1; }), "E0552");
}

}  // namespace
}  // namespace einfold::test
