#include "gitops/compose/units.hpp"

#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace hwcsync::compose {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes a decimal number with an optional fraction from the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double out = 0;
  const auto [stop, code] =
      std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
  if (code != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return out;
}

// "ms" before "m", so that the longer word wins.
constexpr std::array<std::pair<std::string_view, double>, 7> kDurations{
    {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}, {"d", 8.64e10}, {"w", 6.048e11}}};

constexpr double kLargest = 9e18;  // below the largest number of 64 bits

}  // namespace

std::optional<std::int64_t> duration_microseconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto* unit = std::find_if(kDurations.begin(), kDurations.end(), [&](const auto& row) {
      return text.substr(0, row.first.size()) == row.first;
    });
    if (!number || unit == kDurations.end()) return std::nullopt;
    text.remove_prefix(unit->first.size());
    total += *number * unit->second;
    if (total > kLargest) return std::nullopt;
  }
  return static_cast<std::int64_t>(std::llround(total));
}

std::string go_duration(const std::string& text) {
  if (text.find_first_of("dw") == std::string::npos) return text;
  const std::int64_t all = duration_microseconds(text).value_or(0);
  if (all % 1'000'000 == 0) return std::to_string(all / 1'000'000) + 's';
  return std::to_string(all) + "us";
}

std::optional<std::int64_t> size_bytes(std::string_view text) {
  if (text == "-1") return -1;
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  std::string unit(trim(text));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  double factor = 1;
  if (std::floor(*number) != *number && (unit.empty() || unit == "b")) return std::nullopt;
  if (!unit.empty() && unit != "b") {
    constexpr std::string_view kLetters = "kmgtp";
    const auto at = kLetters.find(unit.front());
    const std::string rest = unit.substr(1);
    if (at == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib" && rest != "i"))
      return std::nullopt;
    factor = std::pow(1024.0, static_cast<double>(at + 1));
  }
  if (*number * factor > kLargest) return std::nullopt;
  return static_cast<std::int64_t>(*number * factor);
}

std::string octal(std::int64_t mode) {
  std::string out;
  for (int i = 0; i < 4; ++i, mode /= 8) out.insert(out.begin(), static_cast<char>('0' + mode % 8));
  // YAML, podman and systemd take only a number with a leading zero for one in base 8.
  return out.front() == '0' ? out : '0' + out;
}

}  // namespace hwcsync::compose
