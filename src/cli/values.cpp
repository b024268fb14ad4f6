// SPDX-License-Identifier: MIT
#include "cli/values.hpp"

#include "cli/fail.hpp"
#include "cli/text_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

namespace einfold::cli {
namespace {

/// std::from_chars over the whole text: never a locale, never white space.
template <class Number>
Number number(std::string_view text, std::string_view option, const char* what) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size()) {
    usage_error("E0805", option, ": ", printable(text), " does not fit in 64 bits");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    usage_error("E0805", option, ": ", printable(text), " is not ", what);
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

struct Unit {
  std::string_view name;  // lower case
  std::int64_t bytes;
};

constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                          {"b", 1},
                                          {"kb", 1'000},
                                          {"mb", 1'000'000},
                                          {"gb", 1'000'000'000},
                                          {"tb", 1'000'000'000'000},
                                          {"pb", 1'000'000'000'000'000},
                                          {"eb", 1'000'000'000'000'000'000},
                                          {"kib", std::int64_t{1} << 10},
                                          {"mib", std::int64_t{1} << 20},
                                          {"gib", std::int64_t{1} << 30},
                                          {"tib", std::int64_t{1} << 40},
                                          {"pib", std::int64_t{1} << 50},
                                          {"eib", std::int64_t{1} << 60}}};

}  // namespace

std::int64_t integer(std::string_view text, std::string_view option) {
  return number<std::int64_t>(text, option, "an integer");
}

double real(std::string_view text, std::string_view option) {
  const auto value = number<double>(text, option, "a number");
  if (!std::isfinite(value)) usage_error("E0805", option, ": ", printable(text), " is not a finite number");
  return value;
}

std::vector<std::int64_t> integers(std::string_view text, std::string_view option) {
  std::vector<std::int64_t> values;
  for (const std::string_view part : split(text, ',')) {
    if (part.empty()) usage_error("E0805", option, ": ", printable(text), " is not a list of integers, as in 3,3");
    values.push_back(integer(part, option));
  }
  return values;
}

Shape shape(std::string_view text, std::string_view option) {
  Shape extents = text.empty() ? Shape{} : integers(text, option);
  for (const std::int64_t extent : extents) {
    if (extent < 0) throw Error(ErrorKind::kShape, "E0401", std::string(option) + ": an extent is negative");
  }
  return extents;
}

std::pair<std::int64_t, std::int64_t> sides(std::string_view text, std::string_view option) {
  const auto parts = split(text, ':');
  if (parts.size() != 2) usage_error("E0805", option, ": ", printable(text), " is not LEFT:RIGHT, as in 1:2");
  return {integer(parts[0], option), integer(parts[1], option)};
}

ConvPadding padding(std::string_view text) {
  constexpr std::string_view option = "--padding";
  if (text == "same" || text == "valid") return std::string(text);
  if (text.find(':') == std::string_view::npos) return integers(text, option);
  std::vector<std::pair<std::int64_t, std::int64_t>> list;
  for (const std::string_view part : split(text, ',')) {
    const bool both = part.find(':') == std::string_view::npos;
    list.push_back(both ? std::pair(integer(part, option), integer(part, option)) : sides(part, option));
  }
  return list;
}

std::int64_t memory_size(std::string_view text, std::string_view option) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), digit) - text.begin());
  std::string name(text.substr(digits));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
  if (digits == 0 || unit == kUnits.end()) {
    usage_error("E0805", option, ": ", printable(text), " is not a size of memory, such as 4096, 512MiB or 2GB");
  }
  const std::int64_t count = integer(text.substr(0, digits), option);
  if (count > std::numeric_limits<std::int64_t>::max() / unit->bytes) {
    usage_error("E0805", option, ": ", printable(text), " does not fit in 64 bits");
  }
  return count * unit->bytes;
}

std::vector<std::pair<std::string, std::string>> named_values(const std::vector<std::string>& texts,
                                                              std::string_view option) {
  std::vector<std::pair<std::string, std::string>> values;
  std::set<std::string> names;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      usage_error("E0808", option, ": ", printable(text), " is not NAME=VALUE");
    }
    std::string name = text.substr(0, equals);
    if (!names.insert(name).second) usage_error("E0804", option, " gives ", printable(name), " twice");
    values.emplace_back(std::move(name), text.substr(equals + 1));
  }
  return values;
}

/// @FILE stands for the words in it.
static std::vector<std::string> words_of_files(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) {
    if (!text.starts_with('@')) {
      words.push_back(text);
      continue;
    }
    std::istringstream file(read_text_file(text.substr(1)));
    for (std::string word; file >> word;) words.push_back(word);
  }
  return words;
}

Sizes sizes(const std::vector<std::string>& texts) {
  Sizes result;
  for (const auto& [name, value] : named_values(words_of_files(texts), "--size")) result[name] = integer(value, "--size");
  return result;
}

Pads pads(const std::vector<std::string>& texts) {
  Pads result;
  for (const auto& [name, value] : named_values(texts, "--pad")) {
    const auto [left, right] = sides(value, "--pad");
    result[name] = {left, right};
  }
  return result;
}

}  // namespace einfold::cli
