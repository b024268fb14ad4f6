// SPDX-License-Identifier: MIT
#include "notation/parser.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "notation/diagnostic.hpp"
#include "notation/lexer.hpp"

#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace einfold::notation {
namespace {

enum class Dialect { kEquation, kEinops };

class Parser {
 public:
  Parser(std::string_view text, Notation spelling, Dialect dialect)
      : text_(text), spelling_(spelling), dialect_(dialect), tokens_(tokens_of(text, spelling)) {}

  Equation run();

 private:
  [[nodiscard]] const Token& token() const { return tokens_[position_]; }
  [[nodiscard]] bool at(TokenKind kind) const { return token().kind == kind; }
  [[nodiscard]] std::string_view text_of(Span span) const { return text_.substr(span.begin, span.end - span.begin); }

  [[noreturn]] void reject(const char* code, Span span, std::string title, std::string help = {}) const {
    fail({.code = code, .title = std::move(title), .source = text_, .spans = {span}, .help = std::move(help)});
  }

  Term term();
  void close_group(std::optional<Axis>& group, std::vector<Span>& open);
  Axis axis();
  Axis integer_axis(Span span, std::int64_t value);
  void summands(Axis& axis);
  std::int64_t integer(bool negative);
  void inside_affine() const;  // the token must follow without white space
  void end_of_axis() const;
  [[nodiscard]] std::string seen() const;

  std::string_view text_;
  Notation spelling_;
  Dialect dialect_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  bool in_output_ = false;
  std::map<std::int64_t, std::size_t> integers_;  // axes that are an integer: how many of each so far
};

std::string Parser::seen() const { return at(TokenKind::kEnd) ? "the end" : quoted(text_of(token().span)); }

/// The value of the integer token with its sign; a product with the sign fits in 64 bits, or it is an error.
std::int64_t Parser::integer(bool negative) {
  const std::string_view digits = text_of(token().span);
  std::optional<std::int64_t> value = 0;  // minus the magnitude, so that -2^63 can be read
  for (const char digit : digits) {
    if (value) value = checked::multiply(*value, 10);
    if (value) value = checked::add(*value, -(digit - '0'));
  }
  if (!value || (!negative && *value == std::numeric_limits<std::int64_t>::min())) {
    reject("E0108", token().span, "an integer that does not fit in 64 bits");
  }
  ++position_;
  return negative ? *value : -*value;
}

void Parser::inside_affine() const {
  if (token().spaced && !at(TokenKind::kEnd)) {
    reject("E0109", token().span, "white space inside an affine axis", "write it in one piece, like 2*o+k-1");
  }
}

/// [ "-" ] summand { ("+"|"-") summand }
void Parser::summands(Axis& axis) {
  bool negative = at(TokenKind::kMinus);
  if (negative) ++position_;
  for (bool first = true;; first = false) {
    if (!first || negative) inside_affine();
    const Span begin = token().span;
    std::int64_t coefficient = negative ? -1 : 1;
    bool constant = false;
    if (at(TokenKind::kInteger)) {
      coefficient = integer(negative);
      constant = !at(TokenKind::kStar);
      if (!constant) {
        inside_affine();
        ++position_;
        inside_affine();
      }
    }
    if (constant) {
      const auto sum = checked::add(axis.constant, coefficient);
      if (!sum) reject("E0108", {axis.span.begin, begin.end}, "a constant that does not fit in 64 bits");
      axis.constant = *sum;
    } else if (at(TokenKind::kName)) {
      axis.summands.push_back(
          {std::string(text_of(token().span)), coefficient, {begin.begin, token().span.end}});
      ++position_;
    } else {
      reject("E0109", token().span, cat("an affine axis goes on with an index or an integer, not with ", seen()));
    }
    const bool more = at(TokenKind::kPlus) || at(TokenKind::kMinus);
    if (!more || token().spaced) return;
    negative = at(TokenKind::kMinus);
    ++position_;
  }
}

Axis Parser::integer_axis(Span span, std::int64_t value) {
  if (text_of(span) == "1") return {.kind = AxisKind::kOne, .span = span};
  if (dialect_ == Dialect::kEquation || value < 2) {
    reject("E0108", span, cat("the integer ", excerpt(text_of(span), 40), " as an axis"),
           dialect_ == Dialect::kEquation ? "the only integer that is an axis of its own is 1" : "");
  }
  const std::size_t before = integers_[value]++;
  const std::string name = before == 0 ? cat(value) : cat(value, "'", before);
  return {.kind = AxisKind::kIndex, .name = name, .span = span};
}

/// index | affine | "1"
Axis Parser::axis() {
  Axis result{.kind = AxisKind::kAffine, .span = token().span};
  const std::size_t first = position_;
  if (at(TokenKind::kName) && tokens_[position_ + 1].kind == TokenKind::kEqual) {
    result.name = text_of(token().span);
    ++position_;
    inside_affine();
    ++position_;
    inside_affine();
  }
  summands(result);
  result.span.end = tokens_[position_ - 1].span.end;
  end_of_axis();
  if (position_ == first + 1) {
    if (result.summands.empty()) return integer_axis(result.span, result.constant);
    return {.kind = AxisKind::kIndex, .name = std::move(result.summands.front().index), .span = result.span};
  }
  if (result.summands.empty()) reject("E0109", result.span, "an affine axis without an index");
  if (normalise(result.summands) >= 0) {
    reject("E0108", result.span, "a coefficient that does not fit in 64 bits");
  }
  return result;
}

void Parser::end_of_axis() const {
  const bool name = at(TokenKind::kName);
  if (at(TokenKind::kEqual)) {
    reject("E0109", token().span, "'=' must follow the name of an affine axis", "like i=2*o+k-1");
  }
  if (at(TokenKind::kStar)) {
    reject("E0109", token().span, "'*' must stand between an integer and an index",
           "the integer comes first, like 2*o");
  }
  if (spelling_ == Notation::kNamed && !token().spaced && (name || at(TokenKind::kInteger))) {
    const bool product = name && tokens_[position_ - 1].kind == TokenKind::kInteger;
    reject("E0109", token().span, cat("white space is missing in front of ", seen()),
           product ? "a product is written with '*', like 2*o" : "");
  }
}

void Parser::close_group(std::optional<Axis>& group, std::vector<Span>& open) {
  if (open.empty()) reject("E0106", token().span, "')' without '('");
  group->span.end = token().span.end;
  open.pop_back();
  ++position_;
}

Term Parser::term() {
  Term result;
  const std::size_t first = position_;
  std::optional<Axis> group;
  std::vector<Span> open;  // parentheses
  std::optional<Span> ellipsis;
  for (;;) {
    switch (token().kind) {
      case TokenKind::kOpen:
        if (open.empty()) group = Axis{.kind = AxisKind::kGroup, .span = token().span};
        open.push_back(token().span);
        ++position_;
        continue;
      case TokenKind::kClose:
        close_group(group, open);
        if (open.empty()) result.axes.push_back(std::move(*group));
        continue;
      case TokenKind::kEllipsis:
        if (!open.empty() && !(dialect_ == Dialect::kEinops && in_output_)) {
          reject("E0107", token().span, "'...' inside a group",
                 "give the axes behind it names, or leave them ungrouped");
        }
        if (ellipsis) {
          fail({.code = "E0107",
                .title = "two '...' in one term",
                .source = text_,
                .spans = {*ellipsis, token().span}});
        }
        ellipsis = token().span;
        (open.empty() ? result.axes : group->members).push_back({.kind = AxisKind::kEllipsis, .span = token().span});
        ++position_;
        continue;
      case TokenKind::kPlus:
        reject("E0109", token().span, "an axis cannot begin with '+'",
               "no white space inside an affine axis, like 2*o+k-1");
      case TokenKind::kStar:
      case TokenKind::kEqual:
        end_of_axis();
        break;
      case TokenKind::kName:
      case TokenKind::kInteger:
      case TokenKind::kMinus: {
        Axis next = axis();
        (open.empty() ? result.axes : group->members).push_back(std::move(next));
        continue;
      }
      case TokenKind::kComma:
      case TokenKind::kArrow:
      case TokenKind::kEnd:
        if (!open.empty()) reject("E0106", open.back(), "'(' without ')'");
        result.span = position_ == first ? Span{token().span.begin, token().span.begin}
                                         : Span{tokens_[first].span.begin, tokens_[position_ - 1].span.end};
        return result;
    }
  }
}

/// Calls `visit(axis)` for each axis of the term and each member of its groups.
template <class Visit>
void for_each_factor(const Term& term, const Visit& visit) {
  for (const Axis& axis : term.axes) {
    if (axis.kind != AxisKind::kGroup) visit(axis);
    for (const Axis& member : axis.members) visit(member);
  }
}

const Axis* ellipsis_of(const Term& term) {
  for (const Axis& axis : term.axes) {
    if (axis.kind == AxisKind::kEllipsis) return &axis;
    for (const Axis& member : axis.members) {
      if (member.kind == AxisKind::kEllipsis) return &member;
    }
  }
  return nullptr;
}

const Axis* first_ellipsis(const std::vector<Term>& terms) {
  for (const Term& term : terms) {
    if (const Axis* found = ellipsis_of(term)) return found;
  }
  return nullptr;
}

/// The indices that occur once, in the order of code points, after `...`.
Term implicit_output(const Equation& equation) {
  std::map<std::string_view, int> count;  // UTF-8 bytes sort like code points
  for (const Term& term : equation.operands) {
    for (const Axis& axis : term.axes) {
      if (axis.kind == AxisKind::kIndex) ++count[axis.name];
    }
  }
  const std::size_t end = equation.source.size();
  Term output{.span = {end, end}};
  if (first_ellipsis(equation.operands) != nullptr) {
    output.axes.push_back({.kind = AxisKind::kEllipsis, .span = output.span});
  }
  for (const auto& [name, times] : count) {
    if (times == 1) output.axes.push_back({.kind = AxisKind::kIndex, .name = std::string(name), .span = output.span});
  }
  return output;
}

void check_ellipsis(const Equation& equation, Dialect dialect) {
  const Axis* left = first_ellipsis(equation.operands);
  const Axis* right = ellipsis_of(equation.output);
  if ((left == nullptr) == (right == nullptr) || (right == nullptr && dialect == Dialect::kEinops)) return;
  fail({.code = "E0107",
        .title = left != nullptr ? "'...' on an operand, but not in the output"
                                 : "'...' in the output, but on no operand",
        .source = equation.source,
        .spans = {left != nullptr ? left->span : right->span},
        .help = left != nullptr ? "add '...' to the output; to sum axes, give them names" : ""});
}

/// The name of an affine axis must not be an index.
void check_names(const Equation& equation) {
  std::unordered_map<std::string_view, Span> indices;
  const auto note = [&](const Axis& axis) {
    if (axis.kind == AxisKind::kIndex) indices.emplace(axis.name, axis.span);
    for (const Summand& summand : axis.summands) indices.emplace(summand.index, summand.span);
  };
  const auto check = [&](const Axis& axis) {
    if (axis.kind != AxisKind::kAffine || axis.name.empty()) return;
    const auto found = indices.find(axis.name);
    if (found == indices.end()) return;
    fail({.code = "E0110",
          .title = cat(quoted(axis.name), " names an affine axis, but is an index too"),
          .source = equation.source,
          .spans = {{axis.span.begin, axis.span.begin + axis.name.size()}, found->second},
          .help = "choose another name for the axis"});
  };
  for (const Term& term : equation.operands) for_each_factor(term, note);
  for_each_factor(equation.output, note);
  for (const Term& term : equation.operands) for_each_factor(term, check);
  for_each_factor(equation.output, check);
}

Equation Parser::run() {
  Equation result{.notation = spelling_, .source = std::string(text_)};
  result.operands.push_back(term());
  while (at(TokenKind::kComma)) {
    ++position_;
    result.operands.push_back(term());
  }
  if (at(TokenKind::kArrow)) {
    ++position_;
    in_output_ = true;
    result.output = term();
    if (at(TokenKind::kArrow)) reject("E0104", token().span, "a second arrow");
    if (at(TokenKind::kComma)) reject("E0104", token().span, "a comma in the output", "an equation has one output");
    check_ellipsis(result, dialect_);
  } else if (spelling_ == Notation::kNamed) {
    reject("E0105", token().span, "the arrow is missing", "the named spelling needs '->' and the output's axes");
  } else {
    result.output = implicit_output(result);
  }
  check_names(result);
  return result;
}

}  // namespace

Equation parse(std::string_view text, Notation notation) {
  return Parser(text, notation == Notation::kAuto ? spelling_of(text) : notation, Dialect::kEquation).run();
}

Equation parse_einops(std::string_view text) { return Parser(text, Notation::kNamed, Dialect::kEinops).run(); }

}  // namespace einfold::notation
