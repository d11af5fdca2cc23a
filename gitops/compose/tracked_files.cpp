#include "gitops/compose/assets.hpp"
#include "gitops/compose/reading.hpp"

// Tracked files of the stack that containers see.
namespace hwcsync::compose {

std::optional<std::string> Reading::asset(const Yaml& where, const std::string& relative) {
  const auto full = context.place(relative, context.directory);
  if (context.setting == Context::Setting::plain) {
    if (full) return '/' + *full;
    problems.add(where, "'" + relative + "' is outside of every directory");
    return std::nullopt;
  }
  if (!full || full->empty()) {
    problems.add(where, "'" + relative + "' is outside of the repository");
    return std::nullopt;
  }
  return tracked(where, *full);
}

std::optional<std::string> Reading::tracked(const Yaml& where, const std::string& path) {
  const std::string name = asset_name(context.directory, path);
  const bool own = path.rfind(context.directory + '/', 0) == 0;
  const std::string& shown = own ? name : path;
  if (context.ciphertexts.count(path) > 0) {
    problems.add(where, "'" + shown + "' is encrypted; grant it under 'secrets' instead of mounting it");
    return std::nullopt;
  }
  auto content = read_tracked_file(tree, path);
  if (const auto fault = content ? std::nullopt : path_fault(tree, path)) {
    problems.add(where, "'" + shown + "' cannot be mounted: " + *fault);
    return std::nullopt;
  }
  if (!content && tree.list(path)) {
    problems.add(where, "'" + shown + "' is a directory of the repository; a file is needed here");
    return std::nullopt;
  }
  if (!content) {
    problems.add(where,
                 "'" + shown +
                     "' is not a tracked file or directory of this stack; data belongs to an absolute path, "
                     "such as ${DATA_ROOT}/...");
    return std::nullopt;
  }
  if (content->size() > kDirectoryBytes) {
    problems.add(where, "'" + shown + "' is larger than " + std::to_string(kDirectoryBytes >> 20U) +
                            " MiB, too much to copy to the host with every change; keep data at an absolute "
                            "path, such as ${DATA_ROOT}/..., or build an image");
    return std::nullopt;
  }
  project.assets.emplace(name, std::move(*content));
  return name;
}

}  // namespace hwcsync::compose
