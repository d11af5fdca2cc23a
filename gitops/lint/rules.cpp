#include "gitops/lint/rules.hpp"

#include "gitops/compose/ports.hpp"
#include "gitops/lint/image.hpp"
#include "gitops/lint/start_checks.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hwcsync::lint {
namespace {

using Findings = std::vector<Finding>;

Finding at(const Location& where, const std::string& service, std::string message, std::string fix) {
  Finding out;
  out.where = where;
  out.service = service;
  out.message = std::move(message);
  out.fix = std::move(fix);
  return out;
}

// podman(1), podman-auto-update: "disabled" asks for nothing.
Findings autoupdate_label(const layout::Stack& stack, const stack::RepositoryConfig& repository) {
  const std::string& policy = repository.policy.at("autoupdate-label");  // else the rule is off
  constexpr const char* kLabel = "io.containers.autoupdate";
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    const auto label = service.labels.find(kLabel);
    const std::string value = label == service.labels.end() ? "" : label->second;
    const bool asks = !value.empty() && value != "disabled";
    if (policy == "forbid" && asks) {
      out.push_back(
          at(service.where, name,
             name + " has the label " + kLabel + "=" + value +
                 ", and the policy forbids it: podman would replace the image behind hwcsync's back",
             std::string("remove the label ") + kLabel));
    } else if (policy == "require" && value != "registry" && value != "local") {
      out.push_back(at(service.where, name,
                       asks ? name + " has the label " + kLabel + "=" + value + ", which podman does not know"
                            : name + " has no label " + kLabel + ", and the policy requires it",
                       std::string("write ") + kLabel + ": registry"));
    }
  }
  return out;
}

// The loader notes it; no other note is about a file that was not read.
Findings compose_file_unread(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const Problem& note : stack.project.notes) {
    if (stack.project.files.count(note.where.file) != 0 || note.where.file == stack.compose_file) continue;
    if (note.message.rfind("this file is not read", 0) == 0)
      out.push_back(at(note.where, "", note.message,
                       "remove the file, or name it under 'include' in the one that is read"));
  }
  return out;
}

Findings variable_shadowed(const layout::Stack& stack, const stack::RepositoryConfig& repository) {
  Findings out;
  const auto env = std::find_if(stack.secrets.begin(), stack.secrets.end(),
                                [](const layout::Secret& secret) { return secret.name == "env"; });
  if (env == stack.secrets.end()) return out;
  const std::set<std::string> names(env->variables.begin(), env->variables.end());
  const auto say = [&](const std::map<std::string, std::string>& variables, const std::string& who) {
    for (const auto& [name, value] : variables) {
      if (names.count(name) == 0) continue;
      out.push_back(at(stack.config.place(who.empty() ? "variables." + name : "secrets.env"), "",
                       "'" + name + "' is a variable of " + (who.empty() ? "this file" : who) +
                           " and a name in the secret file " + env->source + ": the secret's value is used",
                       "keep it in one of the two places"));
    }
  };
  say(stack.config.variables, "");
  for (const auto& [name, host] : repository.hosts) {
    const bool runs = std::find(host.stacks.begin(), host.stacks.end(), stack.name) != host.stacks.end();
    if (runs) say(host.variables, "the host " + name + " in hwcsync.yaml");
  }
  say(repository.variables, "hwcsync.yaml");
  for (const auto& [name, where] : stack.project.shadowed_variables) {
    out.push_back(at(where, "",
                     "'" + name + "' is a variable of this file and a name in the secret file " +
                         env->source + ": the secret's value is used",
                     "keep it in one of the two places"));
  }
  return out;
}

Findings database_published_everywhere(const layout::Stack& stack,
                                       const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    const Database* database = known_database(parse_image(service.image));
    if (database == nullptr) continue;
    for (const compose::Port& port : service.ports) {
      const auto target = compose::port_range(port.target);
      const bool serves = target && target->first <= database->port && database->port <= target->last;
      const bool everywhere = port.host_ip.empty() || port.host_ip == "0.0.0.0" || port.host_ip == "::";
      if (!serves || !everywhere || port.published.empty()) continue;
      out.push_back(at(service.where, name,
                       name + " publishes " + std::string(database->name) + " on port " + port.published +
                           " of every address",
                       "write \"127.0.0.1:" + port.published + ':' + port.target +
                           "\", or drop the port: services of a stack reach each other by name"));
    }
  }
  return out;
}

Findings health_missing(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& [other, dependency] : service.depends_on) {
      if (dependency.condition != compose::Dependency::Condition::healthy) continue;
      const auto found = stack.project.services.find(other);
      if (found == stack.project.services.end()) continue;
      const auto& check = found->second.health_check;
      if (check && !check->disabled && !check->test.empty()) continue;
      out.push_back(
          at(found->second.where, other,
             name + " waits until " + other + " is healthy, but " + other + " has no health check of its own",
             "give " + other + " a healthcheck, or let " + name + " wait for service_started"));
    }
  }
  return out;
}

Findings image_unpinned(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    const Image image = parse_image(service.image);
    if (!image.digest.empty() || (!image.tag.empty() && image.tag != "latest")) continue;
    out.push_back(at(
        service.image_where, name,
        name + " uses " + (image.tag.empty() ? "an image without a tag" : "':latest'") + ": " + service.image,
        "name a version: " + (image.registry.empty() ? "" : image.registry + '/') + image.name + ":VERSION"));
  }
  return out;
}

Findings image_unqualified(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    const Image image = parse_image(service.image);
    if (!image.registry.empty()) continue;
    const bool official = image.name.find('/') == std::string::npos;
    out.push_back(at(service.image_where, name,
                     name + " does not say which registry its image comes from: " + service.image,
                     std::string("write docker.io/") + (official ? "library/" : "") + service.image));
  }
  return out;
}

// Images that read NAME_FILE say so in their documentation; these are the common families.
bool reads_files(const Image& image) {
  static constexpr std::array kFamilies{"postgres", "pgvecto-rs",    "mariadb",   "mysql",   "mongo",
                                        "n8n",      "immich-server", "nextcloud", "grafana", "gitea"};
  const std::string_view last = std::string_view(image.name).substr(image.name.rfind('/') + 1);
  return std::find(kFamilies.begin(), kFamilies.end(), last) != kFamilies.end();
}

Findings repository_mount_read_only(const layout::Stack& stack,
                                    const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& [target, where] : service.made_read_only) {
      out.push_back(
          at(where, name,
             name + " gets " + target +
                 " from the repository: it can read it and not write to it, though the mount does not say so",
             "add :ro, or keep what the container writes at an absolute path, such as "
             "${DATA_ROOT}/" +
                 stack.name));
    }
  }
  return out;
}

Findings secret_in_environment(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, service] : stack.project.services) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : service.environment) {
      if (value.tainted()) keys.push_back(key);
    }
    if (keys.empty()) continue;
    const Image image = parse_image(service.image);
    out.push_back(
        at(service.where, name,
           "podman keeps what " + name + " gets in " + join(keys, ", ") + " in its database on disk",
           reads_files(image)
               ? "this image reads " + keys.front() + "_FILE: grant a file secret and name its path there"
               : "grant a file secret, where the image can read one"));
  }
  return out;
}

Findings unset_variable(const layout::Stack& stack, const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  for (const auto& [name, where] : stack.project.unset_variables) {
    out.push_back(at(where, "", "nobody sets the variable '" + name + "': it becomes nothing",
                     "declare it under 'variables', or write ${" + name + ":-default} or ${" + name +
                         ":?why it must be set}"));
  }
  return out;
}

Findings volume_u_on_network_mount(const layout::Stack& stack,
                                   const stack::RepositoryConfig& /*repository*/) {
  Findings out;
  std::vector<std::string> mounts = stack.config.mounts.required;
  mounts.insert(mounts.end(), stack.config.mounts.on_demand.begin(), stack.config.mounts.on_demand.end());
  for (const auto& [name, service] : stack.project.services) {
    for (const compose::Mount& mount : service.volumes) {
      const bool changes_owner =
          std::find(mount.options.begin(), mount.options.end(), "U") != mount.options.end();
      if (!changes_owner) continue;
      for (const std::string& root : mounts) {
        if (mount.source != root && mount.source.rfind(root + '/', 0) != 0) continue;
        out.push_back(at(service.where, name,
                         mount.source + " is mounted with :U and lies on the mount " + root +
                             ": a network file system does not let podman change owners",
                         "drop :U and give the container's user access on the server"));
      }
    }
  }
  return out;
}

}  // namespace

std::span<const Rule> rules() {
  using stack::Severity;
  static const std::array table{
      Rule{
          "autoupdate-label", Severity::off, "the label io.containers.autoupdate is missing, or is there",
          "The policy has a value and no severity: 'require' wants the label (registry or local) on every "
          "service, 'forbid' on none; what differs is an error. With the label, podman-auto-update replaces "
          "a "
          "container's image outside of any revision: a plan does not show it and a rollback does not undo "
          "it. "
          "podman can do so for style oci only: it needs a unit for each container, and reports an error for "
          "those of a Compose stack.",
          autoupdate_label},
      Rule{"compose-file-unread", Severity::warn, "a file with a Compose file's name is not read",
           "A stack has one Compose file: compose.yaml before compose.yml, docker-compose.yml and "
           "docker-compose.yaml, and beside it one override file. Another file of these names is read by "
           "nobody, and what somebody changes in it has no effect.",
           compose_file_unread},
      Rule{"database-published-everywhere", Severity::warn,
           "a database is published on every address of the host",
           "A published port without an address listens on all of them, and for rootful podman it goes "
           "around the NixOS firewall. "
           "Databases rarely want that. Services of one stack reach each other by their names without any "
           "published port; for tools on the host itself publish on 127.0.0.1.",
           database_published_everywhere},
      Rule{"health-missing-for-healthy-dependency", Severity::error,
           "a service waits for the health of one that has no health check",
           "condition: service_healthy waits until the other container reports that it is healthy. Without a "
           "health check in the Compose file that never happens, unless the image brings its own; "
           "the start then runs into its time limit and the run is rolled back. If the image has one, ignore "
           "the rule for it with that as the reason.",
           health_missing},
      Rule{"image-unpinned", Severity::warn, "an image has no version",
           "Without a tag, or with ':latest', the same revision gives another system tomorrow than today: "
           "the plan cannot show the change, and a rollback brings back the words and not the image. "
           "Name a version, or pin a digest.",
           image_unpinned},
      Rule{"image-unqualified", Severity::warn, "an image does not name its registry",
           "Docker reads 'postgres:16' as docker.io/library/postgres:16; podman asks the registries of its "
           "configuration, in their order, and may find somebody else's image or none. Write the registry.",
           image_unqualified},
      Rule{"keep-id-of-root", Severity::error, "a rootful container asks for userns_mode: keep-id",
           "keep-id keeps the id of the user who starts the container, and podman refuses it for root: the "
           "start "
           "fails and the run is rolled back. Without it the container's ids are the host's.",
           keep_id_of_root},
      Rule{"namespace-by-container", Severity::warn,
           "a container joins another by its name instead of its service",
           "With network_mode, pid or ipc 'service:NAME' the two start in order and are made anew together. "
           "With "
           "'container:NAME' nobody knows that they belong together: the plan names only the one that "
           "changes, and "
           "podman refuses to replace a container that another depends on.",
           namespace_by_container},
      Rule{"repository-mount-read-only", Severity::warn,
           "a file or directory of the repository is mounted as if it could be written to",
           "What a revision holds is deployed from the Nix store, where nobody can write: the mount is "
           "read-only "
           "whatever the Compose file says, and a program that writes there fails as on a read-only file "
           "system. "
           "Say :ro where it only reads. What it writes belongs to a volume or an absolute path; source code "
           "that "
           "it changes or compiles belongs into an image ('build'); in style oci ':O' gives it an overlay "
           "that "
           "forgets its changes.",
           repository_mount_read_only},
      Rule{
          "rootless-low-port", Severity::warn, "a user's container publishes a port below 1024",
          "Only root opens ports below 1024 (net.ipv4.ip_unprivileged_port_start), and the containers of a "
          "user's "
          "podman are that user's: the start fails and the run is rolled back. Publish a higher port, or let "
          "users open low ones on the host.",
          rootless_low_port},
      Rule{"rootless-network-volume", Severity::warn,
           "a user's volume is a file system that only root may mount",
           "A volume with driver_opts such as type: nfs is mounted by podman when a container starts, and a "
           "user's podman may not mount it. Let the host mount it, wait for it with mounts.required, and "
           "bind a "
           "directory of it.",
           rootless_network_volume},
      Rule{"secret-in-environment", Severity::off, "a secret is given as an environment variable",
           "A value in the environment is kept by podman in its database on disk, and every process in the "
           "container can read it. A secret that is read as a file stays in memory. "
           "Many images read NAME_FILE in the place of NAME. Off by default, because many images know "
           "nothing else.",
           secret_in_environment},
      Rule{"unset-variable", Severity::warn, "a variable has neither a value nor a default",
           "Compose puts nothing in its place and only warns. hwcsync uses declared variables only "
           "(stack.yaml over host over repository, then .env), never the environment of whoever runs it. "
           "Declare the variable, or give it a default.",
           unset_variable},
      Rule{"variable-shadowed", Severity::warn, "a secret provides a variable that is declared too",
           "Names in the stack's env secret win over variables of stack.yaml, hwcsync.yaml and .env, so that "
           "a "
           "value that was encrypted is never taken from plain text. Whoever changes the declared value sees "
           "no effect. The names in an age file cannot be seen without a key: there declared variables and "
           "those of .env win, and the secret provides the others.",
           variable_shadowed},
      Rule{"volume-u-on-network-mount", Severity::off, "a volume below a required mount has the option :U",
           "With :U podman changes the owner of all files to the container's user. NFS, CIFS and virtiofs "
           "refuse that ('operation not permitted') and the container does not start. "
           "Which mounts are network file systems cannot be seen from the repository, so the rule takes all "
           "of mounts.required and mounts.on-demand, and is off by default.",
           volume_u_on_network_mount},
  };
  return table;
}

const Rule* find_rule(std::string_view name) {
  for (const Rule& rule : rules()) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

}  // namespace hwcsync::lint
