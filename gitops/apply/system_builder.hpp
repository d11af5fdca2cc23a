#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::apply {

// A program to start in a transient unit.
struct Invocation {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
};

// What to build: exactly one of the two.
struct BuildSource {
  std::string flake;          // "git+file:///.../mirror.git?ref=...&rev=...#host"
  std::string configuration;  // path of an exported configuration.nix
};

// The seam to Nix: the profile, the running system, and the words of nixos-rebuild. Long work is started by
// the worker in transient units; what is here is quick.
class SystemBuilder {
 public:
  virtual ~SystemBuilder() = default;
  // Builds into ./result of the working directory.
  [[nodiscard]] virtual Invocation build_command(const BuildSource& source) = 0;
  // The store path that a build left in this directory; nothing when it left none.
  [[nodiscard]] virtual std::optional<std::string> built_path(const std::string& directory) = 0;
  // Puts `store_path` into the profile and activates it, or what of the two is left to the caller: see
  // set_profile.
  [[nodiscard]] virtual Invocation switch_command(const std::string& store_path) = 0;
  // Activates a system whose profile is set already, without nixos-rebuild: what a rollback uses.
  // action: "switch", or "boot" to put back only the boot entry.
  [[nodiscard]] virtual Invocation activate_command(const std::string& store_path,
                                                    const std::string& action) = 0;

  // What /run/current-system and the system profile point to; empty: not there.
  [[nodiscard]] virtual std::string current_system() = 0;
  [[nodiscard]] virtual std::string profile() = 0;
  // nix-env --set: one more generation of the profile; nothing is activated.
  virtual void set_profile(const std::string& store_path) = 0;
  [[nodiscard]] virtual bool exists(const std::string& store_path) = 0;

  // Garbage collector roots of ours, by name.
  virtual void add_root(const std::string& name, const std::string& store_path) = 0;
  virtual void remove_root(const std::string& name) = 0;
  [[nodiscard]] virtual std::vector<std::string> roots() = 0;
};

}  // namespace hwcsync::apply
