#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <vector>

namespace hwcsync::plan {

// What a person has to agree to, or mend, before this plan may run. Those that `acks` names are left out.
struct GuardInputs {
  bool is_first = false;                // nothing was deployed yet
  const stack::Host* before = nullptr;  // null: first deployment, or the host was not there
  const stack::Host* after = nullptr;
  const std::string* host = nullptr;
  const std::string* machine = nullptr;
  const std::vector<StackPair>* pairs = nullptr;
  const std::vector<SecretChange>* secrets = nullptr;
  const std::set<std::string>* acks = nullptr;
};
[[nodiscard]] std::vector<Refusal> check_guards(const GuardInputs& inputs);

}  // namespace hwcsync::plan
