#include "gitops/compose/build_files.hpp"

#include "gitops/compose/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <cctype>

namespace hwcsync::compose {
namespace {

constexpr const char* kDefaultFile = "Dockerfile";
constexpr const char* kAddedFile = ".hwcsync.Dockerfile";

bool is_remote(const std::string& context) {
  return context.find("://") != std::string::npos || context.rfind("git@", 0) == 0 ||
         context.rfind("github.com/", 0) == 0;
}

// Where the context is in the tree: the stack's own directory, or one below it.
std::optional<std::string> place_context(Reading& reading, const Yaml& value, const Build& build) {
  const Context& context = reading.context;
  if (is_remote(build.context)) {
    reading.problems.add(value, "the build context '" + build.context +
                                    "' is somewhere on the network: the same revision would give another "
                                    "image tomorrow; commit the files below the stack's directory");
    return std::nullopt;
  }
  const auto path = context.place(build.context, context.directory);
  const bool own = path && (*path == context.directory || path->rfind(context.directory + '/', 0) == 0);
  if (!own) {
    reading.problems.add(value, "the build context '" + build.context +
                                    "' is not below the stack's directory; move the files there");
    return std::nullopt;
  }
  if (!reading.tree.list(*path)) {
    reading.problems.add(value,
                         "the build context '" + build.context + "' is no tracked directory of this stack");
    return std::nullopt;
  }
  return path;
}

// One that is not among the files of the context is added to them: Compose lets it stand beside.
bool take_dockerfile(Reading& reading, const Yaml& value, const std::string& context, Build& build,
                     TrackedDirectory& files) {
  if (!build.dockerfile_inline.empty()) {
    files.files[kAddedFile] = {build.dockerfile_inline, false};
    build.dockerfile = kAddedFile;
    return true;
  }
  const Yaml* key = value.find("dockerfile");
  const auto refuse = [&](const std::string& message) {
    reading.problems.add(key == nullptr ? value : *key, message);
    return false;
  };
  const std::string said = build.dockerfile.empty() ? kDefaultFile : build.dockerfile;
  if (const auto name = join_path("", said); name && files.files.count(*name) > 0) {
    build.dockerfile = *name;
    return true;
  }
  const auto path = said.front() == '/' ? std::nullopt : join_path(context, said);
  if (!path)
    return refuse("the Dockerfile '" + said +
                  "' is outside of the repository; commit it beside the build context");
  if (reading.context.ciphertexts.count(*path) > 0)
    return refuse("the Dockerfile '" + said + "' is encrypted");
  auto content = read_tracked_file(reading.tree, *path);
  if (!content) {
    return refuse(absence(reading.tree, *path,
                          "there is no '" + said + "' in the build context '" + build.context +
                              "' (looked for " + *path + ')'));
  }
  files.files[kAddedFile] = {std::move(*content), false};
  build.dockerfile = kAddedFile;
  return true;
}

// An argument without a value has that of a variable; of nobody's, that of the Dockerfile.
void fill_arguments(Reading& reading, const Yaml& value, Build& build) {
  for (auto it = build.args.begin(); it != build.args.end();) {
    if (!it->second && reading.variables.secrets.count(it->first) > 0) {
      reading.problems.add(value, "a secret reaches the build argument '" + it->first + '\'' +
                                      reading.origin(it->first, value) +
                                      "; everybody who has the image can read its arguments");
    }
    const auto known = reading.variables.values.find(it->first);
    if (!it->second && known != reading.variables.values.end()) it->second = known->second;
    it = it->second ? std::next(it) : build.args.erase(it);
  }
}

// Letters, digits and single dashes: a part of an image's name.
std::string name_part(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += static_cast<char>(std::tolower(byte));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "x" : out;
}

std::string built_image(const Reading& reading, const Service& service) {
  const std::string& directory = reading.context.directory;
  Build build = *service.build;
  build.context.clear();  // its files count, not where they stand
  Sha256 hash;
  hash.add(write_yaml(canonical_build(build)));
  hash.add(service.platform);
  hash.add(reading.project.contexts.at(service.build->files).hash());
  return "localhost/hwcsync/" + name_part(directory.substr(directory.rfind('/') + 1)) + '-' +
         name_part(service.name) + ':' + hash.hex().substr(0, 12);
}

}  // namespace

void take_build_context(Reading& reading, const Yaml& value, Draft& draft) {
  Build& build = *draft.service.build;
  const auto path = place_context(reading, value, build);
  if (!path) return;
  auto files = read_directory(reading, value, *path);
  if (!files || !take_dockerfile(reading, value, *path, build, *files)) return;
  fill_arguments(reading, value, build);
  if (build.platforms.size() > 1) {
    reading.problems.add(value,
                         "'platforms' names several: the host builds for one; an image for several "
                         "belongs into a pipeline");
  }
  build.files = draft.service.name;
  reading.project.contexts[build.files] = std::move(*files);
}

void settle_builds(Reading& reading, std::map<std::string, Draft>& drafts) {
  std::map<std::string, const Draft*> named;  // what `image` calls it
  for (auto& [name, draft] : drafts) {
    Service& service = draft.service;
    if (!service.build || service.build->files.empty()) continue;
    if (!service.image.empty()) {
      named[service.image] = &draft;
      reading.note(service.where, "the image of '" + name +
                                      "' is built here, so it is named after its "
                                      "content and not '" +
                                      service.image + "'");
    }
    service.image = built_image(reading, service);
    service.image_where = service.where;
    service.pull_policy = "never";
  }
  for (auto& [name, draft] : drafts) {
    const auto same = draft.service.build ? named.end() : named.find(draft.service.image);
    if (same == named.end()) continue;
    draft.service.build = same->second->service.build;
    draft.service.image = same->second->service.image;
    draft.service.pull_policy = "never";
  }
}

}  // namespace hwcsync::compose
