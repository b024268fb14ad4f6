// SPDX-License-Identifier: MIT
#include "tensor/memory.hpp"

#include "base/fail.hpp"

#include <cstdlib>
#include <new>

namespace einfold {

void out_of_memory(std::size_t bytes) {
  fail(ErrorKind::kMemory, "E0601", "a tensor of ", bytes, " bytes does not fit in memory");
}

std::shared_ptr<void> allocate(std::size_t bytes, Fill fill) {
  // calloc takes zero pages from the system where it can; it aligns to less, so that the start is moved up.
  if (bytes > SIZE_MAX - kAlignment) out_of_memory(bytes);
  const std::size_t room = bytes + kAlignment;
  void* memory = fill == Fill::kZero ? std::calloc(1, room) : std::malloc(room);
  if (memory == nullptr) out_of_memory(bytes);
  try {
    std::shared_ptr<void> owner(memory, [](void* start) { std::free(start); });
    std::size_t space = room;
    void* aligned = memory;
    std::align(kAlignment, bytes, aligned, space);
    return {std::move(owner), aligned};
  } catch (const std::bad_alloc&) {  // of the shared count; `memory` is freed by then
    out_of_memory(bytes);
  }
}

}  // namespace einfold
