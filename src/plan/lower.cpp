// SPDX-License-Identifier: MIT
#include "plan/lower.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "plan/nests.hpp"
#include "plan/windowed_sum.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace einfold::plan {
namespace {

using Int = std::int64_t;

/// A range of values of a sliced index.
struct Block {
  Int start = 0, count = 0;
};
using Blocks = std::map<int, Block>;  // index -> the block at hand

/// A tensor in memory with the strides of its indices; `from` is where its first element lies in each index.
struct Stored {
  Place place;
  std::map<int, Int> strides;
  std::map<int, Int> from;  // of indices that were sliced when it was written; others start at 0
};

/// Strides of the indices in a list of row-major groups; a repeated index adds up.
std::map<int, Int> strides_in(const std::vector<std::vector<int>>& axes, const Strides& axis_strides,
                              const std::vector<Int>& extents) {
  std::map<int, Int> strides;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    Int stride = axis_strides[axis];
    for (auto x = axes[axis].rbegin(); x != axes[axis].rend(); ++x) {
      strides[*x] += stride;
      stride *= extents[static_cast<std::size_t>(*x)];
    }
  }
  return strides;
}

class Lowering {
 public:
  Lowering(const NumberedNetwork& network, const pathfind::Tree& tree, const std::vector<pathfind::Slice>& slices,
           const Layout& layout, const Epilogue& epilogue)
      : problem_(network.problem), output_groups_(network.output_groups), tree_(tree), slices_(slices), layout_(layout),
        epilogue_(epilogue), schedule_(pathfind::schedule_of(problem_, tree, slices)), stored_(tree.steps.size()) {
    plan_.operand_shapes = layout.operand_shapes;
    plan_.operand_strides = layout.operand_strides;
    plan_.result_shape = layout.result_shape;
    plan_.result_strides = layout.result_strides;
    for (const pathfind::Leaf& leaf : problem_.leaves) {
      leaf_strides_.push_back(strides_in(leaf.axes, layout.operand_strides[static_cast<std::size_t>(leaf.operand)], problem_.extents));
    }
    for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s) indices_.push_back(indices_of(s));
    for (const pathfind::Step& one : tree.steps) memory_orders_.push_back(one.legs);
    for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s) {
      for (const int node : {step(s).a, step(s).b}) {
        if (step(s).squared && node >= leaves() && holder(node - leaves()) >= 0) order_squared(node - leaves(), s);
      }
    }
  }

  /// Runs the schedule: a loop's body is emitted once per block.
  Plan run() {
    Blocks blocks;
    std::vector<std::size_t> begins;  // of the open loops
    for (std::size_t at = 0; at < schedule_.instructions.size(); ++at) {
      const pathfind::Instruction& instruction = schedule_.instructions[at];
      if (instruction.kind == pathfind::Instruction::kCompute) {
        emit_step(instruction.number, blocks);
        continue;
      }
      const pathfind::Slice& slice = slices_[static_cast<std::size_t>(instruction.number)];
      const Int extent = problem_.extents[static_cast<std::size_t>(slice.index)];
      if (instruction.kind == pathfind::Instruction::kBegin) {
        begins.push_back(at);
        blocks[slice.index] = {0, std::min(slice.block, extent)};
        continue;
      }
      Block& block = blocks.at(slice.index);
      block.start += slice.block;
      if (block.start < extent) {
        block.count = std::min(slice.block, extent - block.start);
        at = begins.back();
      } else {
        blocks.erase(slice.index);
        begins.pop_back();
      }
    }
    plan_.workspace_elements = place_buffers(plan_.buffers);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const pathfind::Step& step(int s) const { return tree_.steps[static_cast<std::size_t>(s)]; }
  [[nodiscard]] int leaves() const { return static_cast<int>(problem_.leaves.size()); }
  [[nodiscard]] bool is_root(int s) const { return s + 1 == static_cast<int>(tree_.steps.size()); }

  /// The loops over the step's own slices, and whether index x is restricted by a loop around those.
  [[nodiscard]] std::vector<pathfind::Slice> own_slices(int s) const {
    std::vector<pathfind::Slice> own;
    const auto& outer = schedule_.outer[static_cast<std::size_t>(s)];
    for (const int slice : schedule_.inner[static_cast<std::size_t>(s)]) {
      if (std::find(outer.begin(), outer.end(), slice) == outer.end()) own.push_back(slices_[static_cast<std::size_t>(slice)]);
    }
    return own;
  }

  [[nodiscard]] Int extent(int x, const Blocks& blocks) const {
    const auto block = blocks.find(x);
    return block == blocks.end() ? problem_.extents[static_cast<std::size_t>(x)] : block->second.count;
  }

  /// The step that holds the tensor of s.
  [[nodiscard]] int holder(int s) const { return schedule_.value[static_cast<std::size_t>(s)]; }

  [[nodiscard]] bool has_leg(int node, int x) const {
    const auto in = [&](const std::vector<int>& legs) { return std::find(legs.begin(), legs.end(), x) != legs.end(); };
    if (node >= leaves()) return in(step(node - leaves()).legs);
    if (node < 0) return false;
    const auto& axes = problem_.leaves[static_cast<std::size_t>(node)].axes;
    return std::any_of(axes.begin(), axes.end(), in);
  }

  /// A tensor of which the squares are summed lies as the sum does, so that they are added up row by row: outermost what both operands of
  /// its own step have, for one product after the other, then what is summed.
  void order_squared(int squared, int sum) {
    const pathfind::Step& made = step(holder(squared));
    const auto strides = is_root(sum) ? strides_in(output_groups_, layout_.result_strides, problem_.extents) : std::map<int, Int>{};
    const auto key = [&](std::size_t leg) {
      if (has_leg(made.a, made.legs[leg]) && has_leg(made.b, made.legs[leg])) return std::pair(0, Int{0});
      const int x = step(squared).legs[leg];
      if (!has_leg(leaves() + sum, x)) return std::pair(1, Int{0});
      const auto stride = strides.find(x);
      return std::pair(2, stride == strides.end() ? 0 : -std::abs(stride->second));
    };
    std::vector<std::size_t> legs(made.legs.size());
    std::iota(legs.begin(), legs.end(), std::size_t{0});
    std::stable_sort(legs.begin(), legs.end(), [&](std::size_t x, std::size_t y) { return key(x) < key(y); });
    std::vector<int>& order = memory_orders_[static_cast<std::size_t>(holder(squared))];
    std::transform(legs.begin(), legs.end(), order.begin(), [&](std::size_t leg) { return made.legs[leg]; });
  }

  /// All indices of a step: of its operands, its equations and its result; ascending.
  [[nodiscard]] std::vector<int> indices_of(int s) const {
    std::set<int> indices(step(s).legs.begin(), step(s).legs.end());
    for (const int node : {step(s).a, step(s).b}) {
      if (node < 0) continue;
      if (node < leaves()) {
        for (const auto& group : problem_.leaves[static_cast<std::size_t>(node)].axes) indices.insert(group.begin(), group.end());
      } else {
        const auto& legs = step(node - leaves()).legs;
        indices.insert(legs.begin(), legs.end());
      }
    }
    for (const int e : step(s).equations) {
      for (const auto& [x, coefficient] : problem_.equations[static_cast<std::size_t>(e)].terms) indices.insert(x);
    }
    return {indices.begin(), indices.end()};
  }

  /// Gives the result of s its place: whole in the indices of its own slices, one block in those of loops around them.
  void allocate_result(int s, const Blocks& blocks) {
    Stored& stored = stored_[static_cast<std::size_t>(s)];
    stored = {};
    if (is_root(s)) {
      stored.place = {Place::Kind::kResult, 0, 0};
      stored.strides = strides_in(output_groups_, layout_.result_strides, problem_.extents);
      return;
    }
    Blocks around = blocks;
    for (const pathfind::Slice& slice : own_slices(s)) around.erase(slice.index);
    Int elements = 1;
    const std::vector<int>& order = memory_orders_[static_cast<std::size_t>(s)];
    for (auto leg = order.rbegin(); leg != order.rend(); ++leg) {
      stored.strides[*leg] = elements;
      const auto block = around.find(*leg);
      if (block != around.end()) stored.from[*leg] = block->second.start;
      const auto next = checked::multiply(elements, extent(*leg, around));
      if (!next) fail(ErrorKind::kMemory, "E0602", "an intermediate of more than 2^63 elements");
      elements = *next;
    }
    stored.place = {Place::Kind::kBuffer, static_cast<int>(plan_.buffers.size()), 0};
    const int now = static_cast<int>(plan_.steps.size());
    plan_.buffers.push_back({elements, 0, now, now});
  }

  /// The tensor of a node with this step's names for its indices.
  [[nodiscard]] Stored stored_of(int node) const {
    if (node < leaves()) return {place_at_origin(node), leaf_strides_[static_cast<std::size_t>(node)], {}};
    const int s = node - leaves();
    const Stored& source = stored_[static_cast<std::size_t>(holder(s))];
    Stored renamed{source.place, {}, {}};
    for (std::size_t leg = 0; leg < step(s).legs.size(); ++leg) {
      const int theirs = step(holder(s)).legs[leg], ours = step(s).legs[leg];
      renamed.strides[ours] = source.strides.at(theirs);
      const auto from = source.from.find(theirs);
      if (from != source.from.end()) renamed.from[ours] = from->second;
    }
    return renamed;
  }

  [[nodiscard]] Place place_at_origin(int node) const {
    if (node < leaves()) return {Place::Kind::kOperand, problem_.leaves[static_cast<std::size_t>(node)].operand, 0};
    return stored_[static_cast<std::size_t>(holder(node - leaves()))].place;
  }

  /// Where the block at hand lies in the tensor of a node. Called once per turn of every loop: no copy of its strides is made.
  [[nodiscard]] Place place_of(int node, const Blocks& blocks) const {
    Place place = place_at_origin(node);
    for (const auto& [x, block] : blocks) {
      if (node < leaves()) {
        const auto& strides = leaf_strides_[static_cast<std::size_t>(node)];
        const auto stride = strides.find(x);
        if (stride != strides.end()) place.offset += stride->second * block.start;
        continue;
      }
      const int s = node - leaves();
      const auto leg = std::find(step(s).legs.begin(), step(s).legs.end(), x) - step(s).legs.begin();
      if (leg == static_cast<std::ptrdiff_t>(step(s).legs.size())) continue;
      const int theirs = step(holder(s)).legs[static_cast<std::size_t>(leg)];
      place.offset += offset_in(stored_[static_cast<std::size_t>(holder(s))], theirs, block.start);
    }
    return place;
  }

  [[nodiscard]] static Int offset_in(const Stored& stored, int x, Int start) {
    const auto stride = stored.strides.find(x);
    if (stride == stored.strides.end()) return 0;
    const auto from = stored.from.find(x);
    return stride->second * (start - (from == stored.from.end() ? 0 : from->second));
  }

  [[nodiscard]] StepSystem system_of(int s, const Blocks& blocks) const {
    const std::vector<int>& indices = indices_[static_cast<std::size_t>(s)];
    StepSystem system;
    const auto view_of = [&](const Stored& stored) {
      View view;
      for (const int x : indices) {
        const auto stride = stored.strides.find(x);
        view.strides.push_back(stride == stored.strides.end() ? 0 : stride->second);
        view.has.push_back(stride != stored.strides.end());
      }
      return view;
    };
    if (step(s).a >= 0) system.a = view_of(stored_of(step(s).a));
    if (step(s).b >= 0) system.b = view_of(stored_of(step(s).b));
    system.c = view_of(stored_[static_cast<std::size_t>(s)]);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      system.indices.push_back({extent(indices[i], blocks), system.a && system.a->has[i], system.b && system.b->has[i],
                                system.c.has[i]});
    }
    for (const int e : step(s).equations) {
      const pathfind::Equation& source = problem_.equations[static_cast<std::size_t>(e)];
      Equation equation{std::vector<Int>(indices.size(), 0), source.constant};
      for (const auto& [x, coefficient] : source.terms) {
        const auto at = std::lower_bound(indices.begin(), indices.end(), x) - indices.begin();
        equation.coefficients[static_cast<std::size_t>(at)] += coefficient;
        const auto block = blocks.find(x);
        if (block == blocks.end()) continue;
        const auto constant = checked::multiply_add(equation.constant, -coefficient, block->second.start);
        if (!constant) fail(ErrorKind::kArgument, "E0604", "offsets of this equation are too large");
        equation.constant = *constant;
      }
      system.equations.push_back(std::move(equation));
    }
    return system;
  }

  /// Whether the region of C at hand is written for the first time, in this turn of the loops around.
  [[nodiscard]] bool first_visit(int s, const Blocks& blocks) const {
    const bool diagonal = is_root(s) && has_diagonal();
    for (const pathfind::Slice& slice : own_slices(s)) {
      const auto& legs = step(s).legs;
      const bool summed = std::find(legs.begin(), legs.end(), slice.index) == legs.end();
      if ((summed || diagonal) && blocks.at(slice.index).start != 0) return false;
    }
    return true;
  }

  [[nodiscard]] bool first_turn(int s, const Blocks& blocks) const {
    const std::vector<pathfind::Slice> own = own_slices(s);
    return std::all_of(own.begin(), own.end(), [&](const auto& slice) { return blocks.at(slice.index).start == 0; });
  }

  [[nodiscard]] bool has_diagonal() const {
    std::size_t occurrences = 0;
    for (const auto& group : output_groups_) occurrences += group.size();
    return occurrences != problem_.output.size();
  }

  void emit_step(int s, const Blocks& blocks) {
    if (first_turn(s, blocks)) allocate_result(s, blocks);
    PlanStep plan_step;
    plan_step.tree_step = s;
    if (step(s).a >= 0) plan_step.a = place_of(step(s).a, blocks);
    if (step(s).b >= 0) plan_step.b = place_of(step(s).b, blocks);
    const Stored& result = stored_[static_cast<std::size_t>(s)];
    plan_step.c = result.place;
    for (const auto& [x, block] : blocks) plan_step.c.offset += offset_in(result, x, block.start);
    plan_step.work = work_of(s, blocks, plan_step);
    for (const Place* place : {&plan_step.a, &plan_step.b, &plan_step.c}) {
      if (place->kind != Place::Kind::kBuffer) continue;
      plan_.buffers[static_cast<std::size_t>(place->number)].last_step = static_cast<int>(plan_.steps.size());
    }
    plan_.steps.push_back(std::move(plan_step));
  }

  /// Blocks of equal extents share their work; those in equations also need equal starts.
  std::shared_ptr<const Work> work_of(int s, const Blocks& blocks, const PlanStep& places) {
    const bool zero_first = first_visit(s, blocks) && !(is_root(s) && epilogue_.accumulate);
    WorkKey key{s, zero_first, places.a == places.b, {}, {}};
    const auto& indices = indices_[static_cast<std::size_t>(s)];
    for (const auto& [x, block] : blocks) {
      if (!std::binary_search(indices.begin(), indices.end(), x)) continue;
      key.extents.push_back(block.count);
      key.starts.push_back(in_equation(s, x) ? block.start : 0);
    }
    std::shared_ptr<const Work>& work = works_[key];
    if (!work) work = std::make_shared<const Work>(make_work(s, system_of(s, blocks), indices, zero_first, blocks, places));
    return work;
  }

  [[nodiscard]] bool in_equation(int s, int x) const {
    return std::any_of(step(s).equations.begin(), step(s).equations.end(), [&](int e) {
      const auto& terms = problem_.equations[static_cast<std::size_t>(e)].terms;
      return std::any_of(terms.begin(), terms.end(), [&](const auto& term) { return term.first == x; });
    });
  }

  /// Windowed sums need one; few elements without a window do as well without.
  [[nodiscard]] static bool worth_a_workspace(const StepSystem& system) {
    constexpr double kFewest = 1 << 12;
    double elements = 1;
    for (const StepIndex& index : system.indices) elements *= index.on_a ? static_cast<double>(index.extent) : 1;
    return !system.equations.empty() || elements >= kFewest;
  }

  [[nodiscard]] Work make_work(int s, const StepSystem& system, const std::vector<int>& indices, bool zero_first,
                               const Blocks& blocks, const PlanStep& places) const {
    const Factor factor = is_root(s) ? epilogue_.factor : Factor{};
    const bool diagonal = is_root(s) && has_diagonal();
    // a windowed sum writes its own places only, and zeros lie between
    if (zero_first && !diagonal && worth_a_workspace(system)) {
      if (auto sum = as_windowed_sum(system)) {
        sum->factor = factor;
        return *std::move(sum);
      }
    }
    NestList list = lower_to_nests(system);
    Contraction work;
    work.has_a = system.a.has_value();
    work.has_b = system.b.has_value();
    work.zero_first = zero_first;
    work.factor = factor;
    work.nests = std::move(list.nests);
    if (diagonal) {
      work.c_extents = layout_.result_shape;
      work.c_strides = layout_.result_strides;
    } else {
      for (std::size_t i = 0; i < indices.size(); ++i) {
        if (!system.c.has[i]) continue;
        work.c_extents.push_back(extent(indices[i], blocks));
        work.c_strides.push_back(system.c.strides[i]);
      }
    }
    if (work.has_b && places.a == places.b) {
      work.same = std::all_of(work.nests.begin(), work.nests.end(), [](const Nest& nest) { return nest.a == nest.b; });
      if (!work.same) work.symmetry = symmetry_of(s, indices, list.loop_of_index, work.nests);
    }
    return work;
  }

  /// The loops that exchange A and B, if they really do so in every nest.
  [[nodiscard]] Symmetry symmetry_of(int s, const std::vector<int>& indices, const std::vector<int>& loop_of_index,
                                     const std::vector<Nest>& nests) const {
    Symmetry symmetry;
    for (const auto& [x, y] : step(s).exchanged) {
      const auto loop_of = [&](int index) {
        const auto at = std::lower_bound(indices.begin(), indices.end(), index) - indices.begin();
        return loop_of_index[static_cast<std::size_t>(at)];
      };
      const int first = loop_of(x), second = loop_of(y);
      if (first < 0 || second < 0) return {};
      if (first < second) symmetry.exchanged.emplace_back(first, second);
    }
    for (const Nest& nest : nests) {
      if (!exchanges(nest, symmetry)) return {};
    }
    return symmetry;
  }

  [[nodiscard]] static bool exchanges(const Nest& nest, const Symmetry& symmetry) {
    const auto exchanged = [&](std::vector<Int> values) {
      for (const auto& [x, y] : symmetry.exchanged) {
        std::swap(values[static_cast<std::size_t>(x)], values[static_cast<std::size_t>(y)]);
      }
      return values;
    };
    Access a = nest.a;
    a.strides = exchanged(a.strides);
    for (Window& window : a.windows) window.coefficients = exchanged(window.coefficients);
    const auto same_windows = std::is_permutation(a.windows.begin(), a.windows.end(), nest.b.windows.begin(), nest.b.windows.end());
    return exchanged(nest.extents) == nest.extents && a.base == nest.b.base && a.strides == nest.b.strides && same_windows;
  }

  struct WorkKey {
    int step;
    bool zero_first;
    bool same_place;                   // of A and B
    std::vector<Int> extents, starts;  // of the blocks

    friend auto operator<=>(const WorkKey&, const WorkKey&) = default;
  };
  const pathfind::Problem& problem_;
  const std::vector<std::vector<int>>& output_groups_;
  const pathfind::Tree& tree_;
  const std::vector<pathfind::Slice>& slices_;
  const Layout& layout_;
  const Epilogue& epilogue_;
  pathfind::Schedule schedule_;
  std::vector<std::map<int, Int>> leaf_strides_;
  std::vector<std::vector<int>> indices_;  // by step, ascending
  std::vector<std::vector<int>> memory_orders_;  // by step: its legs, longest strides first
  std::vector<Stored> stored_;             // by step
  std::map<WorkKey, std::shared_ptr<const Work>> works_;
  Plan plan_;
};

}  // namespace

Plan lower(const NumberedNetwork& network, const pathfind::Tree& tree, const std::vector<pathfind::Slice>& slices,
           const Layout& layout, const Epilogue& epilogue) {
  return Lowering(network, tree, slices, layout, epilogue).run();
}

}  // namespace einfold::plan
