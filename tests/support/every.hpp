// SPDX-License-Identifier: MIT
//
// How thorough exhaustive loops are.
#pragma once

namespace einfold::test {

/// Loops over all cases take each n-th of them: 1, and 5 under sanitizers, where a case takes ten times as long.
#if defined(EINFOLD_SANITIZED) || defined(__SANITIZE_THREAD__)
inline constexpr int kEveryNth = 5;
#else
inline constexpr int kEveryNth = 1;
#endif

}  // namespace einfold::test
