#pragma once

#include "gitops/compose/loader.hpp"
#include "gitops/compose/verdicts.hpp"
#include "src/base/schema.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Internal to gitops/compose: what the readers of single fields share.
namespace hwcsync::compose {

// A service while it is read. Text in which secrets may stand keeps its parts here, for the canonical form.
struct Draft {
  Service service;
  std::optional<std::vector<Template>> command;
  std::optional<std::vector<Template>> entrypoint;
  std::vector<Template> health_test;
  std::map<std::string, Template> labels;
  std::map<std::string, Location> places;  // of what is mounted, by target
};

// `external: true`, or the old form `external: {name: x}`.
struct External {
  bool external = false;
  std::optional<std::string> name;
};

// One reading of one file: where values come from, what was found, what is wrong. Scalars are interpolated
// when they are read, so a key that nobody reads is never expanded.
struct Reading {
  const Tree& tree;
  const Context& context;
  Variables variables;
  Problems problems;
  Project project;
  const Yaml* document = nullptr;  // the whole of it, to say what a value came through

  // Text of any kind; empty after a problem.
  Template text(const Yaml& value);
  // Text in which a secret may stand only when the provider fills it in (style compose). `path`:
  // "services.web.command".
  Template provider_text(const Yaml& value, const std::string& path);
  std::vector<Template> provider_list(const Yaml& value, const std::string& path);
  // Text that must be known when the stack is planned; a secret in it is a problem.
  std::string plain(const Yaml& value, const std::string& path);
  std::vector<std::string> plain_list(const Yaml& value, const std::string& path);
  // A single text or a list of them.
  std::vector<std::string> one_or_many(const Yaml& value, const std::string& path);
  // A mapping, or a list of "name=value".
  std::map<std::string, std::string> plain_map(const Yaml& value, const std::string& path);
  std::map<std::string, Template> provider_map(const Yaml& value, const std::string& path);
  // A list as it stands, or a line that is split into words.
  std::vector<Template> command(const Yaml& value, const std::string& path);
  bool boolean(const Yaml& value, const std::string& path);
  External external(const Yaml& value, const std::string& path);
  std::optional<std::int64_t> integer(const Yaml& value, const std::string& path);
  std::string duration(const Yaml& value, const std::string& path);  // "1m30s"
  std::string size(const Yaml& value, const std::string& path);      // "512m"
  std::string number(const Yaml& value, const std::string& path);    // "1.5"
  std::optional<std::int64_t> bytes(const Yaml& value, const std::string& path);
  std::string file_mode(const Yaml& value, const std::string& path);  // "0440"
  // The value of a variable that a key names; nothing, with a problem, when nobody sets it.
  std::optional<Template> variable(const Yaml& where, const std::string& name, const std::string& path);
  // Takes a tracked file of the stack into the project's assets: its path below the stack's directory, and in
  // a plain project where it stands. Nothing, with a problem, when it cannot be mounted.
  std::optional<std::string> asset(const Yaml& where, const std::string& relative);
  // The same for a path in the tree.
  std::optional<std::string> tracked(const Yaml& where, const std::string& path);
  // Takes a directory of the tree into the project: its name there.
  std::optional<std::string> directory(const Yaml& where, const std::string& path);

  // Keeps the names that an interpolation used or missed.
  void account(const Interpolated& done, const Location& where);
  void limit(Limit::Of of, const Yaml& where, std::string message);
  void note(const Location& where, std::string message);
  void limit_both(const Yaml& where, const std::string& message);
  // Looks the key up in the table of verdicts and remembers its use; a refusal is a limit of the styles that
  // refuse it. False when there is nothing to read: an extension, no value, or, with a problem, an unknown
  // key.
  bool takes(const Yaml& mapping, const Yaml::Entry& entry, std::string_view scope, const std::string& path);
  // " from immich.env via x-common", as far as it is known: where a secret comes from and what brought it
  // here.
  [[nodiscard]] std::string origin(const std::string& variable, const Yaml& value) const;
  // False, with a problem, unless the value is a mapping.
  bool expect_mapping(const Yaml& value);
};

[[nodiscard]] Location key_location(const Yaml& mapping, const Yaml::Entry& entry);
[[nodiscard]] bool is_extension(const std::string& key);  // x-...

// Readers of single fields; each adds to the draft and reports to the reading.
void read_service(Reading& reading, const std::string& name, const Yaml& value, Draft& draft);
void read_environment(Reading& reading, const Yaml& service, const std::string& path, Draft& draft);
void read_ports(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_mounts(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_tmpfs(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_health_check(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_dependencies(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_deploy(Reading& reading, const Yaml& value, const std::string& path, const Yaml& service,
                 Service& out);
void read_networks(Reading& reading, const Yaml& value);
void read_volumes(Reading& reading, const Yaml& value);
void read_configs(Reading& reading, const Yaml& value);
// Top-level `secrets:`: key in the file -> name of the stack's secret, empty for one that is no file.
std::map<std::string, std::string> read_secrets(Reading& reading, const Yaml& value);

// What follows from all mounts together: directories below a mounted one at which something else is mounted,
// and the labels that tell the provider of changed files.
void settle_directories(Reading& reading, std::map<std::string, Draft>& drafts);

// References between services, networks, volumes and secrets, and cycles of depends_on.
void check_references(Reading& reading, const std::map<std::string, std::string>& secrets);

[[nodiscard]] Yaml canonical_service(const Draft& draft, const Service& service, const Context& context);
[[nodiscard]] Yaml canonical_model(const Project& project, const std::map<std::string, Draft>& drafts,
                                   const Context& context);

}  // namespace hwcsync::compose
