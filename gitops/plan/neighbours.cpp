#include "gitops/plan/neighbours.hpp"

#include "gitops/layout/host_checks.hpp"
#include "gitops/layout/ties.hpp"
#include "gitops/plan/resources.hpp"
#include "gitops/plan/services.hpp"

#include <algorithm>
#include <iterator>

namespace hwcsync::plan {
namespace {

// Doubles count: a second service with the same port is a new claim.
bool concerns_others(const StackPair& pair) {
  if (!pair.after || !pair.before) return true;
  const std::vector<std::string> was = layout::claims(*pair.before);
  const std::vector<std::string> now = layout::claims(*pair.after);
  std::vector<std::string> fresh;
  std::set_difference(now.begin(), now.end(), was.begin(), was.end(), std::back_inserter(fresh));
  return !fresh.empty() || !renewed_networks(*pair.before, *pair.after).empty() ||
         layout::offer_of(*pair.before) != layout::offer_of(*pair.after);
}

void refuse(const std::vector<Problem>& problems, const std::string& code, std::vector<Refusal>& out) {
  for (const Problem& problem : problems)
    out.push_back({code, problem.where.to_string() + ": " + problem.message, ""});
}

// What a service starts after by what the others were and are.
void compare_ties(StackChange& change, const layout::Stack& stack, const layout::Offers& before,
                  const layout::Offers& after) {
  const auto was = layout::ties_of(stack, before);
  for (const auto& [service, units] : layout::ties_of(stack, after)) {
    const auto& old = was.at(service);
    const auto missing_in = [](const std::vector<std::string>& list) {
      return [&list](const std::string& unit) {
        return std::find(list.begin(), list.end(), unit) == list.end();
      };
    };
    const auto tell = [&, &name = service](const std::string& unit, const char* sign) {
      mark(change.services, name, Action::restart, std::string("starts after ") + sign + ' ' + unit);
    };
    for (const std::string& unit : units) {
      if (missing_in(old)(unit)) tell(unit, "+");
    }
    for (const std::string& unit : old) {
      if (missing_in(units)(unit)) tell(unit, "-");
    }
  }
  if (change.services.empty()) return;
  add_companions(change.services, stack);
  change.action = Action::restart;
  change.needed = Action::restart;
}

// What joins a network that another stack of the same user makes anew.
void compare_networks(StackChange& change, const layout::Stack& stack, const std::vector<StackPair>& pairs) {
  if (stack.style != stack::Style::oci) return;
  for (const StackPair& pair : pairs) {
    if (!pair.before || !pair.after || pair.name == stack.name || pair.after->user != stack.user) continue;
    for (const std::string& renewed : renewed_networks(*pair.before, *pair.after)) {
      for (const auto& [key, network] : stack.project.networks) {
        if (!network.external || network.name != renewed) continue;
        for (const auto& [name, service] : stack.project.services) {
          if (service.network_mode.empty() && service.attached_to(key))
            mark(change.services, name, Action::restart,
                 "network " + renewed + " is made anew by " + pair.name);
        }
      }
    }
  }
}

void find_tied(Neighbours& out, const std::vector<StackPair>& pairs, const layout::DesiredState& desired) {
  layout::Offers after;
  for (const auto& [name, stack] : desired.stacks) after.emplace(name, layout::offer_of(stack));
  layout::Offers before = after;
  const auto touched = [&](const std::string& name) {
    return std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.name == name; });
  };
  for (const StackPair& pair : pairs) {
    before.erase(pair.name);
    if (pair.before) before.emplace(pair.name, layout::offer_of(*pair.before));
  }
  for (const auto& [name, stack] : desired.stacks) {
    const auto pair = touched(name);
    if (pair != pairs.end() && !pair->before) continue;  // it starts anyway
    StackChange change{name, stack.style, Action::none, Action::none, {}, {}};
    compare_networks(change, stack, pairs);
    compare_ties(change, stack, before, after);
    if (change.services.empty()) continue;
    out.changes.push_back(std::move(change));
    if (pair != pairs.end()) continue;
    StackPair both;
    both.name = name;
    both.before = stack;
    both.after = stack;
    both.opens = layout::open_ports(stack, desired.config);
    both.was_open = both.opens;
    out.pairs.push_back(std::move(both));
  }
}

}  // namespace

Neighbours look_around(const std::vector<StackPair>& pairs, const Tree& tree,
                       const stack::RepositoryConfig& repository, const std::string& host,
                       layout::LoadCounters& counters) {
  Neighbours out;
  if (std::none_of(pairs.begin(), pairs.end(), concerns_others)) return out;
  layout::DesiredState desired{host, repository, stack::find_host(repository, host), {}};
  for (const StackPair& pair : pairs) {
    if (pair.after) desired.stacks.emplace(pair.name, *pair.after);
  }
  for (const std::string& name : desired.config.stacks) {
    if (desired.stacks.count(name) != 0) continue;
    try {
      desired.stacks.emplace(name, layout::load_stack(tree, repository, desired.config, name, counters));
    } catch (const ConfigError& error) {
      refuse(error.problems(), "unreadable", out.refusals);
    }
  }
  if (!out.refusals.empty()) return out;  // what follows would complain about stacks that are not there
  Problems problems;
  layout::check_host(desired, problems);
  refuse(problems.list(), "conflict", out.refusals);
  find_tied(out, pairs, desired);
  return out;
}

void merge_changes(std::vector<StackChange>& changes, const std::vector<StackChange>& more,
                   const std::vector<StackPair>& pairs) {
  for (const StackChange& one : more) {
    const auto known = std::find_if(changes.begin(), changes.end(),
                                    [&](const auto& item) { return item.stack == one.stack; });
    if (known == changes.end()) {
      changes.push_back(one);
      continue;
    }
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const auto& item) { return item.name == one.stack; });
    for (const ServiceChange& service : one.services) {
      const bool stood =
          pair != pairs.end() && pair->before && pair->before->project.services.count(service.service) != 0;
      if (!stood) continue;
      for (const std::string& reason : service.reasons)
        mark(known->services, service.service, Action::restart, reason);
    }
    if (known->action != Action::create && known->action != Action::remove) {
      known->action = Action::restart;
      known->needed = Action::restart;
    }
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.stack < b.stack; });
}

}  // namespace hwcsync::plan
