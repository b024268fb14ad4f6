// SPDX-License-Identifier: MIT
#include "notation/diagnostic.hpp"

#include "base/fail.hpp"
#include "notation/utf8.hpp"

#include <algorithm>

namespace einfold::notation {
namespace {

constexpr std::size_t kColumns = 200;  // of the quoted source, marks of what was left out included
constexpr std::size_t kBefore = 60;    // shown in front of the first span of a long source
constexpr std::size_t kNameColumns = 40;
constexpr std::string_view kLeftOut = "[..]";

/// Where the code point before `at` begins. In malformed text: some byte before `at`.
std::size_t step_back(std::string_view text, std::size_t at) {
  const std::size_t lowest = at > 4 ? at - 4 : 0;
  std::size_t begin = at - 1;
  while (begin > lowest && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) --begin;
  return decode(text, begin).length == at - begin ? begin : at - 1;
}

struct Quote {
  std::string text;
  std::string carets;
};

bool fits(std::string_view source) {
  if (source.size() > 4 * kColumns) return false;
  std::size_t columns = 0;
  for (std::size_t at = 0; at < source.size();) {
    const CodePoint point = decode(source, at);
    columns += width(shown(source, at, point));
    at += point.length;
  }
  return columns <= kColumns;
}

Quote quote(std::string_view source, std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.begin < b.begin; });
  const bool whole = fits(source);
  std::size_t begin = 0;
  if (!whole && !spans.empty()) {
    begin = std::min(spans.front().begin, source.size());
    for (std::size_t back = 0; back < kBefore && begin > 0; ++back) begin = step_back(source, begin);
  }
  const std::size_t room = whole ? kColumns : kColumns - 2 * kLeftOut.size();
  Quote result;
  if (begin > 0) result.text = kLeftOut;
  result.carets = std::string(result.text.size(), ' ');
  std::size_t columns = 0;
  std::size_t at = begin;
  auto span = spans.begin();
  while (at < source.size()) {
    const CodePoint point = decode(source, at);
    const std::string cell = shown(source, at, point);
    const std::size_t cell_width = width(cell);
    if (columns + cell_width > room) break;
    while (span != spans.end() && span->end <= at && span->end > span->begin) ++span;
    const bool inside = span != spans.end() && span->begin <= at;
    result.text += cell;
    result.carets += std::string(cell_width, inside ? '^' : ' ');
    columns += cell_width;
    if (inside && span->end <= span->begin) ++span;  // an empty span: one caret
    at += point.length;
  }
  if (at < source.size()) {
    result.text += kLeftOut;
  } else if (span != spans.end() && span->begin >= source.size()) {
    result.carets += '^';
  }
  result.carets.erase(result.carets.find_last_not_of(' ') + 1);
  return result;
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t limit) {
  std::string result;
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    const std::string cell = shown(text, at, point);
    columns += width(cell);
    if (columns > limit) return result + std::string(kLeftOut);
    result += cell;
    at += point.length;
  }
  return result;
}

std::string quoted(std::string_view name) { return cat("'", excerpt(name, kNameColumns), "'"); }

std::string render(const Diagnostic& diagnostic) {
  std::string text = diagnostic.title;
  if (!diagnostic.source.empty()) {
    const Quote quoted_source = quote(diagnostic.source, diagnostic.spans);
    text += "\n  " + quoted_source.text;
    if (!quoted_source.carets.empty()) text += "\n  " + quoted_source.carets;
  }
  for (const std::string& note : diagnostic.notes) text += "\n  " + note;
  if (!diagnostic.help.empty()) text += "\n  help: " + diagnostic.help;
  return text;
}

void fail(const Diagnostic& diagnostic) { throw Error(diagnostic.kind, diagnostic.code, render(diagnostic)); }

}  // namespace einfold::notation
