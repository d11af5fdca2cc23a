#include "src/cli/plain_files.hpp"

#include "src/base/fd.hpp"

#include <algorithm>
#include <filesystem>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kFileLimit = 16U << 20U;

// "home/eric/" while that is the working directory.
std::string here() {
  return fs::current_path().string().substr(1) + '/';
}

}  // namespace

std::optional<std::string> PlainFiles::read(const std::string& path) const {
  const std::string full = '/' + path;
  std::error_code error;
  if (!fs::is_regular_file(full, error)) return std::nullopt;
  return read_file(full, kFileLimit);
}

std::optional<std::vector<TreeEntry>> PlainFiles::list(const std::string& path) const {
  std::error_code error;
  const fs::directory_iterator items('/' + path, fs::directory_options::skip_permission_denied, error);
  if (error) return std::nullopt;
  std::vector<TreeEntry> out;
  for (const fs::directory_entry& item : items) {
    const std::string name = item.path().filename().string();
    if (item.is_directory(error)) {
      out.push_back({name, EntryKind::directory});
    } else if (item.is_regular_file(error)) {
      out.push_back({name, EntryKind::file});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::string to_tree_path(const std::string& path) {
  std::string full = fs::absolute(path).lexically_normal().string().substr(1);
  if (!full.empty() && full.back() == '/') full.pop_back();
  return full;
}

Location with_plain_name(Location where) {
  const std::string prefix = here();
  where.file = where.file.rfind(prefix, 0) == 0 ? where.file.substr(prefix.size()) : '/' + where.file;
  return where;
}

ConfigError with_plain_names(const ConfigError& error) {
  const std::string prefix = here();
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems) {
    problem.where = with_plain_name(problem.where);
    for (auto at = problem.message.find(prefix); at != std::string::npos;
         at = problem.message.find(prefix, at))
      problem.message.erase(at, prefix.size());
  }
  return {error.kind(), std::move(problems)};
}

}  // namespace hwcsync::cli
