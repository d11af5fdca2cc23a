#pragma once

#include "gitops/apply/system_builder.hpp"
#include "src/base/process.hpp"

#include <optional>
#include <string>

namespace hwcsync::apply {

struct NixosPaths {
  std::string nixos_rebuild = "nixos-rebuild";
  std::string profile = "/nix/var/nix/profiles/system";
  std::string current_system = "/run/current-system";
  std::string roots;  // <state>/gcroots
};

// nixos-rebuild, nix-env and nix-store.
class NixosBuilder final : public SystemBuilder {
 public:
  NixosBuilder(ProcessRunner& runner, NixosPaths paths);
  [[nodiscard]] Invocation build_command(const BuildSource& source) override;
  [[nodiscard]] std::optional<std::string> built_path(const std::string& directory) override;
  // `nixos-rebuild switch --store-path` where it knows that word (2026 on); before that the profile is set
  // here.
  [[nodiscard]] Invocation switch_command(const std::string& store_path) override;
  [[nodiscard]] Invocation activate_command(const std::string& store_path,
                                            const std::string& action) override;
  [[nodiscard]] std::string current_system() override;
  [[nodiscard]] std::string profile() override;
  void set_profile(const std::string& store_path) override;
  [[nodiscard]] bool exists(const std::string& store_path) override;
  void add_root(const std::string& name, const std::string& store_path) override;
  void remove_root(const std::string& name) override;
  [[nodiscard]] std::vector<std::string> roots() override;

 private:
  [[nodiscard]] bool knows_store_path();

  ProcessRunner& runner_;
  NixosPaths paths_;
  std::optional<bool> knows_store_path_;
};

}  // namespace hwcsync::apply
