#include "gitops/history/run_directory.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <sys/stat.h>

namespace hwcsync::history {
namespace {

std::string runs_directory(const std::string& state_dir) {
  return state_dir + "/runs";
}

std::optional<RunId> parse_id(const std::string& name) {
  RunId id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || end != name.data() + name.size() || id <= 0 || std::to_string(id) != name) {
    return std::nullopt;
  }
  return id;
}

}  // namespace

std::vector<RunId> RunDirectory::list(const std::string& state_dir) {
  std::vector<RunId> ids;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(runs_directory(state_dir), missing)) {
    if (const auto id = parse_id(entry.path().filename().string())) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

RunDirectory RunDirectory::allocate(const std::string& state_dir, Request request) {
  const std::string runs = runs_directory(state_dir);
  make_directories(runs, 0755);
  const auto known = list(state_dir);
  for (RunId id = known.empty() ? 1 : known.back() + 1;; ++id) {
    const std::string path = runs + '/' + std::to_string(id);
    if (::mkdir(path.c_str(), 0750) == 0) {
      sync_directory(runs);
      RunDirectory run(path, id);
      request.id = id;
      run.write_json("request.json", to_json(request));
      return run;
    }
    if (errno != EEXIST) throw_errno("cannot create", path);
  }
}

RunDirectory RunDirectory::open(const std::string& state_dir, RunId id) {
  const std::string path = runs_directory(state_dir) + '/' + std::to_string(id);
  if (!std::filesystem::is_directory(path)) {
    throw Error(ErrorText{"cannot open", "run " + std::to_string(id), "there is no " + path,
                          "hwcsync history lists the runs"});
  }
  return {path, id};
}

std::optional<Request> RunDirectory::request() const {
  const auto value = read_json("request.json");
  if (!value) return std::nullopt;
  return request_from_json(*value);
}

std::optional<Json> RunDirectory::read_json(const std::string& name) const {
  if (!std::filesystem::exists(file(name))) return std::nullopt;
  return parse_json(read_file(file(name)), file(name));
}

void RunDirectory::write_json(const std::string& name, const OrderedJson& value) const {
  AtomicFile out(file(name), 0640);
  out.write(value.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
  out.write("\n");
  out.commit();
}

bool RunDirectory::cancel_requested() const {
  return std::filesystem::exists(file("cancel"));
}

void RunDirectory::request_cancel() const {
  AtomicFile out(file("cancel"), 0640);
  out.commit();
}

void RunDirectory::remove() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace hwcsync::history
