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

// Path -> SHA-256. A list that was edited lists nothing.
FileMap read_copies(const FileMap& standing) {
  FileMap out;
  const auto list = standing.find(kCopiesFile);
  if (list == standing.end() || marker_state(list->second) != MarkerState::intact) return out;
  for (const std::string& line : split(list->second, '\n')) {
    if (line.size() > kHashLength + 2 && line.front() != '#' && line[kHashLength] == ' ')
      out[line.substr(kHashLength + 2)] = line.substr(0, kHashLength);
  }
  return out;
}

}  // namespace

std::string list_of_copies(const FileMap& files) {
  std::string out;
  for (const auto& [path, content] : files) {
    if (marker_state(content) != MarkerState::intact) out += sha256_hex(content) + "  " + path + '\n';
  }
  return out.empty() ? out : with_marker("", out);
}

std::optional<Obstacle> find_obstacle(const FileMap& standing, const FileMap& rendered) {
  const FileMap copies = read_copies(standing);
  for (const auto& [path, content] : standing) {
    if (path == kCopiesFile) continue;
    const auto wanted = rendered.find(path);
    if (wanted != rendered.end() && wanted->second == content) continue;
    const MarkerState state = marker_state(content);
    if (state == MarkerState::intact) continue;
    const auto copy = copies.find(path);
    if (copy != copies.end() && copy->second == sha256_hex(content)) continue;
    const bool edited = state == MarkerState::edited || copy != copies.end();
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
