#pragma once

#include "src/base/clock.hpp"
#include "src/base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

// How facts are said to people.
namespace hwcsync::cli {

// "12 s ago", "3 min ago", "2 days ago".
[[nodiscard]] std::string ago(WallTime time, WallTime now);
// Cut to `width` characters, with "..." when something was cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);
[[nodiscard]] std::string first_line(std::string_view text);
// "rolled-back" -> "rolled back".
[[nodiscard]] std::string people_state(std::string_view state);

// JSON for stdout, with its newline. What comes from outside may hold any bytes: those that are not UTF-8
// become U+FFFD.
[[nodiscard]] std::string json_text(const OrderedJson& value);

// Columns two spaces apart, as wide as their widest cell; no lines, so that it reads the same in a log.
class Table {
 public:
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hwcsync::cli
