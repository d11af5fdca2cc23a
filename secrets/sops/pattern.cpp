#include "secrets/sops/pattern.hpp"

#include <algorithm>
#include <optional>

namespace hwcsync::secrets {
namespace {

// The next code point; a byte that is not UTF-8 counts as U+FFFD, as in Go.
std::uint32_t take_character(Bytes& text) {
  const std::uint8_t first = text.front();
  const std::size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (size == 0 || size > text.size()) {
    text = text.subspan(1);
    return 0xfffd;
  }
  std::uint32_t out = size == 1 ? first : first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((text[i] & 0xc0U) != 0x80U) {
      text = text.subspan(1);
      return 0xfffd;
    }
    out = out << 6U | (text[i] & 0x3fU);
  }
  text = text.subspan(size);
  return out;
}

bool is_word(std::optional<std::uint32_t> c) {
  return c && ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || *c == '_');
}

using Op = Pattern::Step::Op;

// The set of places in the program that are alive, each at most once.
class Places {
 public:
  explicit Places(const std::vector<Pattern::Step>& steps) : steps_(steps), seen_(steps.size()) {}

  void clear() {
    alive_.clear();
    std::fill(seen_.begin(), seen_.end(), false);
  }
  // Follows everything that takes no character. `before` and `after` are the neighbours of the position.
  void add(std::size_t start, std::optional<std::uint32_t> before, std::optional<std::uint32_t> after) {
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      if (seen_[at]) continue;
      seen_[at] = true;
      const Pattern::Step& step = steps_[at];
      const bool edge = is_word(before) != is_word(after);
      switch (step.op) {
        case Op::split:
          open.push_back(step.other);
          open.push_back(step.next);
          break;
        case Op::jump:
          open.push_back(step.next);
          break;
        case Op::text_begin:
          if (!before) open.push_back(step.next);
          break;
        case Op::text_end:
          if (!after) open.push_back(step.next);
          break;
        case Op::word_edge:
          if (edge) open.push_back(step.next);
          break;
        case Op::no_word_edge:
          if (!edge) open.push_back(step.next);
          break;
        case Op::match:
          matched_ = true;
          break;
        case Op::characters:
          alive_.push_back(at);
          break;
      }
    }
  }
  [[nodiscard]] bool matched() const { return matched_; }
  [[nodiscard]] const std::vector<std::size_t>& alive() const { return alive_; }

 private:
  const std::vector<Pattern::Step>& steps_;
  std::vector<bool> seen_;
  std::vector<std::size_t> alive_;
  bool matched_ = false;
};

bool holds(const Pattern::Step& step, std::uint32_t c) {
  return std::ranges::any_of(step.ranges, [c](const auto& r) { return c >= r.first && c <= r.second; });
}

}  // namespace

Pattern::Pattern(std::string_view pattern) : steps_(compile_pattern(pattern)) {}

bool Pattern::search(Bytes text) const {
  Places now(steps_);
  Places next(steps_);
  std::optional<std::uint32_t> before;
  for (;;) {
    Bytes rest = text;
    const auto current = text.empty() ? std::nullopt : std::optional(take_character(rest));
    now.add(0, before, current);
    if (now.matched()) return true;
    if (!current) return false;
    Bytes beyond = rest;
    const auto after = rest.empty() ? std::nullopt : std::optional(take_character(beyond));
    next.clear();
    for (const std::size_t at : now.alive()) {
      if (holds(steps_[at], *current)) next.add(steps_[at].next, current, after);
    }
    if (next.matched()) return true;
    before = current;
    text = rest;
    now.clear();
    for (const std::size_t at : next.alive()) now.add(at, before, after);
  }
}

}  // namespace hwcsync::secrets
