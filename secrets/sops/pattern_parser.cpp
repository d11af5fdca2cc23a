#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/pattern.hpp"

#include <algorithm>
#include <string>

// Pattern text -> program, by recursive descent; each function emits the code of what it read.
namespace hwcsync::secrets {
namespace {

using Step = Pattern::Step;
using Op = Pattern::Step::Op;
using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

constexpr std::uint32_t kLast = 0x10ffff;
constexpr std::size_t kStepLimit = 20'000;  // x{1000}{1000} would be a million
constexpr int kRepeatLimit = 1000;          // Go's own
constexpr int kDepthLimit = 50;

Ranges invert(Ranges ranges) {
  std::ranges::sort(ranges);
  Ranges out;
  std::uint32_t from = 0;
  for (const auto& [first, last] : ranges) {
    if (first > from) out.emplace_back(from, first - 1);
    from = std::max(from, last + 1);
  }
  if (from <= kLast) out.emplace_back(from, kLast);
  return out;
}

// \d, \w, \s and the POSIX classes, all ASCII.
const Ranges* named_class(std::string_view name) {
  static const std::vector<std::pair<std::string_view, Ranges>> kClasses{
      {"d", {{'0', '9'}}},
      {"w", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}}},
      {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"digit", {{'0', '9'}}},
      {"lower", {{'a', 'z'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}};
  for (const auto& [known, ranges] : kClasses) {
    if (known == name) return &ranges;
  }
  return nullptr;
}

class Compiler {
 public:
  explicit Compiler(std::string_view pattern) : whole_(pattern), rest_(pattern) {}

  std::vector<Step> run() {
    alternatives(0);
    if (!rest_.empty()) malformed("a ')' without '('");
    emit({Op::match, 0, 0, {}});
    return std::move(steps_);
  }

 private:
  [[noreturn]] void refuse(SecretFailure failure, const std::string& why) const {
    throw_undecryptable(failure, "a sops file", "its rule '" + std::string(whole_) + "': " + why);
  }
  [[noreturn]] void malformed(const std::string& why) const { refuse(SecretFailure::malformed, why); }
  [[noreturn]] void unsupported(const std::string& what) const {
    refuse(SecretFailure::unsupported, "read " + what + " in a regular expression");
  }

  std::size_t emit(Step step) {
    if (steps_.size() >= kStepLimit) unsupported("so many repetitions");
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  void alternatives(int depth) {
    if (depth > kDepthLimit) unsupported("such deep groups");
    std::size_t start = steps_.size();
    std::vector<std::size_t> ends;
    sequence(depth);
    while (take("|")) {
      insert_split(start);
      ends.push_back(emit({Op::jump, 0, 0, {}}));
      steps_[start].other = steps_.size();
      start = steps_.size();
      sequence(depth);
    }
    for (const std::size_t at : ends) steps_[at].next = steps_.size();
  }

  // Puts a split in front of the code from `start` on and moves the targets in that code.
  void insert_split(std::size_t start) {
    steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(start), Step{Op::split, start + 1, 0, {}});
    for (std::size_t i = start + 1; i < steps_.size(); ++i) {
      steps_[i].next += steps_[i].next >= start ? 1 : 0;
      steps_[i].other += steps_[i].other >= start ? 1 : 0;
    }
  }

  void sequence(int depth) {
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const std::size_t start = steps_.size();
      atom(depth);
      repeat(start);
    }
  }

  // *, +, ?, {n}, {n,}, {n,m}, each with a ? that changes nothing for a search.
  void repeat(std::size_t start) {
    int low = 1;
    int high = 1;
    if (take("*")) {
      low = 0;
      high = -1;
    } else if (take("+")) {
      high = -1;
    } else if (take("?")) {
      low = 0;
    } else if (!bounds(low, high)) {
      return;
    }
    static_cast<void>(take("?"));
    if (!rest_.empty() && std::string_view("*+?").find(rest_.front()) != std::string_view::npos)
      malformed("a repetition of a repetition");
    const std::vector<Step> unit(steps_.begin() + static_cast<std::ptrdiff_t>(start), steps_.end());
    steps_.resize(start);
    for (int i = 0; i < low; ++i) copy(unit, start);
    if (high < 0) {
      const std::size_t loop = emit({Op::split, 0, 0, {}});
      steps_[loop].next = steps_.size();
      copy(unit, start);
      emit({Op::jump, loop, 0, {}});
      steps_[loop].other = steps_.size();
    }
    std::vector<std::size_t> optional;
    for (int i = low; i < high; ++i) {
      optional.push_back(emit({Op::split, 0, 0, {}}));
      steps_.back().next = steps_.size();
      copy(unit, start);
    }
    for (const std::size_t at : optional) steps_[at].other = steps_.size();
  }

  void copy(const std::vector<Step>& unit, std::size_t origin) {
    const std::size_t shift = steps_.size() - origin;
    for (Step step : unit) {
      step.next += shift;
      step.other += shift;
      emit(std::move(step));
    }
  }

  bool bounds(int& low, int& high) {
    if (!rest_.starts_with('{')) return false;
    std::string_view text = rest_.substr(1);
    const auto number = [&](int& out) {
      std::size_t size = 0;
      out = 0;
      while (size < text.size() && size < 5 && text[size] >= '0' && text[size] <= '9')
        out = out * 10 + (text[size++] - '0');
      text.remove_prefix(size);
      return size > 0;
    };
    if (!number(low)) return false;  // a literal brace, as in Go
    high = low;
    if (text.starts_with(',')) {
      text.remove_prefix(1);
      if (text.starts_with('}')) {
        high = -1;
      } else if (!number(high)) {
        return false;
      }
    }
    if (!text.starts_with('}')) return false;
    rest_ = text.substr(1);
    if (low > kRepeatLimit || high > kRepeatLimit || (high >= 0 && high < low))
      malformed("a wrong repetition");
    return true;
  }

  void atom(int depth) {
    if (take("(")) return group(depth);
    if (take("[")) return characters(bracket());
    if (take("\\")) return escape();
    if (take("^")) return anchor(Op::text_begin);
    if (take("$")) return anchor(Op::text_end);
    if (take(".")) return characters(dot_all_ ? Ranges{{0, kLast}} : Ranges{{0, 9}, {11, kLast}});
    if (std::string_view("*+?").find(rest_.front()) != std::string_view::npos) malformed("nothing to repeat");
    const std::uint32_t c = character();
    characters({{c, c}});
  }

  void group(int depth) {
    const bool case_before = ignore_case_;
    const bool dot_before = dot_all_;
    if (take("?")) {
      if (take("P<") || take("<")) {
        const auto end = rest_.find('>');
        if (end == std::string_view::npos) malformed("a group's name does not end");
        rest_.remove_prefix(end + 1);
      } else if (!flags()) {
        return;  // (?i) holds for the rest of the enclosing group
      }
    }
    alternatives(depth + 1);
    if (!take(")")) malformed("a ')' is missing");
    ignore_case_ = case_before;
    dot_all_ = dot_before;
  }

  // True when a group follows: (?i:...), (?:...).
  bool flags() {
    for (bool value = true;;) {
      if (take("i")) {
        ignore_case_ = value;
      } else if (take("s")) {
        dot_all_ = value;
      } else if (take("-")) {
        value = false;
      } else if (take(":")) {
        return true;
      } else if (take(")")) {
        return false;
      } else {
        unsupported("this kind of group");
      }
    }
  }

  void anchor(Op op) {
    const std::size_t at = emit({op, 0, 0, {}});
    steps_[at].next = at + 1;
  }

  void characters(Ranges ranges) {
    if (ignore_case_) {
      const Ranges given = ranges;
      for (const auto& [first, last] : given) {
        for (std::uint32_t c = std::max<std::uint32_t>(first, 'A'); c <= std::min<std::uint32_t>(last, 'z');
             ++c) {
          if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) ranges.emplace_back(c ^ 32U, c ^ 32U);
        }
        if (last > 127 && first != 0 && last != kLast) unsupported("letters beyond ASCII without their case");
      }
    }
    const std::size_t at = emit({Op::characters, 0, 0, std::move(ranges)});
    steps_[at].next = at + 1;
  }

  void escape() {
    if (rest_.empty()) malformed("it ends in a backslash");
    if (take("A")) return anchor(Op::text_begin);
    if (take("z")) return anchor(Op::text_end);
    if (take("b")) return anchor(Op::word_edge);
    if (take("B")) return anchor(Op::no_word_edge);
    Ranges ranges;
    if (perl_class(ranges)) return characters(std::move(ranges));
    const std::uint32_t c = escaped_character();
    characters({{c, c}});
  }

  bool perl_class(Ranges& out) {
    if (rest_.empty() || std::string_view("dswDSW").find(rest_.front()) == std::string_view::npos)
      return false;
    const char name = rest_.front();
    rest_.remove_prefix(1);
    const char lower = static_cast<char>(name | 0x20);
    const Ranges& ranges = *named_class({&lower, 1});
    const Ranges chosen = name == lower ? ranges : invert(ranges);
    out.insert(out.end(), chosen.begin(), chosen.end());
    return true;
  }

  std::uint32_t escaped_character() {
    const char c = rest_.front();
    constexpr std::string_view kLetters = "afnrtv";
    constexpr std::string_view kMeanings = "\a\f\n\r\t\v";
    if (const auto at = kLetters.find(c); at != std::string_view::npos) {
      rest_.remove_prefix(1);
      return static_cast<std::uint32_t>(kMeanings[at]);
    }
    const bool plain = static_cast<unsigned char>(c) < 128 &&
                       (c < '0' || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || c > 'z');
    if (!plain) unsupported(std::string("the escape \\") + c);
    rest_.remove_prefix(1);
    return static_cast<std::uint32_t>(c);
  }

  // After '['.
  Ranges bracket() {
    const bool negated = take("^");
    Ranges out;
    for (bool first = true; first || !take("]"); first = false) {
      if (rest_.empty()) malformed("a ']' is missing");
      if (rest_.starts_with("[:")) {
        posix_class(out);
        continue;
      }
      if (rest_.starts_with('\\') && rest_.size() > 1) {
        rest_.remove_prefix(1);
        if (perl_class(out)) continue;
        add_range(out, escaped_character());
        continue;
      }
      add_range(out, character());
    }
    return negated ? invert(std::move(out)) : out;
  }

  void posix_class(Ranges& out) {
    const auto end = rest_.find(":]");
    const std::string_view name = end == std::string_view::npos ? "" : rest_.substr(2, end - 2);
    const bool negated = name.starts_with('^');
    const Ranges* ranges = named_class(negated ? name.substr(1) : name);
    if (ranges == nullptr || name.size() < 4) malformed("a class that does not exist");
    const Ranges chosen = negated ? invert(*ranges) : *ranges;
    out.insert(out.end(), chosen.begin(), chosen.end());
    rest_.remove_prefix(end + 2);
  }

  void add_range(Ranges& out, std::uint32_t first) {
    std::uint32_t last = first;
    if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
      rest_.remove_prefix(1);
      const bool escaped = take("\\");
      last = escaped && !rest_.empty() ? escaped_character() : character();
    }
    if (last < first) malformed("a range that ends before it begins");
    out.emplace_back(first, last);
  }

  // One code point; the pattern is UTF-8, as the readers check.
  std::uint32_t character() {
    if (rest_.empty()) malformed("it ends too early");
    const auto first = static_cast<std::uint8_t>(rest_.front());
    const std::size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (size > rest_.size()) malformed("it is not UTF-8");
    std::uint32_t out = size == 1 ? first : first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) out = out << 6U | (static_cast<std::uint8_t>(rest_[i]) & 0x3fU);
    rest_.remove_prefix(size);
    return out;
  }

  std::string_view whole_;
  std::string_view rest_;
  std::vector<Step> steps_;
  bool ignore_case_ = false;
  bool dot_all_ = false;
};

}  // namespace

std::vector<Pattern::Step> compile_pattern(std::string_view pattern) {
  return Compiler(pattern).run();
}

}  // namespace hwcsync::secrets
