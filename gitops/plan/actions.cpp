#include "gitops/plan/plan.hpp"

namespace hwcsync::plan {

std::string_view action_name(Action action) {
  switch (action) {
    case Action::none:
      return "none";
    case Action::unit:
      return "unit";
    case Action::reload:
      return "reload";
    case Action::restart:
      return "restart";
    case Action::create:
      return "create";
    case Action::remove:
      break;
  }
  return "remove";
}

std::string_view fact_name(Fact fact) {
  switch (fact) {
    case Fact::same:
      return "same";
    case Fact::rotated:
      return "rotated";
    case Fact::added:
      return "added";
    case Fact::removed:
      return "removed";
    case Fact::undecryptable:
      return "undecryptable";
    case Fact::unknown:
      break;
  }
  return "unknown";
}

bool Plan::needs_run() const {
  if (host_change || !changes.empty()) return true;
  for (const SecretChange& change : secrets) {
    if (change.fact != Fact::same) return true;
  }
  return !from.has_value();
}

}  // namespace hwcsync::plan
