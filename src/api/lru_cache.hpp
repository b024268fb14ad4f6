// SPDX-License-Identifier: MIT
//
// A bounded map that forgets the least recently used.
#pragma once

#include "einfold/plan_cache.hpp"

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace einfold {

inline constexpr std::size_t kCacheCapacity = 512;

/// Found by a hash and a test, so that looking up allocates nothing. Thread-safe. Of two values of one hash it keeps the
/// later one.
template <class Value>
class LruCache {
 public:
  template <class Matches>
  [[nodiscard]] std::optional<Value> find(std::uint64_t hash, const Matches& matches) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(hash);
    if (known == places_.end() || !matches(known->second->second)) {
      ++counts_.misses;
      return std::nullopt;
    }
    ++counts_.hits;
    entries_.splice(entries_.begin(), entries_, known->second);
    return known->second->second;
  }

  void insert(std::uint64_t hash, Value value) {
    const std::lock_guard lock(mutex_);
    if (capacity_ == 0) return;
    if (const auto known = places_.find(hash); known != places_.end()) {
      entries_.erase(known->second);
      places_.erase(known);
    }
    entries_.emplace_front(hash, std::move(value));
    places_[hash] = entries_.begin();
    shrink();
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    places_.clear();
    entries_.clear();
    counts_ = {};
  }

  void set_capacity(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    capacity_ = capacity;
    shrink();
  }

  [[nodiscard]] std::size_t capacity() const {
    const std::lock_guard lock(mutex_);
    return capacity_;
  }

  [[nodiscard]] CacheStatistics statistics() const {
    const std::lock_guard lock(mutex_);
    CacheStatistics counts = counts_;
    counts.entries = static_cast<std::int64_t>(entries_.size());
    return counts;
  }

 private:
  using Entries = std::list<std::pair<std::uint64_t, Value>>;

  void shrink() {
    while (entries_.size() > capacity_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
      ++counts_.evictions;
    }
  }

  mutable std::mutex mutex_;
  std::size_t capacity_ = kCacheCapacity;
  Entries entries_;  // most recently used first
  std::unordered_map<std::uint64_t, typename Entries::iterator> places_;
  CacheStatistics counts_;
};

}  // namespace einfold
