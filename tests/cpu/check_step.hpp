// SPDX-License-Identifier: MIT
//
// Runs a prepared step on random data and compares every byte around and every element inside with the
// definition.
#pragma once

#include "base/thread_pool.hpp"
#include "cpu/run.hpp"
#include "guarded.hpp"
#include "odometer.hpp"
#include "random_steps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <set>
#include <string>

namespace einfold::cpu::test {

template <class T>
T random_value(Dice& dice) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(dice.engine()());
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::normal_distribution<double>()(dice.engine()));
  } else {
    using R = typename T::value_type;
    return {random_value<R>(dice), random_value<R>(dice)};
  }
}

/// Not-a-number where the type has one: what must never be read.
template <class T>
T poison(Dice& dice) {
  if constexpr (std::is_integral_v<T>) {
    return random_value<T>(dice);
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::numeric_limits<T>::quiet_NaN();
  } else {
    return T(std::numeric_limits<typename T::value_type>::quiet_NaN());
  }
}

/// An operand with random numbers wherever the step reads and poison elsewhere. `margin`: elements around
/// that exist.
template <class T>
Guarded<T> operand(Dice& dice, const plan::Contraction& step, const plan::Access plan::Nest::*which,
                   bool present) {
  std::set<std::int64_t> read;
  if (present) {
    for (const plan::Nest& nest : step.nests) {
      each_point(nest.extents, [&](const std::vector<std::int64_t>& at) {
        if (inside(nest.*which, at)) read.insert(address(nest.*which, at));
      });
    }
  }
  if (read.empty()) read.insert(0);
  Guarded<T> result(*read.begin(), *read.rbegin());
  for (T* p = result.begin(); p != result.end(); ++p) *p = poison<T>(dice);
  for (const std::int64_t address : read) result.origin()[address] = random_value<T>(dice);
  return result;
}

struct CheckOptions {
  int threads = 1;
  double tolerance = 16;  ///< in units of the last place, times the sum of magnitudes
  Isa isa = chosen_isa();
  bool same = false;        ///< B is A
  std::int64_t stream_bytes = -1;  ///< see Options
  bool infinities = false;  ///< one element in ten of each operand is an infinity
};

template <class T>
double epsilon() {
  if constexpr (std::is_integral_v<T>) {
    return 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::numeric_limits<T>::epsilon();
  } else {
    return std::numeric_limits<typename T::value_type>::epsilon();
  }
}

struct Checked {
  std::string kernel;
  std::vector<std::byte> result;  ///< the bytes of C
};

/// Failures are reported through GoogleTest.
template <class T>
Checked check_step(const plan::Contraction& step, Dice& dice, const CheckOptions& options = {}) {
  Guarded<T> a = operand<T>(dice, step, &plan::Nest::a, step.has_a);
  Guarded<T> other = operand<T>(dice, step, &plan::Nest::b, step.has_b);
  Guarded<T>& b = options.same ? a : other;
  if constexpr (std::is_floating_point_v<T>) {
    if (options.infinities) {
      for (T* p = b.begin(); p != b.end(); ++p) {
        if (dice.once_in(10) && !std::isnan(*p)) *p = std::numeric_limits<T>::infinity();
      }
    }
  }
  std::int64_t low = 0, high = 0;
  for (std::size_t i = 0; i < step.c_extents.size(); ++i) {
    const std::int64_t reach = step.c_strides[i] * (step.c_extents[i] - 1);
    (reach < 0 ? low : high) += reach;
  }
  Guarded<T> c(low, high);
  for (T* p = c.begin(); p != c.end(); ++p) *p = random_value<T>(dice);
  std::map<std::int64_t, T> before;
  std::set<std::int64_t> box;
  each_point(step.c_extents, [&](const std::vector<std::int64_t>& at) {
    std::int64_t address = 0;
    for (std::size_t i = 0; i < at.size(); ++i) address += step.c_strides[i] * at[i];
    box.insert(address);
  });
  for (std::int64_t i = low; i <= high; ++i) before[i] = c.origin()[i];
  if (step.zero_first) {
    for (const std::int64_t i : box) {
      before[i] = T{};
      c.origin()[i] = poison<T>(dice);
    }
  }
  const auto expected = evaluate<T>(step, a.origin(), b.origin());

  const auto kernel = prepare(step, dtype_of<T>, {.threads = options.threads, .isa = options.isa, .stream_bytes = options.stream_bytes});
  Guarded<std::byte> workspace(0, kernel->workspace_bytes() + 63);
  const auto misaligned = reinterpret_cast<std::uintptr_t>(workspace.begin()) % kWorkspaceAlignment;
  const std::size_t skip = misaligned == 0 ? 0 : kWorkspaceAlignment - misaligned;
  PoolExecutor executor(options.threads);
  kernel->run({step.has_a ? a.origin() : nullptr, step.has_b ? b.origin() : nullptr, c.origin()},
              {workspace.begin() + skip, static_cast<std::size_t>(kernel->workspace_bytes())}, executor);

  EXPECT_TRUE(a.guards_hold() && b.guards_hold() && c.guards_hold() && workspace.guards_hold());
  int wrong = 0;
  for (std::int64_t i = low; i <= high && wrong < 3; ++i) {
    const auto found = expected.find(i);
    const Element<T> element = found == expected.end() ? Element<T>{} : found->second;
    const T got = c.origin()[i];
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      const U want = static_cast<U>(static_cast<U>(before[i]) + static_cast<U>(element.value));
      if (static_cast<U>(got) != want) {
        ++wrong;
        ADD_FAILURE() << kernel->name() << ": element " << i << " is " << got << ", not "
                      << static_cast<T>(want);
      }
    } else {
      const Exact<T> want = Exact<T>(before[i]) + element.value;
      const double bound =
          options.tolerance * epsilon<T>() * (element.magnitude + magnitude(Exact<T>(before[i])));
      const bool same_infinity =
          !std::isfinite(element.magnitude) && (Exact<T>(got) == want || (got != got && want != want));
      if (!same_infinity && !(magnitude(Exact<T>(got) - want) <= bound)) {
        ++wrong;
        ADD_FAILURE() << kernel->name() << ": element " << i << " is " << got << ", not " << want;
      }
    }
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(c.begin());
  return {kernel->name(), {bytes, bytes + static_cast<std::size_t>(c.end() - c.begin()) * sizeof(T)}};
}

inline std::string describe(const plan::Contraction& step) {
  std::string text;
  const auto list = [&](const char* name, const std::vector<std::int64_t>& values) {
    text += std::string(" ") + name + " [";
    for (const std::int64_t v : values) text += std::to_string(v) + " ";
    text += "]";
  };
  text += std::string("has_a ") + (step.has_a ? "1" : "0") + " has_b " + (step.has_b ? "1" : "0") +
          " zero_first " + (step.zero_first ? "1" : "0");
  list("c_extents", step.c_extents);
  list("c_strides", step.c_strides);
  for (const plan::Nest& nest : step.nests) {
    list("\n  nest", nest.extents);
    for (const plan::Access* access : {&nest.a, &nest.b, &nest.c}) {
      text += "\n    base " + std::to_string(access->base);
      list("strides", access->strides);
      for (const plan::Window& w : access->windows) {
        list(("window " + std::to_string(w.constant) + " of " + std::to_string(w.extent)).c_str(),
             w.coefficients);
      }
    }
  }
  return text;
}

}  // namespace einfold::cpu::test
