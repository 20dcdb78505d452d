// SPDX-License-Identifier: GPL-2.0-only
#include "parse/claim_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "parse/claim_lexer.h"

namespace ktstr::parse {
namespace {

using ir::ClaimExpr;

/// One function per rule. The first mistake is kept, and every rule gives up once there is one.
class ClaimParser {
 public:
  explicit ClaimParser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  std::optional<ir::Claim> claim();
  [[nodiscard]] const std::optional<ClaimMistake>& mistake() const { return mistake_; }
  [[nodiscard]] Code mistake_code() const { return code_; }

 private:
  /// An expression and the height of its tree.
  struct Node {
    ClaimExpr expr{};
    int height = 1;
  };

  ir::Comparison comparison();
  ir::Predicate predicate();
  ir::Condition condition();
  bool modifier(ir::Claim& claim);
  ClaimExpr expression();
  Node sum();
  Node product();
  Node unary();
  Node primary();
  Node call(ir::Function function);
  Node cpuset();
  Node grown(Node node, int below);
  std::uint32_t cpu();
  std::int64_t integer(std::string_view what);
  Nanos duration(std::string_view what);
  void once(bool first_time, const ClaimLexeme& word);

  void advance() {
    current_ = lexer_.next();
    note_lexer();
  }
  void note_lexer() {
    if (lexer_.mistake() && !mistake_) mistake_ = lexer_.mistake();
  }
  bool accept(std::string_view symbol_or_word) {
    if (failed() || !current_.is(symbol_or_word)) return false;
    advance();
    return true;
  }
  void expect(std::string_view symbol_or_word) {
    if (!accept(symbol_or_word)) wanted("`" + std::string(symbol_or_word) + "`");
  }
  [[nodiscard]] bool failed() const { return mistake_.has_value(); }
  void mistaken(std::size_t offset, std::size_t length, std::string message,
                std::string hint = {}) {
    if (!mistake_) mistake_ = ClaimMistake{offset, length, std::move(message), std::move(hint)};
  }
  /// What stands here is not what the grammar wants.
  void wanted(const std::string& what, std::string hint = {});

  std::string_view text_;
  ClaimLexer lexer_;
  ClaimLexeme current_;
  int depth_ = 0;
  std::optional<ClaimMistake> mistake_;
  Code code_ = code("claim_syntax");
};

void ClaimParser::wanted(const std::string& what, std::string hint) {
  if (hint.empty() && current_.is_word() && is_claim_unit(current_.source) && current_.offset > 0 &&
      text_.substr(0, current_.offset).find_last_of("0123456789") ==
          text_.substr(0, current_.offset).find_last_not_of(" \t\n\r"))
    hint = "no space between a number and its unit";
  if (current_.token == ClaimToken::end)
    return mistaken(current_.offset, 1, "expected " + what + ", but the claim ends", hint);
  mistaken(current_.offset, current_.length,
           "expected " + what + " in place of `" + std::string(current_.source) + "`", hint);
}

ClaimParser::Node ClaimParser::grown(Node node, int below) {
  node.height = std::max(node.height, below) + 1;
  if (node.height > deepest_claim)
    mistaken(current_.offset, 1, "the claim is nested more than 64 levels deep");
  return node;
}

ClaimExpr ClaimParser::expression() {
  return sum().expr;
}

ClaimParser::Node ClaimParser::sum() {
  Node left = product();
  while (!failed() && (current_.is("+") || current_.is("-"))) {
    const auto op = current_.is("+") ? ir::ClaimOperator::add : ir::ClaimOperator::subtract;
    advance();
    Node right = product();
    left = grown({ir::Arithmetic{op, {std::move(left.expr), std::move(right.expr)}}, left.height},
                 right.height);
  }
  return left;
}

ClaimParser::Node ClaimParser::product() {
  Node left = unary();
  while (!failed() && (current_.is("*") || current_.is("/"))) {
    const auto op = current_.is("*") ? ir::ClaimOperator::multiply : ir::ClaimOperator::divide;
    advance();
    Node right = unary();
    left = grown({ir::Arithmetic{op, {std::move(left.expr), std::move(right.expr)}}, left.height},
                 right.height);
  }
  return left;
}

ClaimParser::Node ClaimParser::unary() {
  // Every nesting of the grammar comes by here, so this bounds the recursion.
  if (failed()) return {};
  if (++depth_ > deepest_claim)
    mistaken(current_.offset, 1, "the claim is nested more than 64 levels deep");
  Node out;
  if (accept("-")) {
    Node operand = unary();
    out = grown({ir::Arithmetic{ir::ClaimOperator::negate, {std::move(operand.expr)}}, 0},
                operand.height);
  } else {
    out = primary();
  }
  --depth_;
  return out;
}

ClaimParser::Node ClaimParser::primary() {
  if (failed()) return {};
  const ClaimLexeme lexeme = current_;
  switch (lexeme.token) {
    case ClaimToken::number:
      advance();
      return {lexeme.number};
    case ClaimToken::text:
      advance();
      return {ir::TextLiteral{lexeme.text}};
    case ClaimToken::selector: {
      advance();
      if (!lexeme.is_word() || !current_.is("(")) return {lexeme.selector};
      if (const auto function = schema::enumerator_of<ir::Function>(lexeme.source))
        return call(*function);
      std::vector<std::string_view> names;
      for (const schema::Word& word : schema::words<ir::Function>) names.push_back(word.name);
      code_ = code("unknown_metric");
      mistaken(lexeme.offset, lexeme.length,
               "there is no function `" + std::string(lexeme.source) + "`",
               suggestion(lexeme.source, names, "functions"));
      return {};
    }
    case ClaimToken::symbol:
      if (accept("(")) {
        Node inner = sum();
        expect(")");
        return inner;
      }
      if (current_.is("{")) return cpuset();
      break;
    default:
      break;
  }
  wanted("a value");
  return {};
}

ClaimParser::Node ClaimParser::call(ir::Function function) {
  expect("(");
  ir::Call out{function, {}};
  int height = 0;
  do {
    Node argument = sum();
    height = std::max(height, argument.height);
    out.arguments.push_back(std::move(argument.expr));
  } while (accept(","));
  expect(")");
  return grown({std::move(out), 0}, height);
}

std::uint32_t ClaimParser::cpu() {
  const ClaimLexeme number = current_;
  if (number.token != ClaimToken::number || !number.whole) {
    wanted("a CPU number");
    return 0;
  }
  if (number.number.value >= topology::CpuSet::limit) {
    mistaken(number.offset, number.length,
             "CPU numbers are below " + std::to_string(topology::CpuSet::limit));
    return 0;
  }
  advance();
  return static_cast<std::uint32_t>(number.number.value);
}

ClaimParser::Node ClaimParser::cpuset() {
  expect("{");
  ir::CpuSetLiteral out;
  if (accept("}")) return {out};
  do {
    const ClaimLexeme begin = current_;
    const std::uint32_t first = cpu();
    const std::uint32_t last = accept("-") ? cpu() : first;
    if (!failed() && last < first)
      mistaken(begin.offset, begin.length, "the range of CPUs is backwards");
    if (!failed()) out.cpus = out.cpus | topology::CpuSet::range(first, last + 1);
  } while (!failed() && accept(","));
  expect("}");
  return {out};
}

ir::Comparison ClaimParser::comparison() {
  ir::Comparison out;
  out.subject = expression();
  out.predicate = predicate();
  return out;
}

ir::Predicate ClaimParser::predicate() {
  constexpr std::pair<std::string_view, ir::Relation> relations[] = {
      {"<=", ir::Relation::at_most}, {"<", ir::Relation::less},   {">=", ir::Relation::at_least},
      {">", ir::Relation::greater},  {"==", ir::Relation::equal}, {"!=", ir::Relation::not_equal}};
  for (const auto& [symbol, relation] : relations)
    if (accept(symbol)) return ir::Compare{relation, expression()};
  if (accept("between")) {
    ir::Between out;
    out.low = expression();
    expect("and");
    out.high = expression();
    return out;
  }
  if (accept("near")) {
    ir::Near out;
    out.target = expression();
    expect("within");
    out.tolerance = expression();
    return out;
  }
  if (accept("is")) {
    const bool negated = accept("not");
    if (accept("empty")) return ir::Is{ir::Quality::empty, negated};
    if (accept("finite")) return ir::Is{ir::Quality::finite, negated};
    wanted("`empty` or `finite`");
    return {};
  }
  if (accept("contains")) return ir::Contains{expression()};
  if (accept("subset")) {
    expect("of");
    return ir::SubsetOf{expression()};
  }
  if (accept("disjoint")) {
    expect("from");
    return ir::DisjointFrom{expression()};
  }
  if (!failed() && current_.is("matches")) {
    current_ = lexer_.regex();
    note_lexer();
    ir::Matches out{current_.text};
    if (!failed()) advance();
    return out;
  }
  if (accept("never")) {
    expect("decreases");
    return ir::NeverDecreases{};
  }
  if (accept("strictly")) {
    expect("increases");
    return ir::StrictlyIncreases{};
  }
  if (accept("steady")) {
    expect("within");
    return ir::Steady{expression()};
  }
  if (accept("converges")) {
    ir::Converges out;
    expect("to");
    out.target = expression();
    expect("within");
    out.tolerance = expression();
    expect("by");
    out.deadline = expression();
    return out;
  }
  if (!failed()) wanted("a comparison");
  return {};
}

ir::Condition ClaimParser::condition() {
  ir::Condition out;
  out.first = comparison();
  while (!failed() && (current_.is("and") || current_.is("or"))) {
    const ir::Joint joint = current_.is("and") ? ir::Joint::both : ir::Joint::either;
    if (!out.rest.empty() && out.rest.front().first != joint) {
      mistaken(current_.offset, current_.length, "`and` and `or` do not mix in one condition");
      break;
    }
    advance();
    out.rest.emplace_back(joint, comparison());
  }
  return out;
}

std::int64_t ClaimParser::integer(std::string_view what) {
  std::int64_t value = 0;
  const std::string_view digits = current_.source;
  if (failed() || current_.token != ClaimToken::number || !current_.whole) {
    if (!failed()) wanted(std::string(what));
    return 0;
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || value < 1)
    mistaken(current_.offset, current_.length, std::string(what) + " must be at least 1");
  advance();
  return value;
}

Nanos ClaimParser::duration(std::string_view what) {
  constexpr double longest = 1e18;  // 31 years
  const ClaimLexeme lexeme = current_;
  if (failed()) return Nanos(0);
  if (lexeme.token != ClaimToken::number || lexeme.number.dimension != ir::Dimension::time) {
    wanted(std::string(what), lexeme.token == ClaimToken::number ? "a time has a unit: 500ms" : "");
    return Nanos(0);
  }
  if (lexeme.number.value > longest || lexeme.number.value < 1) {
    mistaken(lexeme.offset, lexeme.length, "the time is out of range");
    return Nanos(0);
  }
  advance();
  return Nanos(static_cast<std::int64_t>(lexeme.number.value));
}

void ClaimParser::once(bool first_time, const ClaimLexeme& word) {
  if (!first_time)
    mistaken(word.offset, word.length, "`" + std::string(word.source) + "` stands here twice");
}

bool ClaimParser::modifier(ir::Claim& claim) {
  const ClaimLexeme word = current_;
  if (accept("sustained")) {
    once(!claim.sustained, word);
    if (current_.token == ClaimToken::number && current_.whole) {
      claim.sustained = integer("the number of samples");
      expect("samples");
    } else {
      claim.sustained = duration("`N samples` or a time");
    }
  } else if (accept("ignoring")) {
    once(!claim.ignoring_first, word);
    expect("first");
    claim.ignoring_first = duration("a time");
  } else if (accept("with")) {
    once(!claim.least_samples, word);
    expect("at");
    expect("least");
    claim.least_samples = integer("a number of samples");
    expect("samples");
  } else if (accept("when")) {
    once(!claim.when, word);
    claim.when = condition();
  } else if (accept("expect")) {
    once(!claim.expect_fail, word);
    expect("fail");
    claim.expect_fail = true;
  } else {
    return false;
  }
  return true;
}

std::optional<ir::Claim> ClaimParser::claim() {
  ir::Claim out;
  out.text = std::string(text_);
  out.comparison = comparison();
  while (!failed() && current_.token != ClaimToken::end) {
    if (modifier(out)) continue;
    const bool joint = current_.is("and") || current_.is("or");
    wanted("the end of the claim",
           joint ? "a claim is one comparison: write two, or put a condition after `when`" : "");
  }
  if (failed()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<ir::Claim> parse_claim(std::string_view text, const Place& place,
                                     Diagnostics& diagnostics) {
  if (text.size() > longest_claim) {
    diagnostics.add({code("claim_syntax"), place, "a claim has at most 4096 bytes"});
    return std::nullopt;
  }
  ClaimParser parser(text);
  std::optional<ir::Claim> out = parser.claim();
  if (out) return out;
  const ClaimMistake& mistake = *parser.mistake();
  diagnostics.add({parser.mistake_code(), part_of(place, text, mistake.offset, mistake.length),
                   mistake.message, mistake.hint});
  return std::nullopt;
}

}  // namespace ktstr::parse
