#include "gitops/compose/container_path.hpp"
#include "gitops/compose/reading.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hwcsync::compose {
namespace {

// What stands at a place in a container: of a path of the host only its name is known.
enum class Kind { directory, file, directory_by_name, file_by_name };

bool is_file(Kind kind) {
  return kind == Kind::file || kind == Kind::file_by_name;
}
bool is_known(Kind kind) {
  return kind == Kind::file || kind == Kind::directory;
}

// Git knows no empty directories: this file, which what is mounted there hides, stands for one.
constexpr const char* kHolder = "/.mount-point";

class Places {
 public:
  Places(Reading& reading, const Draft& draft) : reading_(reading), draft_(draft) {
    const Service& service = draft.service;
    for (const Mount& mount : service.volumes) add(mount.target, kind_of(mount));
    for (const std::string& text : service.tmpfs) add(text.substr(0, text.find(':')), Kind::directory);
    for (const auto* grants : {&service.secrets, &service.configs}) {
      for (const Grant& grant : *grants) add(grant.target, Kind::file);
    }
  }

  // The runtime must find what it mounts over, and in a read-only directory it can make none.
  void make() {
    for (const auto& [path, kind] : kinds_) {
      const std::string above = cover(path);
      if (above.empty()) continue;
      if (kinds_.at(above) == Kind::file) {
        say(path, "'" + path + "' cannot be mounted below '" + above + "', which is a file");
      } else if (const auto found = draft_.service.directories.find(above);
                 found != draft_.service.directories.end()) {
        make_place(reading_.project.directories.at(found->second), path, path.substr(above.size() + 1), kind);
      }
    }
  }

 private:
  void add(const std::string& path, Kind kind) {
    if (!kinds_.emplace(path, kind).second) say(path, "two mounts have the target '" + path + "'");
  }

  void say(const std::string& path, const std::string& message) {
    reading_.problems.add(where(path), message);
  }

  [[nodiscard]] Location where(const std::string& path) const {
    const auto found = draft_.places.find(path);
    return found == draft_.places.end() ? draft_.service.where : found->second;
  }

  [[nodiscard]] Kind kind_of(const Mount& mount) const {
    if (mount.type != Mount::Type::bind) return Kind::directory;
    const auto below = [&](const std::string& directory) {
      return !directory.empty() && mount.source.rfind(directory + '/', 0) == 0;
    };
    const Context& context = reading_.context;
    if (below(context.assets_directory) || below(context.secrets_directory)) return Kind::file;
    if (below(context.trees_directory)) return Kind::directory;
    return looks_like_file(mount.source) ? Kind::file_by_name : Kind::directory_by_name;
  }

  // The innermost mount that holds the path; empty where the image does.
  [[nodiscard]] std::string cover(const std::string& path) const {
    for (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      if (kinds_.count(path.substr(0, slash)) > 0) return path.substr(0, slash);
    }
    return "";
  }

  void make_place(TrackedDirectory& directory, const std::string& path, const std::string& below, Kind kind) {
    auto& files = directory.files;
    const std::string there = directory.path + '/' + below;
    for (auto slash = below.find('/'); slash != std::string::npos; slash = below.find('/', slash + 1)) {
      if (files.count(below.substr(0, slash)) == 0) continue;
      say(path, "'" + path + "' cannot be mounted: '" + directory.path + '/' + below.substr(0, slash) +
                    "', which is mounted above it, is a file");
      return;
    }
    const auto next = files.lower_bound(below + '/');
    const bool is_directory = next != files.end() && next->first.rfind(below + '/', 0) == 0;
    if (is_directory || files.count(below) > 0) {
      if (is_known(kind) && is_directory == is_file(kind)) {
        say(path, "'" + path + "' is " + (is_file(kind) ? "a file" : "a directory") + ", and '" + there +
                      "', over which it would be mounted, is " + (is_directory ? "a directory" : "a file"));
      }
      return;
    }
    files[is_file(kind) ? below : below + kHolder] = {};
    if (is_known(kind)) return;
    reading_.note(where(path), "'" + path + "' is taken for a " + (is_file(kind) ? "file" : "directory") +
                                   " of the host, going by its name; if it is none, commit a " +
                                   (is_file(kind) ? "directory" : "file") + " named '" + there +
                                   "' for it to be mounted over");
  }

  Reading& reading_;
  const Draft& draft_;
  std::map<std::string, Kind> kinds_;  // by target
};

}  // namespace

void settle_directories(Reading& reading, std::map<std::string, Draft>& drafts) {
  for (const auto& [name, draft] : drafts) Places(reading, draft).make();
  for (auto& [name, draft] : drafts) {
    for (const auto& [target, directory] : draft.service.directories) {
      const std::string label = "io.hwcsync.asset." + directory;
      const std::string hash = reading.project.directories.at(directory).hash();
      draft.service.labels[label] = hash;
      draft.labels[label] = Template::literal(hash);
    }
  }
}

}  // namespace hwcsync::compose
