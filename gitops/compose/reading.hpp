#pragma once

#include "gitops/compose/loader.hpp"
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
};

// One reading of one file: where values come from, what was found, what is wrong. Scalars are interpolated
// when they are read, so a key that nobody reads is never expanded.
struct Reading {
  const Tree& tree;
  const Context& context;
  Variables variables;
  Problems problems;
  Project project;

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
  bool boolean(const Yaml& value, const std::string& path);
  std::optional<std::int64_t> integer(const Yaml& value, const std::string& path);
  std::string duration(const Yaml& value, const std::string& path);  // "1m30s"
  std::string size(const Yaml& value, const std::string& path);      // "512m"

  // Keeps the names that an interpolation used or missed.
  void account(const Interpolated& done, const Location& where);
  void limit(Limit::Of of, const Yaml& where, std::string message);
  void note(const Location& where, std::string message);
  // A key that is known to Compose gets "not supported by this version yet", any other "unknown key".
  void refuse_key(const Yaml& mapping, const Yaml::Entry& entry, const std::string& what);
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
void read_health_check(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_dependencies(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_service_networks(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_grants(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
void read_networks(Reading& reading, const Yaml& value);
void read_volumes(Reading& reading, const Yaml& value);
// Top-level `secrets:`: key in the file -> name of the stack's secret.
std::map<std::string, std::string> read_secrets(Reading& reading, const Yaml& value);

// References between services, networks, volumes and secrets, and cycles of depends_on.
void check_references(Reading& reading, const std::map<std::string, std::string>& secrets);

[[nodiscard]] Yaml canonical_model(const Project& project, const std::map<std::string, Draft>& drafts,
                                   const Context& context);

}  // namespace hwcsync::compose
