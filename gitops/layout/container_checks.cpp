#include "gitops/layout/container_checks.hpp"

#include "gitops/compose/ports.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace hwcsync::layout {
namespace {

// Directories of /run that belong to others: nixpkgs' module makes /run/<container> and removes it when the
// container stops ("user": every user's runtime directory, and our view with it).
constexpr std::array kReserved{"agenix",
                               "agenix.d",
                               "avahi-daemon",
                               "binfmt",
                               "blkid",
                               "booted-system",
                               "containers",
                               "credentials",
                               "crun",
                               "cryptsetup",
                               "current-system",
                               "dbus",
                               "docker",
                               "host",
                               "hwcsync",
                               "initctl",
                               "initramfs",
                               "keys",
                               "libpod",
                               "libvirt",
                               "lock",
                               "log",
                               "lvm",
                               "media",
                               "mount",
                               "netns",
                               "networkmanager",
                               "nix",
                               "nixos",
                               "nscd",
                               "opengl-driver",
                               "opengl-driver-32",
                               "podman",
                               "polkit-1",
                               "resolvconf",
                               "runc",
                               "secrets",
                               "secrets-for-users",
                               "secrets.d",
                               "setuid-programs",
                               "shm",
                               "sshd",
                               "sudo",
                               "systemd",
                               "tmpfiles.d",
                               "udev",
                               "udisks2",
                               "user",
                               "utmp",
                               "wpa_supplicant",
                               "wrappers"};

// "podman-" + name + ".service" must fit into systemd's 255 bytes, and files of podman carry the name too.
constexpr std::size_t kLongestName = 200;

constexpr std::array<std::string_view, 5> kNetworkPrefixes{
    "service:", "container:", "ns:", "slirp4netns:", "pasta:"};

bool is_word(std::string_view text, std::string_view more) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || more.find(c) != std::string_view::npos;
         });
}

bool has_dots(const std::string& path) {
  const auto parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return part == "." || part == ".."; });
}

// HOST:PORT, with a port that can be connected to.
bool is_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  const auto range = compose::port_range(port);
  return range && port.find('-') == std::string_view::npos &&
         text.find_first_of("/ @\t\n") == std::string_view::npos;
}

class ContainerCheck {
 public:
  ContainerCheck(const Stack& stack, const compose::Service& service, Problems& problems)
      : stack_(stack), service_(service), problems_(problems), oci_(stack.style == stack::Style::oci) {}

  void run() {
    check_name();
    check_image();
    check_network();
    check_paths();
    check_grants();
    if (oci_) check_oci();
  }

 private:
  void say(const std::string& message) { problems_.add(service_.where, message); }

  void check_name() {
    const std::string name = stack_.container(service_);
    if (!is_word(name, "_.-")) say("'" + name + "' is no name for a container");
    if (name.size() > kLongestName) {
      say("the container name '" + name.substr(0, 20) + "...' has " + std::to_string(name.size()) +
          " letters; more than " + std::to_string(kLongestName) +
          " fit neither into a unit name nor into podman's files");
    }
    const bool reserved = std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
    if (oci_ && (reserved || name.rfind("network-", 0) == 0 || name.rfind("volume-", 0) == 0)) {
      say("a container may not be called '" + name + "': its unit would own /run/" + name +
          " and remove it on stop; set another container_name");
    }
  }

  void check_image() {
    // No image at all is told by the reader, and `build` instead of one is refused there.
    if (service_.image.empty() || is_word(service_.image, "-._/:@+")) return;
    problems_.add(service_.image_where, "'" + service_.image + "' is no image reference");
  }

  void check_network() {
    static const std::vector<std::string> modes{"bridge", "none", "host", "private", "slirp4netns", "pasta"};
    const std::string& mode = service_.network_mode;
    const bool known = mode.empty() || std::find(modes.begin(), modes.end(), mode) != modes.end() ||
                       std::any_of(kNetworkPrefixes.begin(), kNetworkPrefixes.end(), [&](auto prefix) {
                         return mode.rfind(prefix, 0) == 0 && mode.size() > prefix.size();
                       });
    if (!known) {
      say("'" + mode + "' is no network_mode" + suggestion(mode, modes) +
          "; to join a network of the project name it under 'networks'");
    }
  }

  void check_paths() {
    if (!service_.working_dir.empty() && service_.working_dir.front() != '/')
      say("working_dir '" + service_.working_dir + "' must be an absolute path in the container");
    for (const compose::Mount& mount : service_.volumes) {
      if (mount.type == compose::Mount::Type::bind && has_dots(mount.source)) {
        say("the source '" + mount.source + "' of a mount has '.' or '..' in it: write where it leads");
      }
      if (mount.target == "/") say("'/' is no place to mount something in a container");
    }
  }

  // Names become names of files, targets words of podman's SOURCE:TARGET.
  void check_grants() {
    for (const auto* grants : {&service_.configs, &service_.secrets}) {
      for (const compose::Grant& grant : *grants) {
        if (!is_word(grant.source, "_.-")) say("'" + grant.source + "' is no name for a config or a secret");
        if (grant.target == "/" || (oci_ && grant.target.find(':') != std::string::npos))
          say("'" + grant.target + "' is no place for a config or a secret in a container");
      }
    }
  }

  // A service of this stack waits until this one is healthy.
  [[nodiscard]] bool is_awaited_healthy() const {
    const auto& services = stack_.project.services;
    return std::any_of(services.begin(), services.end(), [&](const auto& other) {
      const auto found = other.second.depends_on.find(service_.name);
      return found != other.second.depends_on.end() &&
             found->second.condition == compose::Dependency::Condition::healthy;
    });
  }

  void check_oci() {
    if (service_.health_check && service_.health_check->disabled && is_awaited_healthy()) {
      say("another service waits for '" + service_.name + "' to be healthy, but its healthcheck is disabled");
    }
    if (!service_.network_mode.empty() && !service_.ports.empty() && service_.network_mode != "bridge") {
      say("ports do nothing with network_mode '" + service_.network_mode +
          "'; publish them on the service that owns the network, or remove them");
    }
    for (const std::string& name : service_.cap_drop) {
      if (std::find(service_.cap_add.begin(), service_.cap_add.end(), name) != service_.cap_add.end())
        say("capability " + name + " is both in cap_add and in cap_drop");
    }
  }

  const Stack& stack_;
  const compose::Service& service_;
  Problems& problems_;
  bool oci_;
};

// Text that neither a Nix string nor a unit can carry; YAML can ("\0").
void check_text(const Yaml& value, const std::string& path, const Location& where, Problems& problems) {
  if (value.text.find('\0') != std::string::npos || !is_valid_utf8(value.text))
    problems.add(where, path + " holds a NUL byte, or text that is not UTF-8: remove it");
  for (const Yaml::Entry& entry : value.entries)
    check_text(entry.value, path + '.' + entry.key, where, problems);
  for (std::size_t i = 0; i < value.items.size(); ++i)
    check_text(value.items[i], path + '[' + std::to_string(i) + ']', where, problems);
}

// What podman can do for root only, and asks of others at the start.
void check_rootless(const Stack& stack, Problems& problems) {
  if (!stack.is_rootless()) return;
  for (const auto& [key, network] : stack.project.networks) {
    if (network.external || (network.driver != "macvlan" && network.driver != "ipvlan")) continue;
    problems.add(Location{stack.compose_file, 0, 0},
                 "the network '" + key + "' has the driver " + network.driver +
                     ", which needs root: containers of " + stack.user +
                     " have no access to the host's interfaces; remove 'user' or the driver");
  }
}

// In style oci a secret is one file for all services, and a config with an owner or mode one for a service.
void check_shared_grants(const Stack& stack, Problems& problems) {
  if (stack.style != stack::Style::oci) return;
  std::map<std::string, const compose::Grant*> firsts;
  const auto check = [&](const std::string& file, const compose::Grant& grant,
                         const compose::Service& service, const std::string& what) {
    const auto [it, is_new] = firsts.emplace(file, &grant);
    const compose::Grant& first = *it->second;
    if (is_new || (first.uid == grant.uid && first.gid == grant.gid && first.mode == grant.mode)) return;
    problems.add(service.where, "the service '" + service.name + "' wants the " + what + " '" + grant.source +
                                    "' with two owners or modes, or another than a service " +
                                    "before it; declare it under two names");
  };
  for (const auto& [name, service] : stack.project.services) {
    for (const compose::Grant& grant : service.secrets)
      check("secret/" + grant.source, grant, service, "secret");
    for (const compose::Grant& grant : service.configs) {
      // One without any wish is the file that all services share.
      if (!grant.uid.empty() || !grant.gid.empty() || !grant.mode.empty())
        check("config/" + name + '/' + grant.source, grant, service, "config");
    }
  }
}

}  // namespace

void check_containers(const Stack& stack, Problems& problems) {
  std::map<std::string, std::string> seen;
  if (stack.project.services.empty()) {
    problems.add(Location{stack.compose_file, 0, 0},
                 stack.project.disabled.empty()
                     ? "declares no service; to stop a stack take it off the host's list of stacks"
                     : "no active profile enables any of its services: name one under 'profiles'");
  }
  const Yaml* services = stack.project.canonical.find("services");
  for (const auto& [name, service] : stack.project.services) {
    ContainerCheck(stack, service, problems).run();
    const Yaml* model = services == nullptr ? nullptr : services->find(name);
    if (model != nullptr) check_text(*model, "services." + name, service.where, problems);
    const std::string container = stack.container(service);
    const auto [it, is_new] = seen.emplace(container, name);
    if (!is_new) {
      problems.add(service.where, "the services '" + it->second + "' and '" + name +
                                      "' have the same container name '" + container + "'");
    }
  }
  check_shared_grants(stack, problems);
  check_rootless(stack, problems);
}

void check_addresses(const Stack& stack, Problems& problems) {
  constexpr std::string_view kHttp = "http://";
  for (std::size_t i = 0; i < stack.config.health.probes.size(); ++i) {
    const stack::Probe& probe = stack.config.health.probes[i];
    const Location where = stack.config.place("health.probes." + std::to_string(i));
    if (!probe.http.empty()) {
      const bool http = probe.http.rfind(kHttp, 0) == 0;
      std::string host = http ? probe.http.substr(kHttp.size()) : std::string();
      host = host.substr(0, host.find('/'));
      const bool good = http && (is_host_port(host) || is_word(host, "-.") ||
                                 (host.size() > 2 && host.front() == '[' && host.back() == ']'));
      if (!good ||
          std::any_of(probe.http.begin(), probe.http.end(), [](unsigned char c) { return c <= ' '; }))
        problems.add(where, "'" + probe.http +
                                "' cannot be probed: write http://HOST:PORT/PATH; for anything else, such as "
                                "https, use a command");
    }
    if (!probe.tcp.empty() && !is_host_port(probe.tcp))
      problems.add(where, "'" + probe.tcp + "' cannot be probed: write HOST:PORT");
  }
  for (std::size_t i = 0; i < stack.config.routes.size(); ++i) {
    const stack::Route& route = stack.config.routes[i];
    if (!route.domain.empty() && std::all_of(route.domain.begin(), route.domain.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                 std::string_view("-._*:/").find(c) != std::string_view::npos;
        }))
      continue;
    problems.add(stack.config.place("routes." + std::to_string(i) + ".domain"),
                 "'" + route.domain + "' is no host name for Caddy; write a domain like photos.example.net");
  }
}

}  // namespace hwcsync::layout
