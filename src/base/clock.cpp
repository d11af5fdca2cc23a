#include "src/base/clock.hpp"

#include "src/base/error.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <thread>

namespace hwcsync {

WallTime SystemClock::now() const {
  return std::chrono::system_clock::now();
}

std::chrono::steady_clock::time_point SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

void SystemClock::sleep_for(std::chrono::milliseconds duration) {
  std::this_thread::sleep_for(duration);
}

std::string format_time(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(since.count() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(since.count() % 1000));
  return text.data();
}

WallTime parse_time(const std::string& text) {
  std::tm parts{};
  int milliseconds = 0;
  char end = 0;
  const int found =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds, &end);
  if (found != 8 || end != 'Z')
    throw Error("cannot read the time", text, "not of the form 2026-11-20T10:02:44.120Z");
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  // timegm takes the 32nd for the 1st of the next month.
  std::tm same = parts;
  ::timegm(&same);
  if (same.tm_mon != parts.tm_mon || same.tm_mday != parts.tm_mday || same.tm_hour != parts.tm_hour ||
      same.tm_min != parts.tm_min || same.tm_sec != parts.tm_sec)
    throw Error("cannot read the time", text, "there is no such day or hour");
  return std::chrono::system_clock::from_time_t(::timegm(&parts)) + std::chrono::milliseconds(milliseconds);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  const auto seconds = (ms + 500) / 1000;
  std::array<char, 64> text{};
  if (ms < 10'000) {
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ms) / 1000.0);
  } else if (seconds < 60) {
    std::snprintf(text.data(), text.size(), "%lld s", static_cast<long long>(seconds));
  } else if (seconds < 600) {
    std::snprintf(text.data(), text.size(), "%lld min %lld s", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  } else if (seconds < 7200) {
    std::snprintf(text.data(), text.size(), "%lld min", static_cast<long long>(seconds / 60));
  } else if (seconds < 172'800) {
    std::snprintf(text.data(), text.size(), "%lld h", static_cast<long long>(seconds / 3600));
  } else {
    std::snprintf(text.data(), text.size(), "%lld days", static_cast<long long>(seconds / 86'400));
  }
  return text.data();
}

}  // namespace hwcsync
