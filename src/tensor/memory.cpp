// SPDX-License-Identifier: MIT
#include "tensor/memory.hpp"

#include "base/fail.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <new>

namespace einfold {
namespace {

/// Memory and swap of the machine, or less where a control group of the process has a limit.
std::size_t memory_there_is() {
  static const std::size_t bytes = [] {
    std::size_t least = SIZE_MAX;
    struct sysinfo machine = {};
    if (::sysinfo(&machine) == 0) least = (machine.totalram + machine.totalswap) * std::size_t{machine.mem_unit};
    for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
      std::size_t limit = 0;  // the text "max" is no number
      if (std::ifstream(path) >> limit) least = std::min(least, limit);
    }
    return least;
  }();
  return bytes;
}

/// Bytes of all tensors that are alive. The system grants more than it has and kills who uses it, so we count.
std::atomic<std::size_t> allocated{0};

/// Whether `room` more bytes are counted now.
bool reserve(std::size_t room) {
  const std::size_t most = memory_there_is();
  std::size_t now = allocated.load(std::memory_order_relaxed);
  do {
    if (room > most || now > most - room) return false;
  } while (!allocated.compare_exchange_weak(now, now + room, std::memory_order_relaxed));
  return true;
}

void release(std::size_t room) { allocated.fetch_sub(room, std::memory_order_relaxed); }

}  // namespace

void out_of_memory(std::size_t bytes) {
  fail(ErrorKind::kMemory, "E0601", "a tensor of ", bytes, " bytes does not fit in memory");
}

std::shared_ptr<void> allocate(std::size_t bytes, Fill fill) {
  // calloc takes zero pages from the system where it can; it aligns to less, so that the start is moved up.
  if (bytes > SIZE_MAX - kAlignment) out_of_memory(bytes);
  const std::size_t room = bytes + kAlignment;
  if (!reserve(room)) out_of_memory(bytes);
  void* memory = fill == Fill::kZero ? std::calloc(1, room) : std::malloc(room);
  if (memory == nullptr) {
    release(room);
    out_of_memory(bytes);
  }
  try {
    std::shared_ptr<void> owner(memory, [room](void* start) {
      std::free(start);
      release(room);
    });
    std::size_t space = room;
    void* aligned = memory;
    std::align(kAlignment, bytes, aligned, space);
    return {std::move(owner), aligned};
  } catch (const std::bad_alloc&) {  // of the shared count; `memory` is freed by then
    out_of_memory(bytes);
  }
}

}  // namespace einfold
