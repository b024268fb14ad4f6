// SPDX-License-Identifier: MIT
#include "api/plans.hpp"

#include "api/caches.hpp"
#include "api/hash.hpp"
#include "api/memory_limit.hpp"
#include "api/pipeline_options.hpp"

namespace einfold {
namespace {

/// Types, strides and limits that an expression remembers plans for; beyond, it starts anew.
constexpr std::size_t kMostPlans = 64;

/// Numbers as bytes; each list with its length, so that no two forms run together.
class Form {
 public:
  void add(std::int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void add(double value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  template <class List>
  void add_length(const List& list) {
    add(static_cast<std::int64_t>(list.size()));
  }

  void add_operands(const std::vector<Operand>& operands) {
    add_length(operands);
    for (const Operand& operand : operands) {
      positions_.emplace(operand.name, static_cast<std::int64_t>(positions_.size()));
      add_length(operand.shape);
      for (const std::int64_t extent : operand.shape) add(extent);
    }
  }

  /// After the operands that its own are among.
  void add_term(const Network& term) {
    std::map<IndexId, std::int64_t> numbers;
    const auto add_index = [&](IndexId id) {
      const auto [place, is_new] = numbers.try_emplace(id, static_cast<std::int64_t>(numbers.size()));
      add(place->second);
      if (is_new) add(term.extent(id));
    };
    const auto add_groups = [&](const std::vector<Group>& groups) {
      add_length(groups);
      for (const Group& group : groups) {
        add_length(group);
        for (const IndexId id : group) add_index(id);
      }
    };
    add_length(term.operands);  // plans bind operands in this order
    for (const Operand& operand : term.operands) {
      const auto position = positions_.find(operand.name);
      add(position == positions_.end() ? std::int64_t{-1} : position->second);
    }
    add_length(term.dense);
    for (const Dense& node : term.dense) {
      add(std::int64_t{node.operand});
      add_groups(node.axes);
    }
    add_groups(term.output);
    add_length(term.affine);
    for (const Affine& node : term.affine) {
      add(node.constant);
      add_length(node.terms);
      for (const Term& leg : node.terms) {
        add_index(leg.index);
        add(leg.coefficient);
      }
    }
    add_length(term.indices);
    for (const auto& [id, index] : term.indices) {  // those that nothing has
      if (!numbers.contains(id)) add(index.extent);
    }
    add(term.scale.numerator);
    add(term.scale.denominator);
    add(term.scale.real);
    add(std::int64_t{term.zero});
  }

  [[nodiscard]] std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::map<std::string_view, std::int64_t> positions_;  // of operands, by name
};

}  // namespace

Orders Plans::orders(const PlanKey& key, std::int64_t limit_elements) {
  if (fixed_) return fixed_;
  Orders& known = orders_[{key.simplify, limit_elements}];
  if (!known) {
    plan::PipelineOptions options = pipeline_options(order_, key.simplify, key.threads);
    options.limit_elements = limit_elements;
    known = std::make_shared<const std::vector<plan::Ordered>>(order_all(terms_, options));
  }
  return known;
}

Orders Plans::unlimited_orders(const PlanKey& key) {
  const std::lock_guard lock(mutex_);
  return orders(key, kUnlimited);
}

std::shared_ptr<const Compiled> Plans::compiled(const PlanKey& key) {
  const std::lock_guard lock(mutex_);
  if (plans_.size() >= kMostPlans && !plans_.contains(key)) plans_.clear();
  if (orders_.size() >= kMostPlans) orders_.clear();
  const auto known = plans_.find(key);
  if (known != plans_.end()) return known->second;
  const auto order = [&](std::int64_t limit_elements) { return orders(key, limit_elements); };
  auto plan = compile_within({terms_, operands_}, {key.type, key.strides, key.result_strides}, key.threads,
                             key.memory_limit_bytes, order);
  plans_.emplace(key, plan);
  return plan;
}

std::int64_t Plans::least_bytes(const PlanKey& key) {
  const std::lock_guard lock(mutex_);
  const auto order = [&](std::int64_t limit_elements) { return orders(key, limit_elements); };
  return compile_smallest({terms_, operands_}, {key.type, key.strides, key.result_strides}, key.threads, order)->workspace_bytes();
}

std::string canonical_form(const std::vector<Network>& terms, const std::vector<Operand>& operands) {
  Form form;
  form.add_operands(operands);
  form.add_length(terms);
  for (const Network& term : terms) form.add_term(term);
  return std::move(form).bytes();
}

std::shared_ptr<Plans> shared_plans(const std::vector<Network>& terms, const std::vector<Operand>& operands) {
  std::string form = canonical_form(terms, operands);
  Hash hash;
  hash.add(form);
  const auto matches = [&](const std::shared_ptr<const RememberedPlans>& known) { return known->form == form; };
  if (const auto known = plan_cache().find(hash.value(), matches)) return (*known)->plans;
  auto plans = std::make_shared<Plans>(terms, operands);
  plan_cache().insert(hash.value(), std::make_shared<const RememberedPlans>(RememberedPlans{std::move(form), plans}));
  return plans;
}

}  // namespace einfold
