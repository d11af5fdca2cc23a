#include "gitops/stack/stack_config.hpp"

#include "gitops/compose/files.hpp"
#include "gitops/compose/project_name.hpp"
#include "gitops/stack/names.hpp"
#include "gitops/stack/rules.hpp"
#include "gitops/stack/stack_schema.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hwcsync::stack {
namespace {

// What the table cannot say: names, ranges, and keys that exclude each other.
struct Checker {
  const StackConfig& config;
  const Yaml& document;
  Problems& problems;

  [[nodiscard]] Location place(const std::string& key) const { return config.place(key); }
  // The i-th item of a list.
  [[nodiscard]] Location place(const std::string& key, std::size_t i) const {
    return config.place(key + '.' + std::to_string(i));
  }

  void check_names() const {
    if (!config.unit.empty() && !is_unit_name(config.unit)) {
      problems.add(place("unit"), "'" + config.unit + "' is no name for a unit (without '.service')");
    }
    const bool suffix = config.unit.size() > 8 && config.unit.rfind(".service") == config.unit.size() - 8;
    if (suffix) problems.add(place("unit"), "leave '.service' out of the unit's name");
    if (!config.project.empty() && !compose::is_project_name(config.project)) {
      problems.add(place("project"), "'" + config.project +
                                         "' is no name for a project: lower-case letters, digits, '-' and "
                                         "'_', a letter or digit first");
    }
    if (!config.category.empty() && !is_name(config.category)) {
      problems.add(place("category"),
                   "'" + config.category + "' is no name for a category (a-z, 0-9 and '-')");
    }
    if (!config.user.empty() && !is_name(config.user)) {
      problems.add(place("user"), "'" + config.user + "' is no name for a user (a-z, 0-9 and '-')");
    }
    for (std::size_t i = 0; i < config.environment_from_host.size(); ++i) {
      const std::string& name = config.environment_from_host[i];
      if (name == "XDG_RUNTIME_DIR" || name == "USER" || name == "LOGNAME") continue;
      problems.add(
          place("environment-from-host", i),
          "what '" + name +
              "' is on the host cannot be known from the repository, and a revision must mean the same "
              "wherever it is rendered; XDG_RUNTIME_DIR, USER and LOGNAME follow from the stack's user. "
              "Declare it under the host's 'variables' in hwcsync.yaml instead");
    }
    check_variable_names(document.find("variables"), problems);
    check_variable_names(document.find("assets"), problems);
    for (const auto& [name, file] : config.assets) {
      if (!is_repository_path(file)) {
        problems.add(key_place(*document.find("assets"), name),
                     "'" + file + "' must be a path below the stack's directory");
      }
    }
  }

  void check_secrets() const {
    const Yaml* secrets = document.find("secrets");
    for (const auto& [name, secret] : config.secrets) {
      const Location where = key_place(*secrets, name);
      const bool good =
          !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                   c == '_' || c == '-';
          });
      if (!good)
        problems.add(where, "'" + name + "' is no name for a secret (letters, digits, '.', '_' and '-')");
      check_origin(name, secret, where);
      if (!is_mode(secret.mode))
        problems.add(where, "'" + secret.mode + "' is no mode; write it as \"0400\"");
      if (name == "env" && (!secret.key.empty() || !secret.services.empty())) {
        problems.add(where, "the secret 'env' is the stack's env file and takes nothing but a 'source'");
      }
    }
  }

  void check_origin(const std::string& name, const SecretSource& secret, const Location& where) const {
    if (secret.source.empty() == secret.text_template.empty()) {
      problems.add(where, "the secret '" + name + "' needs exactly one of 'source' and 'template'");
    }
    if (!secret.text_template.empty() && !secret.key.empty())
      problems.add(where, "the secret '" + name + "' is a template, and 'key' goes with a 'source' only");
    if (!secret.text_template.empty() && name == "env") {
      problems.add(where,
                   "the secret 'env' is the stack's env file and cannot be a template; give the template "
                   "another name");
    }
  }

  void check_numbers() const {
    const auto port = [&](const std::string& key, std::int64_t number) {
      if (number < 1 || number > 65535)
        problems.add(place(key), std::to_string(number) + " is no port (1 to 65535)");
    };
    const auto ports = [&](const std::string& key, const std::vector<std::int64_t>& numbers) {
      for (std::size_t i = 0; i < numbers.size(); ++i) port(key + '.' + std::to_string(i), numbers[i]);
    };
    ports("firewall.tcp", config.firewall.tcp);
    ports("firewall.udp", config.firewall.udp);
    ports("firewall.proxied", config.firewall.proxied);
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
      const Route& route = config.routes[i];
      const std::string path = "routes." + std::to_string(i);
      port(path + ".upstream", route.upstream);
      if (!route.tls.empty() && route.tls != "internal") {
        problems.add(place(path + ".tls"), "expected 'internal' for tls, found '" + route.tls + "'");
      }
      check_basic_auth(route, path + ".basic-auth");
    }
    for (const Directory& directory : config.prepare.directories) {
      if (!directory.owner.empty() && !directory.container_owner.empty()) {
        problems.add(directory.where, "a directory has 'owner' or 'container-owner', not both");
      }
      for (const std::string* owner : {&directory.owner, &directory.container_owner}) {
        if (!owner->empty() && !is_owner(*owner))
          problems.add(directory.where, "'" + *owner + "' is no owner; write \"uid:gid\" in numbers");
      }
      if (!is_mode(directory.mode))
        problems.add(directory.where, "'" + directory.mode + "' is no mode; write it as \"0755\"");
    }
    for (std::size_t i = 0; i < config.health.probes.size(); ++i) {
      const Probe& probe = config.health.probes[i];
      const int kinds = static_cast<int>(!probe.http.empty()) + static_cast<int>(!probe.tcp.empty()) +
                        static_cast<int>(!probe.command.empty());
      if (kinds != 1)
        problems.add(place("health.probes", i), "a probe has exactly one of http, tcp and command");
    }
    if (!is_seconds(config.health.timeout)) {
      problems.add(place("health.timeout"),
                   "'" + config.health.timeout + "' is no time limit; write it as 120s or 3m");
    }
  }

  void check_login() const {
    if (!config.registry_login) return;
    const RegistryLogin& login = *config.registry_login;
    const auto made_of = [](const std::string& text, std::string_view more) {
      return !text.empty() && text.front() != '-' &&
             std::all_of(text.begin(), text.end(), [&](unsigned char c) {
               return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != std::string_view::npos;
             });
    };
    if (!made_of(login.registry, ".:-_/"))
      problems.add(place("registry-login.registry"),
                   "'" + login.registry + "' is no registry; write its name, such as ghcr.io");
    if (!made_of(login.username, "._-+$@~"))
      problems.add(place("registry-login.username"),
                   "'" + login.username + "' cannot be a user of a registry");
    if (login.password == "env" || config.secrets.count(login.password) == 0) {
      std::vector<std::string> names;
      for (const auto& [name, secret] : config.secrets) {
        if (name != "env") names.push_back(name);
      }
      problems.add(place("registry-login.password"),
                   "the password of registry-login is the name of a secret of this stack, and '" +
                       login.password + "' is none" + suggestion(login.password, names));
    }
  }

  // The hash ends up in a world-readable file: a password must never stand there.
  void check_basic_auth(const Route& route, const std::string& path) const {
    for (const auto& [user, hash] : route.basic_auth) {
      const bool name = !user.empty() && user.find_first_of(" \t\r\n\"`{}\\#") == std::string::npos;
      if (!name) problems.add(place(path), "'" + user + "' is no user name for basic-auth");
      if (!is_bcrypt(hash)) {
        problems.add(place(path + '.' + user),
                     "basic-auth of the user '" + user +
                         "' must be a bcrypt hash, never the password; `caddy hash-password` "
                         "makes one");
      }
    }
  }

  // "$2b$12$" and 53 characters of bcrypt's alphabet.
  static bool is_bcrypt(const std::string& text) {
    static constexpr std::string_view kAlphabet =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    return text.size() == 60 && text.rfind("$2", 0) == 0 &&
           std::string_view("abxy").find(text[2]) != std::string_view::npos && text[3] == '$' && digit(4) &&
           digit(5) && text[6] == '$' && text.find_first_not_of(kAlphabet, 7) == std::string::npos;
  }

  void check_lists() const {
    for (std::size_t i = 0; i < config.lint.ignore.size(); ++i) {
      const IgnoredRule& rule = config.lint.ignore[i];
      const auto& known = rule_names();
      if (std::find(known.begin(), known.end(), rule.rule) == known.end()) {
        problems.add(place("lint.ignore", i),
                     "unknown rule '" + rule.rule + "'" + suggestion(rule.rule, known));
      }
      if (trim(rule.reason).empty())
        problems.add(place("lint.ignore", i), "the rule '" + rule.rule + "' is ignored without a reason");
    }
    for (std::size_t i = 0; i < config.start_after.size(); ++i) {
      const std::string& name = config.start_after[i];
      if (!is_name(name)) problems.add(place("start-after", i), "'" + name + "' is no name for a stack");
    }
  }

  static bool is_seconds(const std::string& text) {
    return text.size() >= 2 && text.size() <= 6 && (text.back() == 's' || text.back() == 'm') &&
           text.find_first_not_of("0123456789") == text.size() - 1;
  }
};

void keep_places(StackConfig& config, const Yaml& document) {
  config.places = places_of(document);
  if (const Yaml* secrets = document.find("secrets")) {
    for (auto& [name, secret] : config.secrets) secret.where = key_place(*secrets, name);
  }
  const Yaml* prepare = document.find("prepare");
  const Yaml* directories = prepare == nullptr ? nullptr : prepare->find("directories");
  for (std::size_t i = 0; directories != nullptr && i < directories->items.size(); ++i) {
    config.prepare.directories[i].where = directories->items[i].where();
  }
}

StackConfig read(const Yaml& document, const std::string& file) {
  StackConfig out;
  Problems problems;
  Schema<StackConfig>::read(document, out, problems);
  problems.throw_if_any(ConfigKind::repository);
  keep_places(out, document);
  out.file = file;
  check_text(document, problems);
  const Checker checker{out, document, problems};
  checker.check_names();
  checker.check_secrets();
  checker.check_numbers();
  checker.check_login();
  checker.check_lists();
  problems.throw_if_any(ConfigKind::repository);
  return out;
}

}  // namespace

Location StackConfig::place(const std::string& key) const {
  return find_place(places, key).value_or(Location{file, 0, 0});
}

StackConfig read_stack_config(const Tree& tree, const std::string& directory, const Yaml& compose_document) {
  const std::string path = directory + "/stack.yaml";
  const auto content = tree.read(path);
  const Yaml* embedded = compose_document.find("x-hwcsync");
  if (content && embedded != nullptr) {
    throw ConfigError(ConfigKind::repository,
                      {{key_place(compose_document, "x-hwcsync"),
                        "there is a stack.yaml too; keep the settings in one of the two places"}});
  }
  if (content) return read(parse_yaml(*content, path), path);
  const std::string file = compose_document.file ? *compose_document.file : path;
  return read(embedded == nullptr ? Yaml::mapping() : *embedded, file);
}

StackConfig read_stack_config(const Tree& tree, const std::string& directory) {
  const auto file = compose::find_compose_file(tree, directory);
  return read_stack_config(
      tree, directory, file ? compose::read_compose_file(tree, *file).documents.front() : Yaml::mapping());
}

Json stack_schema() {
  Json out = Schema<StackConfig>::json();
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = "stack.yaml";
  return out;
}

}  // namespace hwcsync::stack
