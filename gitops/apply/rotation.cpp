#include "gitops/apply/rotation.hpp"

#include "gitops/apply/activation_record.hpp"
#include "src/base/atomic_file.hpp"

#include <filesystem>

namespace hwcsync::apply {

Rotation rotation_of(std::span<const plan::SecretChange> secrets) {
  Rotation out;
  std::set<std::string> whole;
  for (const plan::SecretChange& change : secrets) {
    if (change.fact != plan::Fact::rotated && change.fact != plan::Fact::unknown) continue;
    for (const std::string& consumer : change.consumers) {
      const std::string unit = unit_file_name(consumer);
      out.units.insert(unit);
      if (!change.in_place) {
        whole.insert(unit);
        continue;
      }
      ReloadedStack& entry = out.in_place[unit];
      entry.stack = change.stack;
      entry.services.restarted.insert(change.in_place->restarted.begin(), change.in_place->restarted.end());
      entry.services.recreated.insert(change.in_place->recreated.begin(), change.in_place->recreated.end());
    }
  }
  for (const std::string& unit : whole) out.in_place.erase(unit);
  for (auto& [unit, entry] : out.in_place) {
    for (const std::string& service : entry.services.recreated) entry.services.restarted.erase(service);
  }
  return out;
}

RotationLists::RotationLists(const std::string& runtime_dir, WallTime since,
                             std::span<const ReloadedStack> stacks, std::span<const ContainerStatus> before) {
  const std::string directory = runtime_dir + "/rotated";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since.time_since_epoch()).count();
  for (const ReloadedStack& entry : stacks) {
    if (entry.services == plan::InPlace{}) continue;
    make_directories(directory, 0755);
    std::string text = "since " + std::to_string(seconds) + '\n';
    for (const std::string& service : entry.services.restarted) text += "restart " + service + '\n';
    for (const std::string& service : entry.services.recreated) text += "anew " + service + '\n';
    for (const ContainerStatus& container : before) {
      if (container.stack == entry.stack && !container.instance.empty())
        text += "was " + container.instance + '\n';
    }
    AtomicFile file(directory + '/' + entry.stack, 0644);
    file.write(text);
    file.commit();
    files_.push_back(directory + '/' + entry.stack);
  }
}

RotationLists::~RotationLists() {
  std::error_code ignored;  // one that stays only makes a later reload look at its time
  for (const std::string& file : files_) std::filesystem::remove(file, ignored);
}

}  // namespace hwcsync::apply
