#include "gitops/apply/secret_facts.hpp"

namespace hwcsync::apply {
namespace {

int gravity(plan::Fact fact) {
  switch (fact) {
    case plan::Fact::undecryptable:
      return 3;
    case plan::Fact::rotated:
      return 2;
    case plan::Fact::same:
      return 0;
    default:
      return 1;
  }
}

const SecretFact* gravest_of(const plan::SecretChange& change, const std::vector<SecretFact>& facts) {
  const SecretFact* out = nullptr;
  for (const SecretFact& fact : facts) {
    if (fact.stack != change.stack || fact.name != change.name) continue;
    if (out == nullptr || gravity(fact.fact) > gravity(out->fact)) out = &fact;
  }
  return out;
}

}  // namespace

std::vector<plan::SecretChange> with_facts(std::vector<plan::SecretChange> changes,
                                           const std::vector<SecretFact>& facts) {
  for (plan::SecretChange& change : changes) {
    const SecretFact* gravest = gravest_of(change, facts);
    if (gravest == nullptr) continue;
    // Unknown: the service has nothing to compare with, and what shows without a key stands.
    const bool decided = change.fact == plan::Fact::added || change.fact == plan::Fact::removed ||
                         gravest->fact == plan::Fact::unknown;
    if (!decided || gravest->fact == plan::Fact::undecryptable) change.fact = gravest->fact;
    if (change.fact != plan::Fact::same) change.detail = gravest->detail;
  }
  return changes;
}

}  // namespace hwcsync::apply
