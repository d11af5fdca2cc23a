#include "gitops/apply/departed.hpp"

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/deployment.hpp"
#include "src/base/log.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace hwcsync::apply {

void remove_departed(const WorkerContext& context, const history::RunDirectory& run) {
  const auto stored = run.read_json(kActivationFile);
  if (!stored) return;
  const ActivationRecord record = record_from_json(*stored);
  const git::Repository mirror(context.mirror());
  const auto deployment = current_deployment(context, mirror);
  // Before the first good run nobody can say whose a container is.
  if (!deployment) return;
  const auto config = stack::read_repository_config(mirror.tree(deployment->revision));
  const auto& listed = stack::find_host(config, context.host).stacks;
  for (const Account& account : record.accounts) {
    std::set<std::string> departed;
    for (const ContainerStatus& container : context.containers.containers(account)) {
      if (std::find(listed.begin(), listed.end(), container.stack) == listed.end())
        departed.insert(container.stack);
    }
    for (const std::string& stack : departed) {
      context.containers.remove_stack(account, stack);
      log(LogLevel::info, "removed", {{"stack", stack}, {"user", account.user}, {"data", "kept"}});
    }
  }
}

}  // namespace hwcsync::apply
