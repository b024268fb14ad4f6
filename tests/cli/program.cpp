// SPDX-License-Identifier: MIT
#include "cli/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <random>
#include <sstream>

namespace einfold::test {
namespace {

constexpr unsigned kSeconds = 60;

template <class T>
Tensor counting(const Shape& shape) {
  std::vector<T> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), T{1});
  return Tensor::from(shape, values);
}

/// Standard output and error go to these files; the program is started in `folder`.
[[noreturn]] void become_program(const std::string& folder, const std::string& out, const std::string& err,
                                 const Line& arguments, const std::function<void()>& prepare) {
  const auto redirect = [](const std::string& path, int descriptor) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, descriptor);
    ::close(file);
  };
  redirect(out, STDOUT_FILENO);
  redirect(err, STDERR_FILENO);
  std::vector<char*> pointers{const_cast<char*>("einfold")};
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  if (::chdir(folder.c_str()) != 0) ::_exit(125);
  ::alarm(kSeconds);
  if (prepare) prepare();
  ::execv(EINFOLD_PROGRAM, pointers.data());
  ::_exit(126);
}

}  // namespace

Program::Program() {
  static const Folder operands;
  static const bool made = [] {
    const auto put = [](const char* name, const Tensor& tensor) { einfold::save(operands / name, tensor); };
    put("m23.npy", counting<std::int64_t>({2, 3}));
    put("m34.npy", counting<std::int64_t>({3, 4}));
    put("m33.npy", counting<std::int64_t>({3, 3}));
    put("m13.npy", counting<std::int64_t>({1, 3}));
    put("scalar.npy", Tensor::scalar(2.5));
    put("empty.npy", Tensor(DType::kFloat64, {0, 3}));
    put("x.npy", normal({2, 4, 9, 8}, 1));
    put("w.npy", normal({6, 4, 3, 3}, 2));
    put("v.npy", normal({2, 6, 9, 8}, 3));  // of a convolution with padding 1
    put("line.npy", normal({1, 1, 10}, 4));
    put("tap3.npy", normal({1, 1, 3}, 5));
    return true;
  }();
  static_cast<void>(made);
  std::filesystem::copy(operands / "", folder / "", std::filesystem::copy_options::recursive);
}

Outcome Program::run(const Line& arguments, const std::function<void()>& prepare) const {
  const Folder streams;  // apart, so that tests see what the program itself left
  const std::string out = streams / "out", err = streams / "err";
  const pid_t child = ::fork();
  if (child == 0) become_program(folder / "", out, err, arguments, prepare);
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome;
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.out = contents(out);
  outcome.err = contents(err);
  return outcome;
}

std::string Program::ok(const Line& arguments) const {
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.code, 0) << testing::PrintToString(arguments) << "\n" << outcome.err;
  return outcome.out;
}

void Program::fails(int code, const std::string& part, const Line& arguments) const {
  SCOPED_TRACE(testing::PrintToString(arguments).substr(0, 500));
  const std::size_t files = folder.count();
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("einfold: E0")) << outcome.err;
  EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
  EXPECT_LT(outcome.err.size(), 3000U);
  EXPECT_EQ(folder.count(), files);
}

Line words(const std::string& line) {
  std::istringstream in(line);
  Line result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

Line operator+(Line line, const Line& more) {
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

Tensor normal(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> distribution;
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  for (double& value : values) value = distribution(random);
  return Tensor::from(shape, values);
}

}  // namespace einfold::test
