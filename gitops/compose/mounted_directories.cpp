#include "gitops/compose/reading.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

// What a place is for: the runtime must find one of the kind, and in a read-only directory it can make none.
enum class Place { directory, file };

std::map<std::string, Place> places_of(const Service& service, const Context& context) {
  std::map<std::string, Place> out;
  for (const Mount& mount : service.volumes) {
    const bool file = mount.type == Mount::Type::bind && !context.assets_directory.empty() &&
                      mount.source.rfind(context.assets_directory + '/', 0) == 0;
    out.emplace(mount.target, file ? Place::file : Place::directory);
  }
  for (const std::string& text : service.tmpfs) out.emplace(text.substr(0, text.find(':')), Place::directory);
  for (const auto* grants : {&service.secrets, &service.configs}) {
    for (const Grant& grant : *grants) out.emplace(grant.target, Place::file);
  }
  return out;
}

// Git knows no empty directories: this file, which what is mounted there hides, stands for one.
constexpr const char* kHolder = "/.mount-point";

void make_place(TrackedDirectory& directory, std::string below, Place place) {
  while (!below.empty() && below.back() == '/') below.pop_back();
  const auto& files = directory.files;
  const auto next = files.lower_bound(below + '/');
  const bool there = below.empty() || files.count(below) > 0 ||
                     (next != files.end() && next->first.rfind(below + '/', 0) == 0);
  if (!there) directory.files[place == Place::file ? below : below + kHolder] = {};
}

}  // namespace

void settle_directories(Reading& reading, std::map<std::string, Draft>& drafts) {
  for (const auto& [name, draft] : drafts) {
    if (draft.service.directories.empty()) continue;
    const auto places = places_of(draft.service, reading.context);
    for (const auto& [target, directory] : draft.service.directories) {
      const std::string prefix = target.back() == '/' ? target : target + '/';
      for (const auto& [path, place] : places) {
        if (path.rfind(prefix, 0) != 0) continue;
        make_place(reading.project.directories.at(directory), path.substr(prefix.size()), place);
      }
    }
  }
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
