#pragma once

#include "gitops/compose/reading.hpp"

// Internal to gitops/compose: files of the repository that are copied to the host, and images made from them.
namespace hwcsync::compose {

// The tracked files below `path`, without those that hwcsync reads itself; nothing, with a problem, when they
// cannot be copied.
[[nodiscard]] std::optional<TrackedDirectory> read_directory(Reading& reading, const Yaml& where,
                                                             const std::string& path);

// The context of a service's build, where the stack may build: into the project and the draft.
void take_build_context(Reading& reading, const Yaml& value, Draft& draft);

// Names the images that are built after what they are built from: another content is another image, the same
// one is never built again. A service that names such an image without `build` gets it too.
void settle_builds(Reading& reading, std::map<std::string, Draft>& drafts);

[[nodiscard]] Yaml canonical_build(const Build& build);

}  // namespace hwcsync::compose
