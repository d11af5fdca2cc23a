#include "gitops/apply/departed.hpp"

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/deployment.hpp"
#include "src/base/log.hpp"

#include <algorithm>
#include <map>
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
  const auto config =
      stack::read_repository_config(mirror.tree(deployment->revision), stack::Rules::passed_over);
  const stack::Host& host = stack::find_host(config, context.host);
  std::map<std::string, std::set<Account>> found;
  for (const Account& account : record.accounts) {
    for (const ContainerStatus& container : context.containers.containers(account))
      found[container.stack].insert(account);
  }
  layout::LoadCounters counters;
  for (auto& [name, accounts] : found) {
    const bool listed = std::find(host.stacks.begin(), host.stacks.end(), name) != host.stacks.end();
    // One that moved to another user has left the old one.
    if (listed && accounts.size() == 1) continue;
    if (listed)
      accounts.erase(account_of(layout::load_stack(mirror.tree(deployment->revision), config, host, name,
                                                   counters, layout::Limits::deployed)));
    for (const Account& account : accounts) {
      context.containers.remove_stack(account, name);
      log(LogLevel::info, "removed", {{"stack", name}, {"user", account.user}, {"data", "kept"}});
    }
  }
}

}  // namespace hwcsync::apply
