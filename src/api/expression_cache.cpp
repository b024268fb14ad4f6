// SPDX-License-Identifier: MIT
#include "api/expression_cache.hpp"

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace einfold {
namespace {

constexpr std::size_t kMostExpressions = 512;

/// Everything that decides the expression, as bytes; each list with its length, so that no two keys run together.
class Key {
 public:
  Key& add(std::int64_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Key& add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  Key& add(const Shape& shape) {
    add(static_cast<std::int64_t>(shape.size()));
    for (const std::int64_t extent : shape) add(extent);
    return *this;
  }
  Key& add(const IndexPattern& p) {
    return add(-1).add(p.input).add(p.kernel).add(p.stride).add(p.padding_left).add(p.padding_right).add(p.dilation);
  }
  [[nodiscard]] std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

std::string key_of(std::string_view equation, const std::vector<EinsumShape>& operands, const EinsumOptions& options) {
  Key key;
  key.add(equation).add(static_cast<std::int64_t>(options.notation)).add(options.broadcast ? 1 : 0);
  key.add(static_cast<std::int64_t>(operands.size()));
  for (const EinsumShape& operand : operands) std::visit([&](const auto& what) { key.add(what); }, operand);
  key.add(static_cast<std::int64_t>(options.sizes.size()));
  for (const auto& [name, extent] : options.sizes) key.add(name).add(extent);
  for (const auto& [name, padding] : options.pad) key.add(name).add(padding.left).add(padding.right);
  return std::move(key).bytes();
}

class Cache {
 public:
  [[nodiscard]] std::optional<Expression> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(key);
    if (known == places_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, known->second);
    return known->second->second;
  }

  void insert(const std::string& key, const Expression& expression) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(key)) return;
    entries_.emplace_front(key, expression);
    places_[key] = entries_.begin();
    if (entries_.size() <= kMostExpressions) return;
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }

 private:
  using Entries = std::list<std::pair<std::string, Expression>>;
  std::mutex mutex_;
  Entries entries_;  // most recently used first
  std::unordered_map<std::string, Entries::iterator> places_;
};

Cache& cache() {
  static Cache instance;
  return instance;
}

}  // namespace

Expression cached_expression(std::string_view equation, const std::vector<EinsumShape>& operands,
                             const EinsumOptions& options) {
  const std::string key = key_of(equation, operands, options);
  if (auto known = cache().find(key)) return *std::move(known);
  Expression expression = compile(equation, operands, options);
  cache().insert(key, expression);
  return expression;
}

}  // namespace einfold
