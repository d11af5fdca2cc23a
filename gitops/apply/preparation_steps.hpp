#pragma once

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/context.hpp"
#include "gitops/apply/prefetch.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/layout/desired_state.hpp"
#include "gitops/source/repository.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::apply {

// Manifest and ciphertexts of everything that a revision shows on this host.
[[nodiscard]] SecretBundle bundle_of(const layout::DesiredState& desired, const git::Repository& mirror);

// Decrypts and verifies the new generation beside the old one, also when it holds nothing: the new system
// names it. Throws RunFailure that names each secret that cannot be decrypted.
[[nodiscard]] StagedSecrets stage_secrets(const WorkerContext& context, const layout::DesiredState& desired,
                                          const git::Repository& mirror);

// Builds a generated commit with nixos-rebuild in a transient unit and roots the result; gives its store
// path. Output goes to the run's build.log. Throws RunFailure with Nix' own error, and Cancelled.
[[nodiscard]] std::string build_system(const WorkerContext& context, RunLog& log,
                                       const git::Repository& mirror, const git::ObjectId& generated,
                                       const stack::Host& host);

// Images that these stacks need and the accounts that need them.
[[nodiscard]] ImageSet images_of(const layout::DesiredState& desired, const std::set<std::string>& stacks);

// Throws RunFailure where these stacks need podman, the machine has none, and the revision does not bring it.
void require_podman(const WorkerContext& context, const layout::DesiredState& desired,
                    const ImageSet& images);

// What runs now, for the record.
[[nodiscard]] Baseline measure_baseline(const WorkerContext& context, const ActivationRecord& record);

// Every account that may have containers of ours: also of users that only the deployed revision knows, whose
// containers are part of the baseline and are removed in the end.
[[nodiscard]] std::vector<Account> accounts_of(const layout::DesiredState& desired,
                                               const git::Repository& mirror,
                                               const std::optional<git::ObjectId>& deployed);

}  // namespace hwcsync::apply
