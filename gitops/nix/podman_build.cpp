#include "gitops/nix/podman_build.hpp"

#include "gitops/nix/encoders.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::nix {
namespace {

std::string limits(const compose::Ulimit& limit) {
  const std::string soft = std::to_string(limit.soft);
  return limit.soft == limit.hard ? soft : soft + ':' + std::to_string(limit.hard);
}

}  // namespace

bool is_built(const compose::Service& service) {
  return service.build && !service.build->files.empty();
}

bool builds_images(const layout::Stack& stack) {
  const auto& services = stack.project.services;
  return std::any_of(services.begin(), services.end(),
                     [](const auto& service) { return is_built(service.second); });
}

std::vector<std::string> build_words(const layout::Stack& stack, const compose::Service& service) {
  const compose::Build& build = *service.build;
  std::vector<std::string> out{
      "/etc/hwcsync/bin/build-image", service.image,
      "/etc/hwcsync/stacks/" + stack.name + "/contexts/" + compose::directory_entry(build.files)};
  const auto text = [&](const std::string& flag, const std::string& value) {
    if (!value.empty()) out.push_back(flag + "=" + value);
  };
  text("--file", build.dockerfile);
  for (const auto& [name, value] : build.args)
    out.push_back("--build-arg=" + name + "=" + value.value_or(""));
  for (const auto& [name, value] : build.labels) out.push_back("--label=" + name + "=" + value);
  text("--target", build.target);
  text("--network", build.network);
  text("--platform", build.platforms.empty() ? service.platform : build.platforms.front());
  text("--shm-size", build.shm_size);
  for (const auto& host : build.extra_hosts) out.push_back("--add-host=" + host);
  for (const auto& [name, limit] : build.ulimits) out.push_back("--ulimit=" + name + "=" + limits(limit));
  if (build.no_cache) out.emplace_back("--no-cache");
  if (build.pull) out.emplace_back("--pull=always");
  return out;
}

std::vector<std::string> build_commands(const layout::Stack& stack) {
  std::set<std::string> lines;
  for (const auto& [name, service] : stack.project.services) {
    if (!is_built(service) || service.scale == 0) continue;
    std::string line;
    for (const auto& word : build_words(stack, service)) line += (line.empty() ? "" : " ") + shell_word(word);
    lines.insert(line);
  }
  return {lines.begin(), lines.end()};
}

}  // namespace hwcsync::nix
