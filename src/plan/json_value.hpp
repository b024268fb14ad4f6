// SPDX-License-Identifier: MIT
//
// Values of a JSON document that is not trusted: what is missing, of another type or out of range is an Error.
#pragma once

#include "base/fail.hpp"
#include "einfold/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::plan {

using Json = nlohmann::ordered_json;

/// The document is not what was written. E0552.
[[noreturn]] inline void damaged(const std::string& what) {
  fail(ErrorKind::kFile, "E0552", "the plan is damaged: ", what, "; make it again");
}

/// A value and where it stands.
class JsonValue {
 public:
  JsonValue(const Json& value, std::string where) : value_(value), where_(std::move(where)) {}

  [[nodiscard]] JsonValue at(const char* key) const {
    if (!value_.is_object() || !value_.contains(key)) damaged(cat(where_, " has no '", key, "'"));
    return {value_.at(key), where_.empty() ? std::string(key) : where_ + "." + key};
  }
  /// Exactly these keys, so that nothing of a later version is passed over.
  void has_only(std::initializer_list<std::string_view> keys) const {
    if (!value_.is_object()) damaged(where_ + " is no object");
    for (const auto& item : value_.items()) {
      if (std::find(keys.begin(), keys.end(), item.key()) == keys.end()) damaged(cat(where_, " has an unknown ", printable(item.key())));
    }
  }

  [[nodiscard]] std::vector<JsonValue> list() const {
    if (!value_.is_array()) damaged(where_ + " is no list");
    std::vector<JsonValue> values;
    for (std::size_t i = 0; i < value_.size(); ++i) values.emplace_back(value_[i], cat(where_, "[", i, "]"));
    return values;
  }
  [[nodiscard]] std::int64_t integer(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                     std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
    const bool fits = value_.is_number_unsigned()
                          ? value_.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                          : value_.is_number_integer();
    const std::int64_t number = fits ? value_.get<std::int64_t>() : 0;
    if (!fits || number < least || number > most) damaged(where_ + " is no integer in its range");
    return number;
  }
  [[nodiscard]] int count(std::int64_t most = std::numeric_limits<int>::max()) const { return static_cast<int>(integer(0, most)); }
  [[nodiscard]] std::vector<std::int64_t> integers(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                                   std::int64_t most = std::numeric_limits<std::int64_t>::max()) const {
    std::vector<std::int64_t> numbers;
    for (const JsonValue& value : list()) numbers.push_back(value.integer(least, most));
    return numbers;
  }
  [[nodiscard]] std::vector<int> numbers(std::int64_t most = std::numeric_limits<int>::max()) const {
    const std::vector<std::int64_t> values = integers(0, most);
    return {values.begin(), values.end()};
  }
  /// Also "inf", "-inf" and "nan", which JSON does not have.
  [[nodiscard]] double real() const {
    if (value_.is_number()) return value_.get<double>();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (value_ == "inf") return kInfinity;
    if (value_ == "-inf") return -kInfinity;
    if (value_ == "nan") return std::numeric_limits<double>::quiet_NaN();
    damaged(where_ + " is no number");
  }
  [[nodiscard]] bool boolean() const {
    if (!value_.is_boolean()) damaged(where_ + " is neither true nor false");
    return value_.get<bool>();
  }
  /// At most 1000 bytes, no control characters.
  [[nodiscard]] std::string name() const {
    const std::string text = value_.is_string() ? value_.get<std::string>() : std::string();
    const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (!value_.is_string() || control || text.size() > 1000) damaged(where_ + " is no name");
    return text;
  }
  [[nodiscard]] bool is_null() const { return value_.is_null(); }
  [[nodiscard]] const Json& json() const { return value_; }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  const Json& value_;
  std::string where_;
};

[[nodiscard]] inline Json real_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

}  // namespace einfold::plan
