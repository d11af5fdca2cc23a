#include "gitops/nix/standing_files.hpp"

#include "gitops/nix/marker.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <vector>

namespace hwcsync::nix {
namespace {

constexpr std::size_t kShownLines = 10;
constexpr std::size_t kHashLength = 64;

void add_lines(std::string& out, const std::vector<std::string>& lines, std::size_t from, std::size_t to,
               char sign) {
  for (std::size_t i = from; i < to && i < from + kShownLines; ++i)
    out += std::string("\n  ") + sign + ' ' + printable(lines[i]);
  if (to > from + kShownLines) out += std::string("\n  ") + sign + " ...";
}

// A path on one line of the list.
std::string to_line(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string from_line(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escaped = line[i] == '\\' && i + 1 < line.size();
    if (escaped) ++i;
    out += escaped && line[i] == 'n' ? '\n' : line[i];
  }
  return out;
}

}  // namespace

Copies copies_among(const FileMap& rendered) {
  Copies out;
  for (const auto& [path, content] : rendered) {
    if (marker_state(content) != MarkerState::intact) out.emplace(path, sha256_hex(content));
  }
  return out;
}

std::string list_of_copies(const Copies& copies) {
  std::string out;
  for (const auto& [path, hash] : copies) out += hash + "  " + to_line(path) + '\n';
  return out.empty() ? out : with_marker("", out);
}

Copies read_list_of_copies(std::string_view list) {
  Copies out;
  if (marker_state(list) != MarkerState::intact) return out;
  for (const std::string& line : split(list, '\n')) {
    if (line.size() > kHashLength + 2 && line.front() != '#' && line[kHashLength] == ' ')
      out.emplace(from_line(std::string_view(line).substr(kHashLength + 2)), line.substr(0, kHashLength));
  }
  return out;
}

std::optional<Obstacle> find_obstacle(const FileMap& standing, const FileMap& rendered) {
  const auto list = standing.find(kCopiesFile);
  const Copies copies = list == standing.end() ? Copies{} : read_list_of_copies(list->second);
  for (const auto& [path, content] : standing) {
    if (path == kCopiesFile) continue;
    const auto wanted = rendered.find(path);
    if (wanted != rendered.end() && wanted->second == content) continue;
    const MarkerState state = marker_state(content);
    if (state == MarkerState::intact) continue;
    if (copies.count({path, sha256_hex(content)}) > 0) continue;
    const auto listed = copies.lower_bound({path, ""});
    const bool edited = state == MarkerState::edited || (listed != copies.end() && listed->first == path);
    return Obstacle{path,
                    edited                     ? "it was generated and has been edited since"
                    : wanted == rendered.end() ? "hwcsync did not write it"
                                               : "something that hwcsync did not write stands in its place",
                    wanted == rendered.end() ? "" : line_difference(content, wanted->second)};
  }
  return std::nullopt;
}

std::string line_difference(std::string_view was, std::string_view now) {
  const std::vector<std::string> a = split(was, '\n');
  const std::vector<std::string> b = split(now, '\n');
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  if (head == a.size() && head == b.size()) return "";
  std::string out = "line " + std::to_string(head + 1) + ':';
  add_lines(out, a, head, a.size() - tail, '-');
  add_lines(out, b, head, b.size() - tail, '+');
  return out;
}

}  // namespace hwcsync::nix
