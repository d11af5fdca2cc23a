#include "src/settings/duration.hpp"

#include <array>
#include <cstdint>

namespace hwcsync::settings {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array kUnits{
    Unit{"ms", 1},       Unit{"s", 1000},      Unit{"sec", 1000},     Unit{"m", 60'000},
    Unit{"min", 60'000}, Unit{"h", 3'600'000}, Unit{"d", 86'400'000},
};
constexpr std::int64_t kLongest = 366LL * 86'400'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::int64_t previous = INT64_MAX;
  std::size_t at = 0;
  const auto skip_spaces = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return std::nullopt;
  while (at < text.size()) {
    if (!is_digit(text[at])) return std::nullopt;
    std::int64_t number = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      number = number * 10 + (text[at] - '0');
      if (number > kLongest) return std::nullopt;
    }
    skip_spaces();
    const std::size_t begin = at;
    while (at < text.size() && is_letter(text[at])) ++at;
    const std::string_view name = text.substr(begin, at - begin);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == name) unit = &candidate;
    }
    // From large to small, each unit once: "30s1m" and "1s1s" are slips of the pen.
    if (unit == nullptr || unit->milliseconds >= previous) return std::nullopt;
    previous = unit->milliseconds;
    if (number > kLongest / unit->milliseconds) return std::nullopt;
    total += number * unit->milliseconds;
    if (total > kLongest) return std::nullopt;
    skip_spaces();
  }
  return std::chrono::milliseconds(total);
}

std::string duration_pattern() {
  return "^([0-9]+ *(ms|s|sec|m|min|h|d) *)+$";
}

}  // namespace hwcsync::settings
