#pragma once

#include "gitops/apply/secret_service.hpp"
#include "gitops/plan/plan.hpp"

#include <vector>

namespace hwcsync::apply {

// The changes of a plan with what the secret service found out about their files. A secret may be several
// files (one a container): the gravest fact counts. What is new or gone stays so, and what
// showed without a key where the service knows no better, unless it cannot be read.
[[nodiscard]] std::vector<plan::SecretChange> with_facts(std::vector<plan::SecretChange> changes,
                                                         const std::vector<SecretFact>& facts);

}  // namespace hwcsync::apply
