#include "gitops/apply/preparation_steps.hpp"

#include "gitops/apply/export_tree.hpp"
#include "gitops/apply/unit_output.hpp"
#include "gitops/apply/unit_wait.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <filesystem>

namespace hwcsync::apply {
namespace {

using history::Retry;

// Nix prints a trace of many lines; the last one that begins with "error:" is what a person needs, and what
// follows it says where.
std::string nix_error(const std::string& text) {
  std::string found;
  int following = 0;
  for (const std::string& line : split(text, '\n')) {
    const std::string_view trimmed = trim(line);
    if (trimmed.rfind("error:", 0) == 0) {
      found = trimmed;
      following = 0;
    } else if (!found.empty() && !trimmed.empty() && following < 3) {
      found += "\n  " + std::string(trimmed);
      ++following;
    }
  }
  return found.empty() ? last_line(text) : found;
}

BuildSource source_of(const WorkerContext& context, const git::Repository& mirror,
                      const git::ObjectId& generated, const stack::Host& host) {
  if (!host.file.empty()) {
    const std::string directory = export_tree(context.state_dir, mirror, generated);
    return {.flake = {}, .configuration = directory + '/' + host.file};
  }
  const std::string attribute = host.flake.empty() ? '#' + context.host : host.flake;
  return {.flake = "git+file://" + context.mirror() + "?ref=" + git::generated_ref(context.host) +
                   "&rev=" + generated.hex() + attribute,
          .configuration = {}};
}

}  // namespace

SecretBundle bundle_of(const layout::DesiredState& desired, const git::Repository& mirror) {
  SecretBundle out{.manifest = desired.manifest_json()};
  for (const auto& [name, stack] : desired.stacks) {
    for (const layout::Secret& secret : stack.secrets) {
      if (!secret.is_template() && out.ciphertexts.count(secret.blob) == 0)
        out.ciphertexts[secret.blob] = mirror.read_blob(secret.blob);
    }
  }
  return out;
}

StagedSecrets stage_secrets(const WorkerContext& context, const layout::DesiredState& desired,
                            const git::Repository& mirror) {
  StagedSecrets staged = context.secrets.stage(bundle_of(desired, mirror));
  std::string trouble;
  for (const SecretFact& fact : staged.facts) {
    if (fact.fact == plan::Fact::undecryptable)
      trouble += "\n  " + fact.stack + ' ' + fact.name + ": " + fact.detail;
  }
  if (!trouble.empty()) {
    throw RunFailure("secret-undecryptable", Retry::useless,
                     {"cannot decrypt", "every secret", "these are closed to this host:" + trouble,
                      "add this host's recipient and re-encrypt: hwcsync secrets rekey FILE"});
  }
  return staged;
}

std::string build_system(const WorkerContext& context, RunLog& log, const git::Repository& mirror,
                         const git::ObjectId& generated, const stack::Host& host) {
  const std::string directory = log.run().file("build");
  make_directories(directory, 0700);
  const Invocation invocation = context.builder.build_command(source_of(context, mirror, generated, host));
  const UnitEnd end =
      run_unit(context,
               {.name = log.unit_name("build"),
                .description = "hwcsync run " + std::to_string(log.run().id()) + ": build",
                .argv = invocation.argv,
                .environment = invocation.environment,
                .directory = directory,
                .output_file = log.run().build_log()},
               context.deadlines.build, Overdue::stopped, [&] { return log.asked_to_stop(); });
  if (end.kind == UnitEnd::Kind::stopped) throw Cancelled{};
  const auto built = end.exited_with(0) ? context.builder.built_path(directory) : std::nullopt;
  if (!built) {
    const std::string text = tail_of(log.run().build_log());
    const bool passing = looks_passing(text) || end.kind != UnitEnd::Kind::exited;
    throw RunFailure("build", passing ? Retry::may_help : Retry::useless,
                     {"cannot build", generated.shortened() + " for " + context.host,
                      end.to_string() + (text.empty() ? "" : "\n  " + nix_error(text)),
                      "the whole output: " + log.run().build_log()});
  }
  context.builder.add_root("run-" + std::to_string(log.run().id()), *built);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return *built;
}

ImageSet images_of(const layout::DesiredState& desired, const std::set<std::string>& stacks) {
  ImageSet out;
  for (const auto& [name, stack] : desired.stacks) {
    if (stacks.count(name) == 0) continue;
    for (const auto& [service_name, service] : stack.project.services) {
      // One that is built here is nobody's to pull.
      if (!service.image.empty() && !service.build) out.emplace(account_of(stack), service.image);
    }
  }
  return out;
}

void require_podman(const WorkerContext& context, const layout::DesiredState& desired,
                    const ImageSet& images) {
  if (images.empty() || context.containers.presence({"root", 0}) != Presence::no_podman) return;
  // NixOS enables podman itself for a container of style oci.
  const bool brought = desired.config.podman ||
                       std::any_of(desired.stacks.begin(), desired.stacks.end(),
                                   [](const auto& stack) { return stack.second.style == stack::Style::oci; });
  if (brought) return;
  throw RunFailure("no-podman", Retry::useless,
                   {"cannot start containers on", context.host,
                    "podman is not installed on this machine, and this revision does not say that it comes",
                    "set hosts." + context.host +
                        ".podman: true in hwcsync.yaml, or switch once by hand with "
                        "virtualisation.podman.enable = true"});
}

std::vector<Account> accounts_of(const layout::DesiredState& desired, const git::Repository& mirror,
                                 const std::optional<git::ObjectId>& deployed) {
  std::set<Account> out{{"root", 0}};
  for (const auto& [name, user] : desired.config.users) out.insert({name, user.uid});
  for (const auto& [name, stack] : desired.stacks) out.insert(account_of(stack));
  if (!deployed) return {out.begin(), out.end()};
  try {
    const auto before = stack::read_repository_config(mirror.tree(*deployed), stack::Rules::passed_over);
    const auto host = before.hosts.find(desired.host);
    if (host != before.hosts.end()) {
      for (const auto& [name, user] : host->second.users) out.insert({name, user.uid});
    }
  } catch (const ConfigError&) {
    // A base that no longer parses does not stop a run.
  }
  return {out.begin(), out.end()};
}

Baseline measure_baseline(const WorkerContext& context, const ActivationRecord& record) {
  Baseline out{.failed_units = context.system.failed_units()};
  for (const Account& account : record.accounts) {
    for (ContainerStatus& one : context.containers.containers(account))
      out.containers.push_back(std::move(one));
  }
  for (const std::string& unit : record.rotation.units) {
    if (const auto status = context.system.unit(unit)) out.invocations[unit] = status->invocation;
  }
  if (context.remote_check == RemoteCheck::required) out.remote_reachable = !context.prober.reach_remote();
  return out;
}

}  // namespace hwcsync::apply
