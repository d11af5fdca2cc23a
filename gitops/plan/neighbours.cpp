#include "gitops/plan/neighbours.hpp"

#include "gitops/layout/host_checks.hpp"

#include <algorithm>
#include <iterator>

namespace hwcsync::plan {
namespace {

// Doubles count: a second service with the same port is a new claim.
bool claims_more(const StackPair& pair) {
  if (!pair.after || !pair.before) return true;
  const std::vector<std::string> was = layout::claims(*pair.before);
  const std::vector<std::string> now = layout::claims(*pair.after);
  std::vector<std::string> fresh;
  std::set_difference(now.begin(), now.end(), was.begin(), was.end(), std::back_inserter(fresh));
  return !fresh.empty();
}

void refuse(const std::vector<Problem>& problems, const std::string& code, std::vector<Refusal>& out) {
  for (const Problem& problem : problems)
    out.push_back({code, problem.where.to_string() + ": " + problem.message, ""});
}

}  // namespace

std::vector<Refusal> check_neighbours(const std::vector<StackPair>& pairs, const Tree& tree,
                                      const stack::RepositoryConfig& repository, const std::string& host,
                                      layout::LoadCounters& counters) {
  std::vector<Refusal> out;
  if (std::none_of(pairs.begin(), pairs.end(), claims_more)) return out;
  layout::DesiredState desired{host, repository, stack::find_host(repository, host), {}};
  for (const StackPair& pair : pairs) {
    if (pair.after) desired.stacks.emplace(pair.name, *pair.after);
  }
  for (const std::string& name : desired.config.stacks) {
    if (desired.stacks.count(name) != 0) continue;
    try {
      desired.stacks.emplace(name, layout::load_stack(tree, repository, desired.config, name, counters));
    } catch (const ConfigError& error) {
      refuse(error.problems(), "unreadable", out);
    }
  }
  if (!out.empty()) return out;  // what follows would complain about stacks that are not there
  Problems problems;
  layout::check_host(desired, problems);
  refuse(problems.list(), "conflict", out);
  return out;
}

}  // namespace hwcsync::plan
