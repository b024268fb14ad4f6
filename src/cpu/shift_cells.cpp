// SPDX-License-Identifier: MIT
#include "cpu/shift_cells.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace einfold::cpu {
namespace {

/// Cuts the u for which both positions exist where the window of a pair of taps begins or ends.
void cut(Displacement& d, const ShiftedPair& pair) {
  // 0 <= first + S u < extent
  const auto from = [&](std::int64_t first) { return checked::ceil_divide(-first, pair.stride); };
  const auto to = [&](std::int64_t first, std::int64_t extent) {
    return checked::floor_divide(extent - 1 - first, pair.stride) + 1;
  };
  const std::int64_t low = std::max(from(d.a_first), from(d.b_first));
  const std::int64_t high =
      std::max(low, std::min(to(d.a_first, pair.a.extent), to(d.b_first, pair.b.extent)));
  const auto window = [&](const TapPair& taps) {
    const std::int64_t begin = (pair.a.constant + pair.dilation * taps.a_tap - d.a_first) / pair.stride;
    return Range{std::clamp(begin, low, high), std::clamp(begin + pair.positions, low, high)};
  };
  std::set<std::int64_t> cuts;
  for (const TapPair& taps : d.taps) {
    const Range w = window(taps);
    if (w.first < w.last) cuts.insert({w.first, w.last});
  }
  for (auto at = cuts.begin(); at != cuts.end() && std::next(at) != cuts.end(); ++at) {
    const Range piece{*at, *std::next(at)};
    const bool needed = std::any_of(d.taps.begin(), d.taps.end(), [&](const TapPair& taps) {
      return window(taps).first <= piece.first && piece.last <= window(taps).last;
    });
    if (needed) d.pieces.push_back(piece);
  }
  for (TapPair& taps : d.taps) {
    const Range w = window(taps);
    const auto inside = [&](const Range& piece) { return w.first <= piece.first && piece.last <= w.last; };
    const auto first = std::find_if(d.pieces.begin(), d.pieces.end(), inside);
    const auto last = std::find_if_not(first, d.pieces.end(), inside);
    taps.pieces = {first - d.pieces.begin(), last - d.pieces.begin()};
  }
}

}  // namespace

std::vector<Displacement> displacements_of(const ShiftedPair& pair) {
  std::map<std::pair<std::int64_t, std::int64_t>, Displacement> found;  // by (k' - k, r)
  for (std::int64_t k = 0; k < pair.a_taps; ++k) {
    const std::int64_t at = pair.a.constant + pair.dilation * k;
    const std::int64_t residue = at - pair.stride * checked::floor_divide(at, pair.stride);
    for (std::int64_t l = 0; l < pair.b_taps; ++l) {
      Displacement& d = found[{l - k, residue}];
      d.difference = l - k;
      d.a_first = residue;
      d.b_first = residue + pair.b.constant - pair.a.constant + pair.dilation * (l - k);
      d.taps.push_back({k, l, {}});
    }
  }
  std::vector<Displacement> result;
  for (auto& [key, displacement] : found) {
    cut(displacement, pair);
    result.push_back(std::move(displacement));
  }
  return result;
}

std::vector<Combination> combinations_of(const std::vector<std::vector<Displacement>>& dimensions,
                                         bool only_forward) {
  std::vector<Combination> result;
  std::vector<std::size_t> at(dimensions.size(), 0);
  std::int64_t cells = 0;
  for (;;) {
    Combination c{at, cells, 1, 1};
    std::int64_t sign = 0;
    for (std::size_t d = 0; d < at.size(); ++d) {
      const Displacement& displacement = dimensions[d][at[d]];
      if (sign == 0) sign = displacement.difference;
      c.cells *= static_cast<std::int64_t>(displacement.pieces.size());
      std::int64_t points = 0;
      for (const Range& piece : displacement.pieces) points += piece.last - piece.first;
      c.points *= points;
    }
    if (!only_forward || sign >= 0) {
      cells += c.cells;
      result.push_back(std::move(c));
    }
    std::size_t d = at.size();
    while (d > 0 && ++at[d - 1] == dimensions[d - 1].size()) at[--d] = 0;
    if (d == 0) return result;
  }
}

}  // namespace einfold::cpu
