// SPDX-License-Identifier: MIT
#include "einfold/io.hpp"
#include "io/files.hpp"

#include <cstring>

namespace einfold {
namespace {

using namespace test;

const std::vector<Shape> kShapes = {{}, {1}, {7}, {3, 4}, {2, 3, 5}, {0}, {3, 0, 2}, {0, std::int64_t{1} << 40},
                                    {1, 2, 1, 2, 1, 2, 1, 2, 1}, Shape(255, 1)};

std::vector<NamedTensor> all_tensors(std::initializer_list<DType> without) {
  std::vector<NamedTensor> tensors;
  for (int i = 0; i < 9; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (std::find(without.begin(), without.end(), dtype) != without.end()) continue;
    for (const Shape& shape : kShapes) {
      const auto number = static_cast<unsigned>(tensors.size());
      tensors.push_back({std::string(name_of(dtype)) + ":" + std::to_string(number), random_tensor(dtype, shape, number)});
    }
  }
  return tensors;
}

void expect_same(std::vector<NamedTensor> a, std::vector<NamedTensor> b) {
  const auto by_name = [](const NamedTensor& x, const NamedTensor& y) { return x.name < y.name; };
  std::sort(a.begin(), a.end(), by_name);
  std::sort(b.begin(), b.end(), by_name);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    expect_equal(a[i].tensor, b[i].tensor);
  }
}

TEST(RoundTrip, NpyKeepsEveryTypeAndShape) {
  const Folder folder;
  for (const NamedTensor& named : all_tensors({DType::kBFloat16})) {
    save(folder / "a.npy", named.tensor);
    expect_equal(read_npy(folder / "a.npy"), named.tensor);
    expect_equal(load(folder / "a.npy"), named.tensor);
  }
}

TEST(RoundTrip, NpzKeepsEveryTypeAndShape_StoredAndDeflated) {
  const Folder folder;
  const std::vector<NamedTensor> tensors = all_tensors({DType::kBFloat16});
  for (const Compression compression : {Compression::kStored, Compression::kDeflated}) {
    save(folder / "a.npz", tensors, compression);
    const auto back = read_npz(folder / "a.npz");
    ASSERT_EQ(back.front().name, tensors.front().name);
    expect_same(back, tensors);
    for (const NamedTensor& named : tensors) expect_equal(load(folder / ("a.npz:" + named.name)), named.tensor);
  }
}

TEST(RoundTrip, SafetensorsKeepEveryTypeAndShape) {
  const Folder folder;
  const std::vector<NamedTensor> tensors = all_tensors({DType::kComplex128});
  save(folder / "a.safetensors", tensors);
  expect_same(read_safetensors(folder / "a.safetensors"), tensors);
  for (const NamedTensor& named : tensors) expect_equal(load(folder / ("a.safetensors:" + named.name)), named.tensor);
}

TEST(RoundTrip, AnyStridesAreWrittenInRowMajorOrder) {
  const Folder folder;
  const std::int64_t order[] = {2, 0, 1};
  const Tensor view = random_tensor(DType::kInt32, {4, 5, 6}, 3).permute(order).slice(1, 3, 2, -2);
  save(folder / "a.npy", view);
  save(folder / "a.npz", view);
  save(folder / "a.safetensors", view);
  expect_equal(load(folder / "a.npy"), view);
  expect_equal(load(folder / "a.npz:result"), view);
  expect_equal(load(folder / "a.safetensors:result"), view);
}

TEST(RoundTrip, NoTensorsAtAllIsFineForNpzAndSafetensors) {
  const Folder folder;
  save(folder / "a.npz", std::span<const NamedTensor>());
  save(folder / "a.safetensors", std::span<const NamedTensor>());
  EXPECT_TRUE(read_npz(folder / "a.npz").empty());
  EXPECT_TRUE(read_safetensors(folder / "a.safetensors").empty());
}

TEST(RoundTrip, MoreMembersThanSixteenBitsCount) {
  const Folder folder;
  std::vector<NamedTensor> tensors;
  for (int i = 0; i < 65536; ++i) tensors.push_back({std::to_string(i), Tensor::scalar(i)});
  save(folder / "a.npz", tensors);
  EXPECT_EQ(read_npz(folder / "a.npz", "65535").at<int>({}), 65535);
  tensors.push_back({"one too many", Tensor::scalar(0)});
  expect_error([&] { save(folder / "b.npz", tensors); }, ErrorKind::kArgument, "E0704");
}

TEST(RoundTrip, LargeDeflatedMembersPassManyBuffers) {
  const Folder folder;
  const Tensor noise = random_tensor(DType::kFloat64, {100'000}, 5);
  const Tensor zeros(DType::kFloat32, {1000, 1000});
  save(folder / "a.npz", std::vector<NamedTensor>{{"noise", noise}, {"zeros", zeros}}, Compression::kDeflated);
  expect_equal(read_npz(folder / "a.npz", "noise"), noise);
  expect_equal(read_npz(folder / "a.npz", "zeros"), zeros);
  EXPECT_LT(std::filesystem::file_size(folder / "a.npz"), 810'000U);
}

TEST(Write, BoolsAreZeroOrOneInTheFile) {
  const Folder folder;
  const unsigned char raw[] = {0, 2, 255, 1};
  const Tensor tensor = Tensor::borrow(static_cast<const void*>(raw), DType::kBool, {4});
  for (const char* name : {"a.npy", "a.npz", "a.safetensors"}) {
    save(folder / name, tensor);
    EXPECT_NE(contents(folder / name).find(std::string("\0\1\1\1", 4)), std::string::npos) << name;
  }
}

TEST(Write, NpyIsByteForByteWhatNumPyWrites) {
  const Folder folder;
  save(folder / "a.npy", Tensor::from<std::int32_t>({2, 3}, std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  std::string expected("\x93NUMPY\1\0\x76\0", 10);
  expected += "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  for (char i = 1; i <= 6; ++i) expected += std::string{i, 0, 0, 0};
  EXPECT_EQ(contents(folder / "a.npy"), expected);
}

TEST(Write, TypesAndNamesAFormatLacksAreErrors_BeforeAnyFileIsMade) {
  const Folder folder;
  const auto refuse = [&](const char* name, const std::vector<NamedTensor>& tensors, const char* code, const char* part) {
    expect_error([&] { save(folder / name, tensors); }, ErrorKind::kArgument, code, part);
    EXPECT_EQ(folder.count(), 0U);
  };
  const Tensor brain(DType::kBFloat16, {2}), wide(DType::kComplex128, {2}), plain(DType::kFloat32, {2});
  refuse("a.npy", {{"x", brain}}, "E0703", "save it as safetensors");
  refuse("a.npz", {{"x", brain}}, "E0703", "save it as safetensors");
  refuse("a.safetensors", {{"x", wide}}, "E0703", "convert it to complex64");
  refuse("a.npy", {}, "E0704", "one tensor, not 0");
  refuse("a.npy", {{"x", plain}, {"y", plain}}, "E0704", "one tensor, not 2");
  refuse("a.npz", {{"x", plain}, {"x", plain}}, "E0704", "two tensors are named 'x'");
  refuse("a.safetensors", {{"x", plain}, {"x", plain}}, "E0704", "two tensors are named 'x'");
  refuse("a.safetensors", {{"__metadata__", plain}}, "E0704", "'__metadata__'");
  refuse("a.safetensors", {{"\xff", plain}}, "E0704", "'\\xff'");
  refuse("a.npz", {{"\xff", plain}}, "E0704", "'\\xff'");
  refuse("a.npz", {{std::string(65532, 'x'), plain}}, "E0704", "cannot have a member");
  expect_error([&] { save(folder / "a.txt", plain); }, ErrorKind::kUsage, "E0821", "does not end in");
}

TEST(Write, StrangeNamesComeBack) {
  const Folder folder;
  const std::vector<NamedTensor> tensors = {{"", Tensor::scalar(1)},
                                            {"../../etc/passwd", Tensor::scalar(2)},
                                            {"\"quoted\" \\ \n\t", Tensor::scalar(3)},
                                            {"gr\xc3\xbcn", Tensor::scalar(4)},
                                            {"a.npy", Tensor::scalar(5)}};
  save(folder / "a.npz", tensors);
  save(folder / "a.safetensors", tensors);
  expect_same(read_npz(folder / "a.npz"), tensors);
  expect_same(read_safetensors(folder / "a.safetensors"), tensors);
  EXPECT_EQ(folder.count(), 2U);
}

TEST(Load, SplitsPathFromKey) {
  const Folder folder;
  const std::vector<NamedTensor> tensors = {{"a:b.npz:c", Tensor::scalar(1)}, {"d", Tensor::scalar(2)}};
  save(folder / "x:y.npz", tensors);
  EXPECT_EQ(load(folder / "x:y.npz:a:b.npz:c").at<int>({}), 1);
  expect_error([&] { return load(folder / "x:y.npz"); }, ErrorKind::kUsage, "E0822", ":KEY");
  expect_error([&] { return load(folder / "x.npy:d"); }, ErrorKind::kUsage, "E0822", "drop ':d'");
  expect_error([&] { return load(folder / "x.txt"); }, ErrorKind::kUsage, "E0821");
  expect_error([&] { return load(""); }, ErrorKind::kUsage, "E0821");
  expect_error([&] { return load(folder / "x:y.npz:e"); }, ErrorKind::kFile, "E0540", "has no 'e'; it has 'a:b.npz:c', 'd'");
}

TEST(Load, AMissingKeyListsTheFirstFew) {
  const Folder folder;
  std::vector<NamedTensor> tensors;
  for (char c = 'a'; c <= 'z'; ++c) tensors.push_back({std::string(1, c), Tensor::scalar(1)});
  save(folder / "a.safetensors", tensors);
  expect_error([&] { return load(folder / "a.safetensors:0"); }, ErrorKind::kFile, "E0540", "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 18 more");
}

TEST(Read, TheReferenceCases) {
  const std::filesystem::path oracle = std::filesystem::path(EINFOLD_SHARED_DIR) / "oracle";
  if (!std::filesystem::exists(oracle)) GTEST_SKIP() << "NOT TESTED: there is no folder " << oracle;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(oracle)) {
    if (entry.path().extension() != ".npz") continue;
    ++files;
    const auto tensors = read_npz(entry.path().string());
    EXPECT_FALSE(tensors.empty()) << entry.path();
    for (const NamedTensor& named : tensors) {
      expect_equal(load(entry.path().string() + ":" + named.name), named.tensor);
      EXPECT_EQ(named.tensor.dtype(), DType::kFloat64) << entry.path() << " " << named.name;
    }
  }
  EXPECT_GE(files, 50);
}

}  // namespace
}  // namespace einfold
