#include "src/cli/people.hpp"

#include <algorithm>

namespace hwcsync::cli {

std::string ago(WallTime time, WallTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - time);
  const auto count = std::max<long long>(since.count(), 0);
  if (count < 60) return std::to_string(count) + " s ago";
  if (count < 7200) return std::to_string(count / 60) + " min ago";
  if (count < 172'800) return std::to_string(count / 3600) + " h ago";
  return std::to_string(count / 86'400) + " days ago";
}

std::string shorten(std::string_view text, std::size_t width) {
  if (text.size() <= width) return std::string(text);
  std::size_t cut = width - 3;
  // Never in the middle of a UTF-8 character.
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return std::string(text.substr(0, cut)) + "...";
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string json_text(const OrderedJson& value) {
  return value.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

std::string people_state(std::string_view state) {
  std::string out(state);
  std::replace(out.begin(), out.end(), '-', ' ');
  return out;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace hwcsync::cli
