// SPDX-License-Identifier: MIT
#include "pathfind/symmetry.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace einfold::pathfind {
namespace {

using Involution = std::map<int, int>;

/// Adds x <-> y unless that contradicts what is known.
bool pair_up(Involution& phi, int x, int y) {
  return phi.emplace(x, y).first->second == y && phi.emplace(y, x).first->second == x;
}

/// Coefficients by index.
std::map<int, std::int64_t> terms_of(const Equation& equation) {
  return {equation.terms.begin(), equation.terms.end()};
}

/// phi continued such that it maps equation e to f: known legs must fit; a leg of both with one coefficient stays; at
/// most one leg of each may be left, and these two are exchanged.
std::optional<Involution> continued(const Problem& problem, const Involution& phi, const Equation& e, const Equation& f) {
  if (e.constant != f.constant || e.terms.size() != f.terms.size()) return std::nullopt;
  const auto in_e = terms_of(e);
  auto in_f = terms_of(f);
  std::vector<int> left;
  bool touches = false;
  for (const auto& [x, c] : in_e) {
    const auto known = phi.find(x);
    if (known == phi.end()) {
      left.push_back(x);
      continue;
    }
    touches = true;
    const auto image = in_f.find(known->second);
    if (image == in_f.end() || image->second != c) return std::nullopt;
    in_f.erase(image);
  }
  if (!touches) return std::nullopt;
  Involution result = phi;
  std::erase_if(left, [&](int x) {
    const auto same = in_f.find(x);
    if (same == in_f.end() || same->second != in_e.at(x)) return false;
    in_f.erase(same);
    pair_up(result, x, x);
    return true;
  });
  if (left.size() != in_f.size() || left.size() > 1) return std::nullopt;
  if (left.size() == 1) {
    const auto [y, c] = *in_f.begin();
    const int x = left.front();
    if (in_e.at(x) != c || problem.extents[x] != problem.extents[y] || !pair_up(result, x, y)) return std::nullopt;
  }
  return result;
}

bool permutes(const Problem& problem, const Involution& phi, std::span<const int> equations) {
  const auto image = [&](const Equation& equation) {
    std::map<int, std::int64_t> terms;
    for (const auto& [x, c] : equation.terms) terms[phi.contains(x) ? phi.at(x) : x] = c;
    return std::pair(equation.constant, terms);
  };
  std::vector<std::pair<std::int64_t, std::map<int, std::int64_t>>> before, after;
  for (const int e : equations) {
    before.emplace_back(problem.equations[e].constant, terms_of(problem.equations[e]));
    after.push_back(image(problem.equations[e]));
  }
  std::ranges::sort(before);
  std::ranges::sort(after);
  return before == after;
}

}  // namespace

Symmetry symmetry_of(const Problem& problem, std::span<const int> a, std::span<const int> b,
                     std::span<const int> equations, std::span<const int> open) {
  Symmetry result{std::ranges::equal(a, b), {}};
  Involution phi;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!pair_up(phi, a[i], b[i])) return result;

  std::vector<int> rest(equations.begin(), equations.end());
  for (bool progress = true; progress && !rest.empty();) {
    progress = std::erase_if(rest, [&](int e) {
      for (const int f : equations) {
        if (auto more = continued(problem, phi, problem.equations[e], problem.equations[f])) {
          phi = std::move(*more);
          return true;
        }
      }
      return false;
    }) > 0;
  }
  if (!permutes(problem, phi, equations)) return result;

  for (const int x : open) {
    const auto image = phi.find(x);
    if (image == phi.end() || image->second == x) continue;
    const int y = image->second;
    if (std::ranges::find(open, y) == open.end()) return {result.squared, {}};
    if (x < y) result.exchanged.emplace_back(x, y);
  }
  return result;
}

}  // namespace einfold::pathfind
