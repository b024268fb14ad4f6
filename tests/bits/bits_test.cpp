// SPDX-License-Identifier: MIT
//
// The same bits in every instruction set and on any number of threads. A process uses one instruction set: this program starts
// itself again for each other, with EINFOLD_ISA.
#include "bits/results.hpp"
#include "cpu/isa.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>

namespace einfold::test {
namespace {

constexpr const char* kPrint = "EINFOLD_PRINT_FINGERPRINTS";  // threads, separated by spaces

std::vector<Fingerprint> in_a_process_of(cpu::Isa isa, const std::string& threads) {
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0) return {};
  const std::string command = "EINFOLD_ISA=" + std::string(cpu::name_of(isa)) + " " + kPrint + "='" + threads + "' '" + self + "'";
  FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) return {};
  std::vector<Fingerprint> found;
  unsigned long long hash = 0;
  char name[512] = {};
  while (std::fscanf(out, "%llx %511[^\n]", &hash, name) == 2) found.push_back({name, hash});
  EXPECT_EQ(pclose(out), 0) << command;
  return found;
}

const std::vector<Fingerprint>& expected() {
  static const std::vector<Fingerprint> one_thread = fingerprints({1});
  return one_thread;
}

TEST(Bits, AreTheSame_OnAnyNumberOfThreads) {
  EXPECT_GT(expected().size(), 250U);
  const std::vector<Fingerprint> found = fingerprints({1, 2, 3, 8});
  for (const Fingerprint& one : found) {
    EXPECT_EQ(one.name.find("threads"), std::string::npos) << one.name << " differs from 1 thread";
  }
  EXPECT_EQ(found.size(), expected().size());
}

TEST(Bits, AreTheSame_InEveryInstructionSet) {
  std::map<std::string, std::uint64_t> by_name;
  for (const Fingerprint& one : expected()) by_name[one.name] = one.hash;
  for (const cpu::Isa isa : cpu::supported_isas()) {
    SCOPED_TRACE(cpu::name_of(isa));
    if (isa == cpu::chosen_isa()) continue;
    const std::vector<Fingerprint> found = in_a_process_of(isa, "1 2");
    EXPECT_EQ(found.size(), expected().size());
    for (const Fingerprint& one : found) EXPECT_EQ(one.hash, by_name[one.name]) << one.name;
  }
}

}  // namespace
}  // namespace einfold::test

int main(int count, char** arguments) {
  if (const char* threads = std::getenv(einfold::test::kPrint)) {
    std::istringstream list(threads);
    std::vector<int> numbers;
    for (int number = 0; list >> number;) numbers.push_back(number);
    for (const auto& one : einfold::test::fingerprints(numbers)) {
      std::printf("%llx %s\n", static_cast<unsigned long long>(one.hash), one.name.c_str());
    }
    return 0;
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
