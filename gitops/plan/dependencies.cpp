#include "gitops/plan/dependencies.hpp"

#include "gitops/compose/units.hpp"
#include "gitops/plan/services.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace hwcsync::plan {
namespace {

using compose::Dependency;
using layout::Stack;

bool is_awaited(const Stack& stack, const std::string& service, Dependency::Condition condition) {
  return std::any_of(stack.project.services.begin(), stack.project.services.end(), [&](const auto& entry) {
    const auto found = entry.second.depends_on.find(service);
    return found != entry.second.depends_on.end() && found->second.condition == condition;
  });
}

bool is_job(const Stack& stack, const std::string& service) {
  return is_awaited(stack, service, Dependency::Condition::completed);
}

// How the unit of one that others wait for is written.
std::string role_of(const Stack& stack, const std::string& service) {
  if (is_job(stack, service)) return "runs once and ends";
  if (is_awaited(stack, service, Dependency::Condition::healthy)) return "is up when it is healthy";
  return "is up when it runs";
}

// Service -> by which words of systemd this one's unit is tied to it.
std::map<std::string, std::string> ties_of(const Stack& stack, const compose::Service& service) {
  std::map<std::string, std::string> out;
  const auto joined = service.joined();
  for (const std::string& name : service.implied_dependencies()) out[name] = "requires";
  for (const auto& [name, dependency] : service.depends_on) {
    if (out.count(name) == 0) out[name] = dependency.required ? "requires" : "wants";
    if (dependency.restart && out[name] != "wants") out[name] = "bound";
  }
  for (auto& [name, tie] : out) {
    if (tie == "requires" && joined.count(name) != 0) tie = "bound";
    if (tie == "requires" && (is_job(stack, name) || is_job(stack, service.name))) tie = "requires a job";
  }
  return out;
}

// gitops/nix/oci_unit: what others wait for has the stack's own time, anything else two minutes at least.
std::int64_t limit_of(const Stack& stack, const std::string& service) {
  return start_limit(stack, is_awaited(stack, service, Dependency::Condition::healthy) ? 0 : 120);
}

}  // namespace

std::int64_t start_limit(const Stack& stack, std::int64_t least) {
  const auto time = compose::duration_microseconds(stack.config.health.timeout);
  return std::max(least, time.value_or(0) / 1'000'000);
}

void restart_rewired(std::vector<ServiceChange>& changes, const Stack& before, const Stack& after) {
  if (before.style != stack::Style::oci || after.style != stack::Style::oci) return;
  for (const auto& [name, service] : after.project.services) {
    const auto old = before.project.services.find(name);
    if (old == before.project.services.end()) continue;
    if (role_of(before, name) != role_of(after, name))
      mark(changes, name, Action::restart, role_of(after, name) + ", because others wait for that");
    if (limit_of(before, name) != limit_of(after, name))
      mark(changes, name, Action::restart, "health timeout");
    const auto was = ties_of(before, old->second);
    const auto now = ties_of(after, service);
    for (const auto& [other, tie] : now) {
      const auto known = was.find(other);
      if (known == was.end()) {
        mark(changes, name, Action::restart, "depends on + " + other);
      } else if (known->second != tie) {
        mark(changes, name, Action::restart, "depends on ~ " + other);
      }
    }
    for (const auto& [other, tie] : was) {
      if (now.count(other) == 0) mark(changes, name, Action::restart, "depends on - " + other);
    }
  }
}

}  // namespace hwcsync::plan
