#include "gitops/apply/nixos_builder.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <unistd.h>

namespace hwcsync::apply {
namespace {

constexpr std::chrono::milliseconds kQuick{120'000};

// A minimal PATH breaks nixos-rebuild only after a good build, so it gets all it may call.
std::map<std::string, std::string> nix_environment() {
  auto out = minimal_environment();
  const std::string path = out["PATH"];
  out["PATH"] = "/run/wrappers/bin:/run/current-system/sw/bin" + (path.empty() ? "" : ':' + path);
  for (const char* name : {"NIX_PATH", "NIX_REMOTE", "NIX_CONFIG", "NIX_SSL_CERT_FILE"}) {
    if (const char* value = std::getenv(name); value != nullptr) out[name] = value;
  }
  if (out.count("HOME") == 0) out["HOME"] = "/root";
  return out;
}

std::map<std::string, std::string> switch_environment() {
  auto out = nix_environment();
  out["NIXOS_INSTALL_BOOTLOADER"] = "0";
  return out;
}

// Where a link leads in the end; empty when it leads nowhere.
std::string target_of(const std::string& path) {
  std::error_code missing;
  const auto target = std::filesystem::canonical(path, missing);
  return missing ? std::string() : target.string();
}

}  // namespace

NixosBuilder::NixosBuilder(ProcessRunner& runner, NixosPaths paths)
    : runner_(runner), paths_(std::move(paths)) {}

Invocation NixosBuilder::build_command(const BuildSource& source) {
  Invocation out{.argv = {paths_.nixos_rebuild, "build", "--no-reexec"}, .environment = nix_environment()};
  if (!source.flake.empty()) {
    out.argv.insert(out.argv.end(), {"--flake", source.flake});
  } else {
    out.argv.insert(out.argv.end(), {"-I", "nixos-config=" + source.configuration});
  }
  return out;
}

std::optional<std::string> NixosBuilder::built_path(const std::string& directory) {
  std::string path = target_of(directory + "/result");
  if (path.empty()) return std::nullopt;
  return path;
}

bool NixosBuilder::knows_store_path() {
  if (!knows_store_path_) {
    const auto help = runner_.run(
        {.argv = {paths_.nixos_rebuild, "--help"}, .environment = nix_environment(), .deadline = kQuick});
    knows_store_path_ = (help.output + help.errors).find("--store-path") != std::string::npos;
  }
  return *knows_store_path_;
}

Invocation NixosBuilder::switch_command(const std::string& store_path) {
  if (knows_store_path()) {
    return {.argv = {paths_.nixos_rebuild, "switch", "--no-reexec", "--store-path", store_path},
            .environment = switch_environment()};
  }
  set_profile(store_path);
  return activate_command(store_path, "switch");
}

Invocation NixosBuilder::activate_command(const std::string& store_path, const std::string& action) {
  return {.argv = {store_path + "/bin/switch-to-configuration", action}, .environment = switch_environment()};
}

std::string NixosBuilder::current_system() {
  return target_of(paths_.current_system);
}

std::string NixosBuilder::profile() {
  return target_of(paths_.profile);
}

void NixosBuilder::set_profile(const std::string& store_path) {
  runner_.require({.argv = {"nix-env", "--profile", paths_.profile, "--set", store_path},
                   .environment = nix_environment(),
                   .deadline = kQuick},
                  "set the system profile to " + store_path);
}

bool NixosBuilder::exists(const std::string& store_path) {
  return !store_path.empty() && std::filesystem::exists(store_path + "/bin/switch-to-configuration");
}

void NixosBuilder::add_root(const std::string& name, const std::string& store_path) {
  make_directories(paths_.roots, 0755);
  const std::string link = paths_.roots + '/' + name;
  std::error_code ignored;
  std::filesystem::remove(link, ignored);
  // Registered with Nix: a plain link below our directory would not keep anything alive.
  runner_.require({.argv = {"nix-store", "--realise", store_path, "--add-root", link, "--indirect"},
                   .environment = nix_environment(),
                   .deadline = kQuick},
                  "keep " + store_path + " from the garbage collector");
}

void NixosBuilder::remove_root(const std::string& name) {
  const std::string link = paths_.roots + '/' + name;
  if (::unlink(link.c_str()) != 0 && errno != ENOENT) throw_errno("cannot remove", link);
}

std::vector<std::string> NixosBuilder::roots() {
  std::vector<std::string> out;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(paths_.roots, missing)) {
    out.push_back(entry.path().filename().string());
  }
  return out;
}

}  // namespace hwcsync::apply
