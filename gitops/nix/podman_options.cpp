#include "gitops/nix/podman_options.hpp"

#include "gitops/nix/encoders.hpp"
#include "src/base/json.hpp"

namespace hwcsync::nix {
namespace {

// podman splits a healthcheck that does not look like JSON by a shell; CMD with arguments goes in as a JSON
// array.
std::string health_command(const std::vector<std::string>& test) {
  const std::vector<std::string> words(test.begin() + 1, test.end());
  if (test.front() == "CMD-SHELL") {
    const std::string& script = words.front();
    const bool looks_like_json = !script.empty() && script.front() == '[';
    return looks_like_json || script == "none" ? Json(std::vector<std::string>{"CMD-SHELL", script}).dump()
                                               : script;
  }
  return words.size() == 1 ? shell_word(words.front()) : Json(words).dump();
}

void add_health(std::vector<std::string>& out, const compose::HealthCheck& check) {
  if (check.disabled) {
    out.push_back("--no-healthcheck");
    return;
  }
  if (check.test.size() >= 2) out.push_back("--health-cmd=" + health_command(check.test));
  if (!check.interval.empty()) out.push_back("--health-interval=" + check.interval);
  if (!check.timeout.empty()) out.push_back("--health-timeout=" + check.timeout);
  if (check.retries) out.push_back("--health-retries=" + std::to_string(*check.retries));
  if (!check.start_period.empty()) out.push_back("--health-start-period=" + check.start_period);
}

// Docker writes security options with a colon, podman with an equals sign.
std::string security_option(std::string text) {
  const auto colon = text.find(':');
  if (colon != std::string::npos && text.find('=') == std::string::npos) text[colon] = '=';
  return text;
}

// "host=1.2.3.4" and "host:1.2.3.4" are the same to Compose.
std::string extra_host(std::string text) {
  const auto equals = text.find('=');
  if (equals != std::string::npos) text[equals] = ':';
  return text;
}

}  // namespace

std::vector<std::string> podman_options(const compose::Service& service) {
  std::vector<std::string> out;
  if (service.entrypoint && service.entrypoint->size() != 1) {
    out.push_back("--entrypoint=" +
                  (service.entrypoint->empty() ? std::string() : Json(*service.entrypoint).dump()));
  }
  for (const auto& mount : service.volumes) {
    if (mount.type != compose::Mount::Type::tmpfs) continue;
    std::string option = "--tmpfs=" + mount.target;
    for (std::size_t i = 0; i < mount.options.size(); ++i) option += (i == 0 ? ":" : ",") + mount.options[i];
    out.push_back(option);
  }
  for (const auto& text : service.tmpfs) out.push_back("--tmpfs=" + text);
  for (const auto& text : service.dns) out.push_back("--dns=" + text);
  for (const auto& text : service.extra_hosts) out.push_back("--add-host=" + extra_host(text));
  for (const auto& text : service.security_opt) out.push_back("--security-opt=" + security_option(text));
  if (!service.limits.memory.empty()) out.push_back("--memory=" + service.limits.memory);
  if (!service.limits.cpus.empty()) out.push_back("--cpus=" + service.limits.cpus);
  if (!service.limits.shm_size.empty()) out.push_back("--shm-size=" + service.limits.shm_size);
  if (!service.stop_grace_period.empty()) {
    out.push_back("--stop-timeout=" +
                  std::to_string(seconds(service.stop_grace_period, "stop_grace_period")));
  }
  if (service.read_only) out.push_back("--read-only");
  if (service.init) out.push_back("--init");
  if (service.tty) out.push_back("--tty");
  if (service.health_check) add_health(out, *service.health_check);
  return out;
}

}  // namespace hwcsync::nix
