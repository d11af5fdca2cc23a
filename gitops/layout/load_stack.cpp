#include "gitops/compose/assets.hpp"
#include "gitops/compose/loader.hpp"
#include "gitops/layout/container_checks.hpp"
#include "gitops/layout/desired_state.hpp"
#include "gitops/layout/host_checks.hpp"
#include "gitops/layout/secrets.hpp"
#include "gitops/layout/variables.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::layout {
namespace {

std::vector<std::string> directory_names(const Tree& tree, const std::string& path) {
  std::vector<std::string> out;
  for (const TreeEntry& entry : tree.list(path).value_or(std::vector<TreeEntry>{})) {
    if (entry.kind == EntryKind::directory) out.push_back(entry.name);
  }
  return out;
}

// "compose.yaml", "docker-compose.override.yml": a name that Compose looks for.
bool is_usual_name(std::string_view name) {
  const auto take = [&name](std::string_view end) {
    const bool there = name.ends_with(end);
    if (there) name.remove_suffix(end.size());
    return there;
  };
  if (!take(".yaml") && !take(".yml")) return false;
  (void)take(".override");
  return name == "compose" || name == "docker-compose";
}

class Loader {
 public:
  Loader(const Tree& tree, const stack::RepositoryConfig& repository, const stack::Host& host,
         const std::string& name, Limits limits)
      : tree_(tree), repository_(repository), host_(host), limits_(limits) {
    out_.name = name;
    out_.directory = repository.stacks + '/' + name;
  }

  Stack run(LoadCounters& counters) {
    find_files();
    ++counters.stacks;
    for (const std::string& path : paths_) files_.push_back(compose::read_compose_file(tree_, path));
    out_.config = stack::read_stack_config(tree_, out_.directory, own_settings());
    out_.style = out_.config.style.value_or(repository_.defaults.style);
    settle_account();
    settle_unit();
    out_.secrets = find_secrets(tree_, repository_, out_.directory, out_.config, problems_);
    const compose::Variables variables = make_variables(repository_, host_, out_, problems_);
    check_declared_assets();
    problems_.throw_if_any(ConfigKind::repository);
    load_project(variables);
    fill_in_config(out_.config, variables, problems_);
    settle_owners();
    settle_networks();
    settle_assets();
    settle_secret_services();
    note_unread_files();
    check_names();
    if (limits_ != Limits::deployed) problems_.throw_if_any(ConfigKind::repository);
    return std::move(out_);
  }

 private:
  void find_files() {
    paths_ = compose::find_compose_files(tree_, out_.directory);
    if (!paths_.empty()) {
      out_.compose_file = paths_.front();
      std::vector<std::string> read = paths_;
      for (const char* name : {"/stack.yaml", "/.env"}) read.push_back(out_.directory + name);
      // The directory itself is none: nothing would be found below a link.
      for (const TreeEntry& entry : tree_.list(out_.directory).value_or(std::vector<TreeEntry>{})) {
        const std::string path = out_.directory + '/' + entry.name;
        const auto fault = entry_fault(entry.kind, path);
        if (fault && std::find(read.begin(), read.end(), path) != read.end())
          throw ConfigError(ConfigKind::repository, {{{path, 0, 0}, *fault}});
      }
      return;
    }
    const auto place = host_.stack_places.find(out_.name);
    const Location where =
        place == host_.stack_places.end() ? repository_.place("hosts." + host_.name) : place->second;
    std::string message = "the stack '" + out_.name + "' ";
    if (const auto fault = path_fault(tree_, out_.directory)) {
      message += "cannot be read: " + *fault;
    } else if (tree_.list(out_.directory)) {
      message += "has no Compose file; expected " + out_.directory + "/compose.yaml";
    } else {
      message += "has no directory '" + out_.directory + "'" +
                 suggestion(out_.name, directory_names(tree_, repository_.stacks));
    }
    throw ConfigError(ConfigKind::repository, {{where, message}});
  }

  // Another file of a usual name, which no file that is read speaks of: somebody may think that it counts.
  void note_unread_files() {
    for (const TreeEntry& entry : tree_.list(out_.directory).value_or(std::vector<TreeEntry>{})) {
      const std::string path = out_.directory + '/' + entry.name;
      if (entry.kind == EntryKind::directory || !is_usual_name(entry.name) ||
          std::find(paths_.begin(), paths_.end(), path) != paths_.end() ||
          out_.project.files.count(path) != 0)
        continue;
      out_.project.notes.push_back({{path, 1, 1},
                                    "this file is not read: " + join(paths_, " and ") +
                                        (paths_.size() == 1 ? " comes first" : " come first")});
    }
  }

  // The document that may hold x-hwcsync: the first of the first file. Settings are not merged.
  const Yaml& own_settings() {
    const Yaml& first = files_.front().documents.front();
    for (const compose::ComposeFile& file : files_) {
      for (const Yaml& document : file.documents) {
        const Yaml* found = &document == &first ? nullptr : document.find("x-hwcsync");
        if (found == nullptr) continue;
        throw ConfigError(ConfigKind::repository,
                          {{found->where(), "'x-hwcsync' belongs into the first document of " +
                                                out_.compose_file + ", or into stack.yaml"}});
      }
    }
    return first;
  }

  void settle_account() {
    const bool oci = out_.style == stack::Style::oci;
    const bool own = !out_.config.user.empty();
    if (oci && (!own || out_.config.user == "root")) {
      out_.user = "root";
      out_.account = {.uid = 0, .gid = 0, .sub_ids = 0, .home = "/root"};
      return;
    }
    // podman.user of oci-containers (nixpkgs PR 368565).
    if (oci && !host_.nixpkgs.empty() && host_.nixpkgs < "25.05") {
      problems_.add(
          out_.config.place("user"),
          "containers of a user in style oci need NixOS 25.05; hwcsync.yaml says that this host may have " +
              host_.nixpkgs);
    }
    out_.user = own ? out_.config.user : repository_.defaults.user;
    out_.is_dedicated = out_.user == stack::kDedicated;
    if (out_.is_dedicated) out_.user = "stack-" + out_.name;
    if (!oci && !out_.config.category.empty()) {
      problems_.add(out_.config.place("category"), "'category' is for stacks of style oci; remove it");
    }
    const auto found = host_.users.find(out_.user);
    if (found != host_.users.end()) {
      out_.account = found->second;
      if (out_.account.home.empty()) out_.account.home = "/home/" + out_.user;
      return;
    }
    const Location where = own ? out_.config.place("user") : repository_.place("defaults.user");
    if (out_.is_dedicated) {
      ask_for_user(where);
      return;
    }
    std::vector<std::string> names;
    for (const auto& [name, user] : host_.users) names.push_back(name);
    problems_.add(where, "the user '" + out_.user + "' of the stack '" + out_.name +
                             "' is not among this host's 'users'" + suggestion(out_.user, names));
  }

  // Ids are handed out by a line in the repository and not by us: an id that follows from a name or from the
  // other stacks would collide, or move files to another owner when a stack comes or goes.
  void ask_for_user(const Location& where) {
    constexpr std::size_t kLongestUser = 31;
    if (out_.user.size() > kLongestUser) {
      problems_.add(where, "the stack '" + out_.name + "' cannot have a user of its own: '" + out_.user +
                               "' is longer than 31 letters; name one of the host's users");
      return;
    }
    std::int64_t uid = 2000;
    std::int64_t sub_ids = 1000000;
    for (const auto& [name, user] : host_.users) {
      uid = std::max(uid, user.uid + 1);
      sub_ids = std::max(sub_ids, user.sub_ids + kSubIds);
    }
    problems_.add(where, "the stack '" + out_.name +
                             "' is to have a user of its own, and only hwcsync.yaml hands out " +
                             "ids; add to the host's 'users': " + out_.user +
                             ": { uid: " + std::to_string(uid) + ", sub-ids: " + std::to_string(sub_ids) +
                             " } (and leave it there when the stack goes: its ids own files)");
  }

  void settle_unit() {
    if (out_.style == stack::Style::compose) {
      out_.unit = out_.config.unit.empty() ? out_.name + "-stack" : out_.config.unit;
    } else if (!out_.config.unit.empty()) {
      problems_.add(out_.config.place("unit"),
                    "a stack of style oci has one unit a container, podman-<container>; remove 'unit'");
    }
  }

  void check_declared_assets() {
    for (const auto& [variable, file] : out_.config.assets) {
      const std::string path = out_.directory + '/' + file;
      const auto content = compose::read_tracked_file(tree_, path);
      if (!content) {
        const auto fault = path_fault(tree_, path);
        problems_.add(out_.config.place("assets." + variable),
                      "the asset '" + file + "' (" + variable + ") " +
                          (fault ? "cannot be read: " + *fault : "is not a tracked file of this stack"));
      } else if (secrets::detect_source_format(*content)) {
        problems_.add(out_.config.place("assets." + variable),
                      "the asset '" + file + "' is encrypted; declare it under 'secrets'");
      }
    }
  }

  void load_project(const compose::Variables& variables) {
    compose::Context context;
    context.directory = out_.directory;
    context.project_name = out_.config.project;
    context.profiles = out_.config.profiles;
    context.variables = variables;
    for (const Secret& secret : out_.secrets) {
      if (secret.name != "env") context.secret_files.insert(secret.name);
      if (!secret.is_template()) context.ciphertexts.insert(secret.source);
      for (const std::string& variable : secret.variables)
        context.secret_origins.emplace(variable, secret.source);
    }
    context.home = out_.account.home;
    context.builds =
        out_.config.build ? compose::Context::Builds::allowed : compose::Context::Builds::refused;
    context.own_files.insert(paths_.begin(), paths_.end());
    context.own_files.insert(out_.directory + "/stack.yaml");
    context.assets_directory = "/etc/hwcsync/stacks/" + out_.name + "/assets";
    context.trees_directory = "/etc/hwcsync/stacks/" + out_.name + "/trees";
    context.secrets_directory = out_.secret_path("");
    context.secrets_directory.pop_back();
    context.labels["io.hwcsync.stack"] = out_.name;
    out_.project = compose::load_project(tree_, std::move(files_), context);
    const auto here =
        out_.style == stack::Style::oci ? compose::Limit::Of::containers : compose::Limit::Of::provider;
    check_shared_files();
    if (limits_ != Limits::enforced) return;
    for (const compose::Limit& limit : out_.project.limits) {
      if (limit.of == here) problems_.add(limit.problem.where, limit.problem.message);
    }
  }

  // Each file belongs to one stack of the host, or to none: else a change of one stack would have to be
  // looked for in all others.
  void check_shared_files() {
    for (const std::string& path : out_.project.files) {
      if (path.rfind(repository_.stacks + '/', 0) != 0 || path.rfind(out_.directory + '/', 0) == 0) continue;
      const std::string rest = path.substr(repository_.stacks.size() + 1);
      const std::string other = rest.substr(0, rest.find('/'));
      const bool listed = std::find(host_.stacks.begin(), host_.stacks.end(), other) != host_.stacks.end();
      if (!listed || other == rest || !tree_.has_file(path)) continue;
      problems_.add(Location{out_.compose_file, 0, 0},
                    "the stack '" + out_.name + "' uses " + path + ", which belongs to the stack '" + other +
                        "'; move what both use to a directory that is no stack of this host, such as " +
                        repository_.stacks + "/shared");
    }
  }

  // `container-owner` as the host sees it.
  void settle_owners() {
    for (stack::Directory& directory : out_.config.prepare.directories) {
      if (directory.container_owner.empty()) continue;
      const std::vector<std::string> ids = split(directory.container_owner, ':');
      const auto map = [&](const std::string& text, std::int64_t own) {
        const std::int64_t id = std::stoll(text);
        if (out_.is_rootless() && id > kSubIds)
          problems_.add(directory.where, "container id " + text + " is outside of the user's 65,536 sub-ids");
        return out_.host_id(id, own);
      };
      directory.owner =
          std::to_string(map(ids[0], out_.account.uid)) + ':' + std::to_string(map(ids[1], out_.account.gid));
    }
  }

  // Networks that stack.yaml configures are made by us, whatever the Compose file calls them.
  void settle_networks() {
    for (const auto& [name, config] : out_.config.networks) {
      if (out_.style == stack::Style::compose) {
        problems_.add(
            out_.config.place("networks"),
            "'networks' is for style oci; in style compose the Compose file's own 'networks' does this");
        return;
      }
      bool known = false;
      for (auto& [key, network] : out_.project.networks) {
        if (key != name && network.name != name) continue;
        known = true;
        network.external = false;
        if (!config.subnet.empty()) network.ipam = {{.subnet = config.subnet}};
      }
      if (!known)
        problems_.add(out_.config.place("networks." + name),
                      "the network '" + name + "' is not declared in the Compose file");
    }
  }

  void settle_assets() {
    std::map<std::string, std::string> variables;  // by file
    for (const auto& [variable, file] : out_.config.assets) variables[file] = variable;
    std::map<std::string, std::string> contents = std::move(out_.project.assets);
    for (const auto& [file, variable] : variables) {
      const std::string path = compose::asset_path(out_.directory, file);
      if (contents.count(file) == 0) contents[file] = tree_.read(path).value_or("");
    }
    for (auto& [file, content] : contents) {
      const std::string path = compose::asset_path(out_.directory, file);
      const auto variable = variables.find(file);
      out_.assets.push_back({file, variable == variables.end() ? "" : variable->second,
                             tree_.blob_id(path).value_or(""), std::move(content)});
    }
    out_.project.assets.clear();  // the stack's list is the one that counts
  }

  // The path that is mounted, also by a volume that binds it; empty for others.
  [[nodiscard]] std::string source_on_host(const compose::Mount& mount) const {
    if (mount.type == compose::Mount::Type::bind) return mount.source;
    const auto volume = out_.project.volumes.find(mount.source);
    if (mount.type != compose::Mount::Type::volume || volume == out_.project.volumes.end()) return "";
    const auto device = volume->second.driver_opts.find("device");
    return device == volume->second.driver_opts.end() ? "" : device->second.compose_text();
  }

  [[nodiscard]] bool is_granted(const compose::Service& service, const std::string& secret) const {
    const auto& login = out_.config.registry_login;
    // In style oci each container's unit logs in.
    if (out_.style == stack::Style::oci && login && login->password == secret) return true;
    const std::string path = out_.secret_path(secret);
    return std::any_of(service.secrets.begin(), service.secrets.end(),
                       [&](const compose::Grant& grant) { return grant.source == secret; }) ||
           std::any_of(service.volumes.begin(), service.volumes.end(),
                       [&](const compose::Mount& mount) { return out_.shows(source_on_host(mount), path); });
  }

  [[nodiscard]] bool mounts_env_file(const compose::Service& service) const {
    const std::vector<std::string> files = out_.env_paths();
    return std::any_of(service.volumes.begin(), service.volumes.end(), [&](const compose::Mount& mount) {
      return std::any_of(files.begin(), files.end(),
                         [&](const std::string& file) { return out_.shows(source_on_host(mount), file); });
    });
  }

  void settle_secret_services() {
    for (Secret& secret : out_.secrets) {
      const Location where = out_.config.secrets.at(secret.name).where;
      std::vector<std::string> users;
      for (const auto& [name, service] : out_.project.services) {
        if (secret.name == "env" ? out_.project.uses_secret_variables(name) || mounts_env_file(service)
                                 : is_granted(service, secret.name))
          users.push_back(name);
      }
      for (const std::string& name : secret.services) {
        if (out_.project.services.count(name) == 0) {
          problems_.add(where, "the secret '" + secret.name + "' is for the service '" + name +
                                   "', which does not exist");
        }
      }
      for (const std::string& name : users) {
        const bool open = secret.services.empty() || std::find(secret.services.begin(), secret.services.end(),
                                                               name) != secret.services.end();
        if (!open) {
          problems_.add(out_.project.services.at(name).where,
                        "the service '" + name + "' uses the secret '" + secret.name +
                            "', which stack.yaml gives to " + join(secret.services, ", ") + " only");
        }
      }
      check_template_readers(secret, users);
      if (secret.services.empty()) secret.services = users;
    }
  }

  // What stack.yaml gives to some services only is not given to others in the text of a template.
  void check_template_readers(const Secret& secret, const std::vector<std::string>& users) {
    for (const secrets::TemplatePart& part : secret.parts) {
      if (part.secret.empty()) continue;
      const auto& allowed = out_.config.secrets.at(part.secret).services;
      for (const std::string& name : secret.services.empty() ? users : secret.services) {
        if (allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
        problems_.add(Location{secret.source, part.line, part.column},
                      "the service '" + name + "' reads this template and so the secret '" + part.secret +
                          "', which stack.yaml gives to " + join(allowed, ", ") + " only");
      }
    }
  }

  void check_names() {
    const auto& ignored = out_.config.lint.ignore;
    for (std::size_t i = 0; i < ignored.size(); ++i) {
      const stack::IgnoredRule& rule = ignored[i];
      if (!rule.service.empty() && out_.project.services.count(rule.service) == 0) {
        problems_.add(
            out_.config.place("lint.ignore." + std::to_string(i)),
            "the service '" + rule.service + "' of the ignored rule '" + rule.rule + "' does not exist");
      }
    }
    check_containers(out_, problems_);
    check_addresses(out_, problems_);
  }

  const Tree& tree_;
  const stack::RepositoryConfig& repository_;
  const stack::Host& host_;
  Limits limits_;
  Stack out_;
  std::vector<std::string> paths_;
  std::vector<compose::ComposeFile> files_;
  Problems problems_;
};

}  // namespace

Stack load_stack(const Tree& tree, const stack::RepositoryConfig& repository, const stack::Host& host,
                 const std::string& name, LoadCounters& counters, Limits limits) {
  return Loader(tree, repository, host, name, limits).run(counters);
}

DesiredState load_desired_state(const Tree& tree, const std::string& host, LoadCounters& counters) {
  DesiredState out;
  out.host = host;
  ++counters.repository_files;
  out.repository = stack::read_repository_config(tree);
  out.config = stack::find_host(out.repository, host);
  Problems problems;
  for (const std::string& name : out.config.stacks) {
    try {
      out.stacks.emplace(name, load_stack(tree, out.repository, out.config, name, counters));
    } catch (const ConfigError& error) {
      for (const Problem& problem : error.problems()) problems.add(problem.where, problem.message);
    }
  }
  problems.throw_if_any(
      ConfigKind::repository);  // what follows would complain about stacks that are not there
  check_host(out, problems);
  problems.throw_if_any(ConfigKind::repository);
  return out;
}

}  // namespace hwcsync::layout
