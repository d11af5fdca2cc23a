#include "src/cli/generated_directory.hpp"

#include "gitops/nix/marker.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <filesystem>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCopies = ".copies";
constexpr std::size_t kShownLines = 10;
constexpr std::size_t kHashLength = 64;

bool is_regular(const std::string& path) {
  return fs::is_regular_file(fs::symlink_status(path));
}

enum class Runs { no, yes };

void write_file(const std::string& path, const std::string& content, Runs runs) {
  AtomicFile file(path, runs == Runs::yes ? 0755 : 0644);
  file.write(content);
  file.commit();
}

bool stands(const std::string& path, const std::string& content, Runs runs) {
  if (!is_regular(path)) return false;
  const bool executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  return executable == (runs == Runs::yes) && read_file(path) == content;
}

Runs runs_of(const nix::Rendered& rendered, const std::string& path) {
  return rendered.executables.count(path) > 0 ? Runs::yes : Runs::no;
}

void add_lines(std::string& out, const std::vector<std::string>& lines, std::size_t from, std::size_t to,
               char sign) {
  for (std::size_t i = from; i < to && i < from + kShownLines; ++i)
    out += std::string("\n  ") + sign + ' ' + printable(lines[i]);
  if (to > from + kShownLines) out += std::string("\n  ") + sign + " ...";
}

}  // namespace

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

std::vector<std::string> GeneratedDirectory::present() const {
  std::vector<std::string> out;
  if (!fs::is_directory(path_)) return out;
  for (const auto& item : fs::recursive_directory_iterator(path_)) {
    const std::string path = item.path().lexically_relative(path_).string();
    if (item.is_directory() && !item.is_symlink()) continue;
    if (path != kCopies) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Path -> SHA-256. A list that was edited lists nothing.
GeneratedDirectory::Files GeneratedDirectory::read_copies() const {
  Files out;
  const std::string path = path_ + '/' + kCopies;
  if (!is_regular(path)) return out;
  const std::string content = read_file(path);
  if (nix::marker_state(content) != nix::MarkerState::intact) return out;
  for (const std::string& line : split(content, '\n')) {
    if (line.size() > kHashLength + 2 && line.front() != '#' && line[kHashLength] == ' ')
      out[line.substr(kHashLength + 2)] = line.substr(0, kHashLength);
  }
  return out;
}

void GeneratedDirectory::refuse_foreign(const Files& files) const {
  const Files copies = read_copies();
  for (const std::string& path : present()) {
    const std::string full = path_ + '/' + path;
    const auto refuse = [&](const std::string& reason, const std::string& difference) {
      throw RefusedError({"cannot overwrite", full, reason,
                          "move what is yours to the stack itself, then remove the file" +
                              (difference.empty() ? "" : "\n  " + difference)});
    };
    if (!is_regular(full)) refuse("it is no regular file", "");
    const std::string content = read_file(full);
    const auto wanted = files.find(path);
    if (wanted != files.end() && wanted->second == content) continue;
    const nix::MarkerState state = nix::marker_state(content);
    if (state == nix::MarkerState::intact) continue;
    const auto copy = copies.find(path);
    if (copy != copies.end() && copy->second == sha256_hex(content)) continue;
    const bool edited = state == nix::MarkerState::edited || copy != copies.end();
    refuse(edited                  ? "it was generated and has been edited since"
           : wanted == files.end() ? "hwcsync did not write it"
                                   : "something that hwcsync did not write stands in its place",
           wanted == files.end() ? "" : line_difference(content, wanted->second));
  }
}

// With the directories that it leaves empty: Git does not know them.
void GeneratedDirectory::remove(const std::string& path) const {
  const fs::path directory = path_;
  fs::remove(directory / path);
  for (fs::path above = fs::path(path).parent_path(); !above.empty() && fs::is_empty(directory / above);
       above = above.parent_path()) {
    fs::remove(directory / above);
  }
}

// The list of copies comes last: what a killed run wrote is what this one would write, or listed.
void GeneratedDirectory::write(const nix::Rendered& rendered) const {
  refuse_foreign(rendered.files);
  std::string copies;
  for (const auto& [path, content] : rendered.files) {
    const std::string full = path_ + '/' + path;
    const Runs runs = runs_of(rendered, path);
    // Writing is synced, which takes longer than rendering.
    if (!stands(full, content, runs)) {
      make_directories(fs::path(full).parent_path().string(), 0755);
      write_file(full, content, runs);
    }
    if (nix::marker_state(content) != nix::MarkerState::intact)
      copies += sha256_hex(content) + "  " + path + '\n';
  }
  for (const std::string& path : present()) {
    if (rendered.files.count(path) == 0) remove(path);
  }
  if (copies.empty()) {
    fs::remove(path_ + '/' + kCopies);
  } else {
    write_file(path_ + '/' + kCopies, nix::with_marker("", copies), Runs::no);
  }
}

std::vector<std::string> GeneratedDirectory::stale(const nix::Rendered& rendered) const {
  std::vector<std::string> out;
  for (const std::string& path : present()) {
    if (rendered.files.count(path) == 0) out.push_back(path);
  }
  for (const auto& [path, content] : rendered.files) {
    if (!stands(path_ + '/' + path, content, runs_of(rendered, path))) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hwcsync::cli
