#include "gitops/plan/secrets.hpp"

#include "gitops/plan/services.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/source.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

const layout::Secret* find_secret(const layout::Stack& stack, const std::string& name) {
  for (const layout::Secret& secret : stack.secrets) {
    if (secret.name == name) return &secret;
  }
  return nullptr;
}

// sops authenticates values and not recipients: equal values and MAC mean that nothing a consumer sees
// changed.
Fact judge(const layout::Secret& before, const layout::Secret& after, const git::Repository& repository) {
  if (before.blob == after.blob && before.key == after.key && before.mode == after.mode) return Fact::same;
  const auto format = secrets::parse_source_format(after.format);
  if (before.key != after.key || before.format != after.format || !format) return Fact::unknown;
  try {
    const auto was = secrets::fingerprint_source(*format, repository.read_blob(before.blob));
    return was && was == secrets::fingerprint_source(*format, repository.read_blob(after.blob))
               ? Fact::same
               : Fact::unknown;
  } catch (const secrets::SecretError&) {  // not that format any more: whoever has the key will say
    return Fact::unknown;
  }
}

SecretChange describe(const layout::Stack& stack, const layout::Secret& secret, Fact fact) {
  return {stack.name, secret.name, secret.source, fact, {}, stack.units()};
}

}  // namespace

std::vector<SecretChange> compare_secrets(const std::vector<StackPair>& pairs,
                                          const git::Repository& repository) {
  std::vector<SecretChange> out;
  for (const StackPair& pair : pairs) {
    if (pair.after) {
      for (const layout::Secret& secret : pair.after->secrets) {
        const layout::Secret* old = pair.before ? find_secret(*pair.before, secret.name) : nullptr;
        if (old == nullptr) {
          out.push_back(describe(*pair.after, secret, Fact::added));
        } else if (old->blob != secret.blob || old->key != secret.key || old->mode != secret.mode) {
          out.push_back(describe(*pair.after, secret, judge(*old, secret, repository)));
        }
      }
    }
    if (!pair.before) continue;
    for (const layout::Secret& secret : pair.before->secrets) {
      const bool gone = !pair.after || find_secret(*pair.after, secret.name) == nullptr;
      if (gone) out.push_back(describe(*pair.before, secret, Fact::removed));
    }
  }
  return out;
}

bool needs_facts(const std::vector<SecretChange>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const SecretChange& change) {
    return change.fact == Fact::unknown || change.fact == Fact::added;
  });
}

void restart_consumers(const std::vector<SecretChange>& secrets, const std::vector<StackPair>& pairs,
                       std::vector<StackChange>& changes) {
  for (const SecretChange& secret : secrets) {
    if (secret.fact != Fact::rotated && secret.fact != Fact::unknown) continue;
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const auto& item) { return item.name == secret.stack; });
    if (pair == pairs.end() || !pair->after || !pair->before) continue;
    const layout::Secret* entry = find_secret(*pair->after, secret.name);
    if (entry == nullptr) continue;
    auto change = std::find_if(changes.begin(), changes.end(),
                               [&](const auto& item) { return item.stack == secret.stack; });
    if (change == changes.end()) {
      changes.push_back({secret.stack, pair->after->style, Action::none, Action::none, {}, {}});
      change = changes.end() - 1;
    }
    const std::string reason =
        "secret " + secret.name + (secret.fact == Fact::rotated ? " rotated" : " may have changed");
    for (const std::string& service : entry->services)
      mark(change->services, service, Action::restart, reason);
    add_companions(change->services, *pair->after);
    settle_action(*change, *pair->after);
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.stack < b.stack; });
}

}  // namespace hwcsync::plan
