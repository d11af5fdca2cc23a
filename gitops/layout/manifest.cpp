#include "secrets/manifest/manifest.hpp"

#include "gitops/layout/desired_state.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

// The manifest for the secret service: which file of the view comes from which ciphertext (secrets/manifest).
namespace hwcsync::layout {
namespace {

using secrets::EnvironmentPart;
using secrets::EnvironmentVariable;
using secrets::SecretFile;

SecretFile base_file(const Stack& stack, const Secret& secret) {
  SecretFile out;
  out.stack = stack.name;
  out.name = secret.name;
  out.uid = static_cast<std::uint32_t>(stack.account.uid);
  out.gid = static_cast<std::uint32_t>(stack.account.gid);
  out.mode = static_cast<std::uint32_t>(std::stoul(secret.mode, nullptr, 8));
  if (secret.is_template()) {
    out.grammar = secrets::Grammar::text_template;
    out.text_template = {secret.source, secret.parts};
    return out;
  }
  const auto format = secrets::parse_source_format(secret.format);
  if (!format)
    throw Error("cannot make the manifest of", secret.source, "unknown format '" + secret.format + "'");
  out.source = {secret.source, secret.blob, *format};
  out.key = secret.key;
  return out;
}

// prepare.commands that read the file make their unit one more consumer.
void add_commands(const Stack& stack, const std::string& path, SecretFile& file) {
  if (stack.style == stack::Style::oci && stack.commands_read(path))
    file.consumers.push_back(stack.prepare_unit() + ".service");
}

// The tainted variables of a service, in pieces that the secret service puts together.
std::vector<EnvironmentVariable> environment_of(const compose::Service& service) {
  std::vector<EnvironmentVariable> out;
  for (const auto& [name, value] : service.environment) {
    if (!value.tainted()) continue;
    EnvironmentVariable variable{name, {}};
    for (const auto& part : value.parts) {
      if (const auto* secret = std::get_if<compose::SecretPart>(&part)) {
        variable.parts.push_back({EnvironmentPart::Kind::variable, secret->variable});
      } else {
        variable.parts.push_back({EnvironmentPart::Kind::text, std::get<compose::TextPart>(part).text});
      }
    }
    out.push_back(std::move(variable));
  }
  return out;
}

void add_env_files(const Stack& stack, const Secret& secret, std::vector<SecretFile>& files) {
  if (stack.style == stack::Style::compose) {
    SecretFile file = base_file(stack, secret);
    file.path = stack.env_file(stack.unit);
    file.consumers = {stack.unit + ".service"};
    file.grammar = secrets::Grammar::compose_env;
    files.push_back(std::move(file));
    return;
  }
  for (const auto& [name, service] : stack.project.services) {
    SecretFile file = base_file(stack, secret);
    file.environment = environment_of(service);
    if (file.environment.empty()) continue;
    const std::string unit = "podman-" + stack.container(service);
    file.path = stack.env_file(unit);
    file.consumers = {unit + ".service"};
    add_commands(stack, stack.view() + '/' + file.path, file);
    file.grammar = secrets::Grammar::podman_env;
    files.push_back(std::move(file));
  }
}

// Owner and mode that the grants of a rootful container ask for: its ids are the host's. A user's view lets
// every id of that user's containers read. Services share the one file; check_containers() has seen that they
// agree.
void apply_grants(const Stack& stack, const Secret& secret, SecretFile& file) {
  for (const auto& [name, service] : stack.project.services) {
    for (const auto& grant : service.secrets) {
      if (grant.source != secret.name) continue;
      const auto id = [](const std::string& text, std::uint32_t other) {
        return text.empty() ? other : static_cast<std::uint32_t>(std::stoul(text));
      };
      if (!stack.is_rootless()) {
        file.view = file.viewer();
        file.uid = id(grant.uid, file.uid);
        file.gid = id(grant.gid, file.gid);
      }
      if (!grant.mode.empty()) file.mode = static_cast<std::uint32_t>(std::stoul(grant.mode, nullptr, 8));
    }
  }
}

SecretFile raw_file(const Stack& stack, const Secret& secret) {
  SecretFile out = base_file(stack, secret);
  out.path = stack.name + '/' + secret.name;
  if (stack.style == stack::Style::compose) {
    out.consumers = {stack.unit + ".service"};
    return out;
  }
  apply_grants(stack, secret, out);
  for (const auto& [name, service] : stack.project.services) {
    const bool uses =
        std::find(secret.services.begin(), secret.services.end(), name) != secret.services.end();
    if (uses) out.consumers.push_back("podman-" + stack.container(service) + ".service");
  }
  add_commands(stack, stack.secret_path(secret.name), out);
  return out;
}

// Compose secrets that are the value of a variable: each is a file with one value of the stack's env file.
// The provider of style compose makes such files itself.
void add_variable_files(const Stack& stack, const Secret& secret, std::vector<SecretFile>& files) {
  if (stack.style == stack::Style::compose) return;
  for (const auto& [name, variable] : stack.project.secret_environment) {
    Secret one = secret;
    one.name = name;
    one.key = variable;
    one.services.clear();
    for (const auto& [service_name, service] : stack.project.services) {
      const bool granted = std::any_of(service.secrets.begin(), service.secrets.end(),
                                       [&](const compose::Grant& grant) { return grant.source == name; });
      if (granted) one.services.push_back(service_name);
    }
    if (!one.services.empty()) files.push_back(raw_file(stack, one));
  }
}

}  // namespace

std::string DesiredState::manifest_json() const {
  secrets::Manifest manifest;
  manifest.host = host;
  for (const auto& [name, stack] : stacks) {
    for (const Secret& secret : stack.secrets) {
      if (secret.name == "env") {
        add_env_files(stack, secret, manifest.files);
        add_variable_files(stack, secret, manifest.files);
      } else {
        manifest.files.push_back(raw_file(stack, secret));
      }
    }
  }
  return secrets::serialise(manifest);
}

}  // namespace hwcsync::layout
