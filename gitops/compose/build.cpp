#include "gitops/compose/build_files.hpp"
#include "gitops/compose/fields.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

// A list of names or name=value, or a mapping; a name alone is taken from the environment of the build.
void read_args(Reading& reading, const Yaml& value, const std::string& path, Build& out) {
  if (value.is_mapping()) {
    for (const Yaml::Entry& entry : value.entries) {
      auto& argument = out.args[entry.key];
      if (!entry.value.is_null()) argument = reading.plain(entry.value, path + '.' + entry.key);
    }
    return;
  }
  for (const std::string& line : reading.plain_list(value, path)) {
    const auto equals = line.find('=');
    auto& argument = out.args[line.substr(0, equals)];
    if (equals != std::string::npos) argument = line.substr(equals + 1);
  }
}

void read_ssh(Reading& reading, const Yaml& value, const std::string& path, Build& out) {
  out.ssh = value.is_scalar() ? std::map<std::string, std::string>{{reading.plain(value, path), ""}}
                              : reading.plain_map(value, path);
}

constexpr std::array kBuild{
    Field<Build>{"additional_contexts", read_map<&Build::additional_contexts>},
    Field<Build>{"args", read_args},
    Field<Build>{"cache_from", read_list<&Build::cache_from>},
    Field<Build>{"cache_to", read_list<&Build::cache_to>},
    Field<Build>{"context", read_text<&Build::context>},
    Field<Build>{"dockerfile", read_text<&Build::dockerfile>},
    Field<Build>{"dockerfile_inline", read_text<&Build::dockerfile_inline>},
    Field<Build>{"entitlements", read_list<&Build::entitlements>},
    Field<Build>{"extra_hosts", [](Reading& reading, const Yaml& value, const std::string& path,
                                   Build& out) { read_hosts(reading, value, path, out.extra_hosts); }},
    Field<Build>{"isolation", read_text<&Build::isolation>},
    Field<Build>{"labels", read_map<&Build::labels>},
    Field<Build>{"network", read_text<&Build::network>},
    Field<Build>{"no_cache", read_boolean<&Build::no_cache>},
    Field<Build>{"no_cache_filter", read_one_or_many<&Build::no_cache_filter>},
    Field<Build>{"platforms", read_list<&Build::platforms>},
    Field<Build>{"privileged", read_boolean<&Build::privileged>},
    Field<Build>{"provenance", read_text<&Build::provenance>},
    Field<Build>{"pull", read_boolean<&Build::pull>},
    Field<Build>{"sbom", read_text<&Build::sbom>},
    Field<Build>{"secrets",
                 [](Reading& reading, const Yaml& value, const std::string& path, Build& out) {
                   out.secrets = read_grants(reading, value, path, "/run/secrets/");
                 }},
    Field<Build>{"shm_size", read_size<&Build::shm_size>},
    Field<Build>{"ssh", read_ssh},
    Field<Build>{"tags", read_list<&Build::tags>},
    Field<Build>{"target", read_text<&Build::target>},
    Field<Build>{"ulimits", [](Reading& reading, const Yaml& value, const std::string& path,
                               Build& out) { read_ulimits(reading, value, path, out.ulimits); }},
};

}  // namespace

void read_build(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  const std::size_t before = reading.problems.list().size();
  Build& out = draft.service.build.emplace();
  if (value.is_scalar()) {
    out.context = reading.plain(value, path);
  } else {
    read_fields<Build>(reading, value, "build", path, kBuild, out);
  }
  if (out.context.empty()) out.context = ".";
  if (!out.dockerfile.empty() && !out.dockerfile_inline.empty())
    reading.problems.add(value, "'dockerfile' and 'dockerfile_inline' exclude each other");
  if (reading.context.builds == Context::Builds::refused) {
    reading.limit_both(value, path +
                                  " is refused: hwcsync builds images only where stack.yaml says 'build: "
                                  "true'; say so, or build it elsewhere, push it to a registry and name it "
                                  "with 'image'");
  } else if (reading.problems.list().size() == before) {
    take_build_context(reading, value, draft);
  }
}

}  // namespace hwcsync::compose
