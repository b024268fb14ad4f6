// SPDX-License-Identifier: MIT
#include "plan/plan.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <numeric>

namespace einfold::plan {
namespace {

/// Buffers start at multiples of so many elements: a cache line for every element type.
constexpr std::int64_t kAlignment = 64;

}  // namespace

std::int64_t place_buffers(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].first_step < buffers[b].first_step; });
  std::vector<std::size_t> alive;  // by offset
  std::int64_t end = 0;
  for (const std::size_t number : order) {
    Buffer& buffer = buffers[number];
    std::erase_if(alive, [&](std::size_t other) { return buffers[other].last_step < buffer.first_step; });
    const auto rounded = checked::add(buffer.elements, kAlignment - 1);
    if (!rounded) fail(ErrorKind::kMemory, "E0602", "an intermediate of ", buffer.elements, " elements");
    const std::int64_t size = *rounded / kAlignment * kAlignment;
    std::int64_t offset = 0;
    auto place = alive.begin();
    for (; place != alive.end(); ++place) {
      const Buffer& other = buffers[*place];
      if (other.offset - offset >= size) break;
      offset = std::max(offset, (other.offset + other.elements + kAlignment - 1) / kAlignment * kAlignment);
    }
    buffer.offset = offset;
    alive.insert(place, number);
    const auto reach = checked::add(offset, size);
    if (!reach) fail(ErrorKind::kMemory, "E0602", "intermediates of more than 2^63 elements");
    end = std::max(end, *reach);
  }
  return end;
}

}  // namespace einfold::plan
