// SPDX-License-Identifier: MIT
#include "cpu/interleave.hpp"

#include "cpu/arena.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/loop_nest.hpp"
#include "cpu/micro.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::size_t kMostClasses = 64;  // pairs are compared

bool share_lines(const std::vector<Progression>& x, const std::vector<Progression>& y) {
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    if (apart(x[i], y[i])) return false;
  return true;
}

/// Strides of a box without gaps. Rows follow each other; planes of rows do not begin in the same set of a cache: kSets elements have
/// at least a quarter of the 64 sets of a first cache behind them, and kLine at least one.
std::vector<std::int64_t> compact_strides(const std::vector<std::int64_t>& extents) {
  constexpr std::int64_t kSets = 256, kLine = 16;
  std::vector<std::int64_t> strides(extents.size(), 1);
  for (std::size_t i = extents.size() - 1; i-- > 0;) {
    strides[i] = strides[i + 1] * extents[i + 1];
    if (i + 2 < extents.size() && strides[i] % kSets == 0) strides[i] += kLine;
  }
  return strides;
}

/// One nest alone, its result without gaps in the scratch from `at` on.
Interleaving::Class class_of(const plan::Contraction& step, const plan::Nest& nest, const Interleaving& all,
                             const std::vector<Progression>& box) {
  const std::size_t inner = box.size() - 1;
  const Progression& along = box[inner];
  Interleaving::Class result;
  result.residue = along.start % all.classes_per_line;
  std::vector<std::int64_t> extents;
  for (const Progression& p : box) extents.push_back(p.count);
  extents[inner] = (all.line - result.residue + all.classes_per_line - 1) / all.classes_per_line;
  const auto strides = compact_strides(extents);
  result.has_gaps = along.count < extents[inner];
  result.elements = strides[0] * extents[0];
  result.rows_at = all.scratch_elements;
  result.at = result.rows_at + along.start / all.classes_per_line;
  for (std::size_t i = 0; i < inner; ++i) {
    auto& rows = result.to_row.emplace_back(static_cast<std::size_t>(all.outer[i].extent), Interleaving::kNone);
    for (std::int64_t j = 0; j < box[i].count; ++j) rows[static_cast<std::size_t>(box[i].start + j * box[i].step)] = j * strides[i];
  }

  result.step = step;
  result.step.nests = {nest};
  extents[inner] = along.count;
  result.step.c_extents = extents;
  result.step.c_strides = strides;
  plan::Access& c = result.step.nests[0].c;
  c.base = 0;
  std::vector<std::int64_t> moved(c.strides.size(), 0);
  for (std::size_t i = 0; i < box.size(); ++i) {
    if (!box[i].loop) continue;
    const std::size_t l = *box[i].loop;
    const bool backwards = c.strides[l] < 0;
    moved[l] = backwards ? -strides[i] : strides[i];
    if (backwards) c.base += strides[i] * (box[i].count - 1);
  }
  c.strides = std::move(moved);
  return result;
}

template <class T>
class Interleaved final : public Kernel {
 public:
  Interleaved(Interleaving plan, std::vector<std::shared_ptr<const Kernel>> classes, bool streams, const Options& options)
      : plan_(std::move(plan)),
        classes_(std::move(classes)),
        micro_(micro_kernels<T>(options.isa)),
        stream_(stream_lines(options.isa)),
        streams_(streams),
        threads_(std::max(1, options.threads)) {
    for (const auto& one : classes_) {
      if (name_.find(one->name()) == std::string::npos) name_ += (name_.empty() ? "" : ", ") + one->name();
      flops_ += one->flops();
      loads_.insert(loads_.end(), one->loads().begin(), one->loads().end());
      of_classes_ = std::max(of_classes_, one->workspace_bytes());
    }
    for (std::size_t i = 0; i < plan_.classes.size(); ++i)
      if (plan_.classes[i].has_gaps) with_gaps_.push_back(i);
    for (std::size_t i = 0; i + 1 < plan_.outer.size(); ++i) planes_ *= plan_.outer[i].extent;
    if (!plan_.outer.empty()) rows_ = plan_.outer.back().extent;
    const auto moved = static_cast<double>(planes_ * rows_ * plan_.line), read = static_cast<double>(plan_.scratch_elements);
    loads_.push_back({.operations = moved, .bytes = (read + moved) * sizeof(T)});
    Arena measure(nullptr);
    Scratch(*this, measure);
    workspace_bytes_ = measure.used();
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    Arena arena(workspace.data());
    const Scratch scratch(*this, arena);
    std::fill_n(scratch.zeros, row_elements(), T(0));
    executor.run(static_cast<std::int64_t>(with_gaps_.size()), [&](std::int64_t task, int) {
      const Interleaving::Class& one = plan_.classes[with_gaps_[static_cast<std::size_t>(task)]];
      std::fill_n(scratch.results + one.rows_at, one.elements, T(0));
    });
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      classes_[i]->run({buffers.a, buffers.b, scratch.results + plan_.classes[i].at},
                       {scratch.of_classes, static_cast<std::size_t>(of_classes_)}, executor);
    }
    constexpr std::int64_t kTask = 256 << 10;  // bytes
    const std::int64_t lines = planes_ * rows_;
    const std::int64_t together = std::max<std::int64_t>(1, kTask / (plan_.line * static_cast<std::int64_t>(sizeof(T))));
    executor.run((lines + together - 1) / together, [&](std::int64_t task, int worker) {
      write_lines(static_cast<T*>(buffers.c) + plan_.low, task * together, std::min(lines, (task + 1) * together), scratch, worker);
    });
  }

 private:
  struct Scratch {
    T *results, *zeros;
    std::byte *lines, *of_classes;
    Scratch(const Interleaved& kernel, Arena& arena)
        : results(arena.take<T>(kernel.plan_.scratch_elements)),
          zeros(arena.take<T>(kernel.row_elements())),
          lines(arena.take<std::byte>(kernel.streams_ ? kernel.threads_ * LineWriter::kCapacity : 0)),
          of_classes(arena.take<std::byte>(kernel.of_classes_)) {}
  };
  [[nodiscard]] std::int64_t row_elements() const { return plan_.line / plan_.classes_per_line + 1; }

  /// A class that has rows in the plane, and where they are.
  struct Present {
    const Interleaving::Class* of;
    const T* rows;
  };

  void write_lines(T* c, std::int64_t first, std::int64_t last, const Scratch& scratch, int worker) const {
    LineWriter writer(stream_, scratch.lines + worker * LineWriter::kCapacity);
    for (std::int64_t line = first; line < last;) {
      const std::int64_t plane = line / rows_, row = line % rows_, end = std::min(last, (plane + 1) * rows_);
      std::vector<Present> present;
      for (const Interleaving::Class& one : plan_.classes) present.push_back({&one, scratch.results + one.rows_at});
      T* to = c;
      std::int64_t rest = plane;
      for (std::size_t i = plan_.outer.size() < 2 ? 0 : plan_.outer.size() - 1; i-- > 0; rest /= plan_.outer[i].extent) {
        const std::int64_t at = rest % plan_.outer[i].extent;
        to += at * plan_.outer[i].stride;
        std::erase_if(present, [&](Present& one) {
          const std::int64_t offset = one.of->to_row[i][static_cast<std::size_t>(at)];
          one.rows += offset;
          return offset == Interleaving::kNone;
        });
      }
      write_plane(to, row, row + (end - line), present, scratch.zeros, writer);
      line = end;
    }
  }

  void write_plane(T* plane, std::int64_t first, std::int64_t last, const std::vector<Present>& present, const T* zeros,
                   LineWriter& writer) const {
    for (std::int64_t row = first; row < last; ++row) {
      std::array<const T*, kMostInterleaved> from;
      from.fill(zeros);
      for (const Present& one : present) {
        const std::int64_t offset = plan_.outer.empty() ? 0 : one.of->to_row.back()[static_cast<std::size_t>(row)];
        if (offset != Interleaving::kNone) from[static_cast<std::size_t>(one.of->residue)] = one.rows + offset;
      }
      T* to = plane + (plan_.outer.empty() ? 0 : row * plan_.outer.back().stride);
      if (!streams_) {
        micro_.interleave(plan_.line, plan_.classes_per_line, from.data(), to);
        continue;
      }
      const std::int64_t most = LineWriter::kMostBytes / static_cast<std::int64_t>(sizeof(T)) / plan_.classes_per_line;
      for (std::int64_t at = 0; at < plan_.line; at += most * plan_.classes_per_line) {
        const std::int64_t n = std::min(plan_.line - at, most * plan_.classes_per_line);
        std::byte* const room = writer.room(reinterpret_cast<std::byte*>(to + at), n * static_cast<std::int64_t>(sizeof(T)));
        micro_.interleave(n, plan_.classes_per_line, from.data(), reinterpret_cast<T*>(room));
        for (const T*& piece : from) piece += piece == zeros ? 0 : most;
      }
    }
  }

  Interleaving plan_;
  std::vector<std::shared_ptr<const Kernel>> classes_;
  std::vector<std::size_t> with_gaps_;
  const MicroKernels<T>& micro_;
  StreamLines stream_;
  bool streams_;
  int threads_;
  std::int64_t of_classes_ = 0, planes_ = 1, rows_ = 1;
};

}  // namespace

std::optional<Interleaving> interleaving_of(const plan::Contraction& step) {
  if (!step.zero_first || !step.symmetry.exchanged.empty()) return std::nullopt;
  Interleaving result;
  auto axes = axes_of(step, result.low);
  if (!axes || axes->empty() || axes->back().stride != 1) return std::nullopt;
  std::vector<const plan::Nest*> nests;
  std::vector<std::vector<Progression>> boxes;
  for (const plan::Nest& nest : step.nests) {
    if (loop_nest_of(nest, step.has_a, step.has_b).empty) continue;
    const auto box = nest.c.windows.empty() ? box_of(nest, *axes, result.low) : std::nullopt;
    if (!box || nests.size() == kMostClasses) return std::nullopt;
    result.classes_per_line = std::max(result.classes_per_line, box->back().step);
    nests.push_back(&nest);
    boxes.push_back(*box);
  }
  if (result.classes_per_line < 2 || result.classes_per_line > kMostInterleaved) return std::nullopt;
  result.line = axes->back().extent;
  result.outer.assign(axes->begin(), axes->end() - 1);
  const auto residue = [&](std::size_t i) { return boxes[i].back().start % result.classes_per_line; };
  for (std::size_t i = 0; i < nests.size(); ++i) {
    if (boxes[i].back().count > 1 && boxes[i].back().step != result.classes_per_line) return std::nullopt;
    for (std::size_t j = 0; j < i; ++j)
      if (residue(i) == residue(j) && share_lines(boxes[i], boxes[j])) return std::nullopt;
    Interleaving::Class one = class_of(step, *nests[i], result, boxes[i]);
    result.scratch_elements += one.elements;
    result.classes.push_back(std::move(one));
  }
  return result;
}

bool can_interleave(DType dtype) { return size_bytes(dtype) == sizeof(float) || size_bytes(dtype) == sizeof(double); }

std::shared_ptr<Kernel> interleaved(Interleaving interleaving, std::vector<std::shared_ptr<const Kernel>> classes, DType dtype,
                                    bool streams, const Options& options) {
  if (size_bytes(dtype) == sizeof(float))
    return std::make_shared<Interleaved<float>>(std::move(interleaving), std::move(classes), streams, options);
  return std::make_shared<Interleaved<double>>(std::move(interleaving), std::move(classes), streams, options);
}

}  // namespace einfold::cpu
