// SPDX-License-Identifier: MIT
#include "network/names.hpp"

#include "notation/utf8.hpp"

#include <unordered_map>
#include <unordered_set>

namespace einfold {
namespace {

/// The nearest identifier: letters, digits and underscores of `name`, then its trailing primes.
std::string identifier(const std::string& name) {
  const std::size_t stem_end = name.find_last_not_of('\'') + 1;
  std::string result;
  for (std::size_t at = 0; at < stem_end;) {
    const notation::CodePoint point = notation::decode(name, at);
    const bool letter = point.valid && (notation::is_letter(point.value) || point.value == '_');
    if (letter || (point.valid && notation::is_digit(point.value))) {
      if (result.empty() && !letter) result += "x";
      result += name.substr(at, point.length);
    }
    at += point.length;
  }
  if (result.empty()) return "x";
  return result + name.substr(stem_end);
}

class Names {
 public:
  bool take(const std::string& name) { return taken_.insert(name).second; }

  std::string derive(const std::string& name) {
    int& tried = tried_[name];
    for (;;) {
      ++tried;
      const std::string stem = name.substr(0, name.find('\''));
      std::string candidate = tried <= 3 ? name + std::string(tried, '\'') : stem + "_" + std::to_string(tried);
      if (take(candidate)) return candidate;
    }
  }

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> tried_;
};

}  // namespace

std::map<IndexId, std::string> unique_names(const Network& network) {
  Names names;
  std::map<IndexId, std::string> result;
  std::vector<IndexId> taken_by_others;
  for (const auto& [id, index] : network.indices) {
    const std::string name = identifier(index.name);
    if (!names.take(name)) taken_by_others.push_back(id);
    result[id] = name;
  }
  for (const IndexId id : taken_by_others) result[id] = names.derive(result[id]);
  return result;
}

}  // namespace einfold
