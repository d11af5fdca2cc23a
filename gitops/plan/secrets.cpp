#include "gitops/plan/secrets.hpp"

#include "gitops/plan/services.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/readers.hpp"
#include "secrets/vault/source.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace hwcsync::plan {
namespace {

constexpr std::string_view kMode = "mode ";

const layout::Secret* find_secret(const layout::Stack& stack, const std::string& name) {
  for (const layout::Secret& secret : stack.secrets) {
    if (secret.name == name) return &secret;
  }
  return nullptr;
}

bool is_unchanged(const layout::Secret& before, const layout::Secret& after) {
  const auto same_value = [](const secrets::TemplatePart& a, const secrets::TemplatePart& b) {
    return a.source.id == b.source.id && a.key == b.key;
  };
  return before.blob == after.blob && before.format == after.format && before.key == after.key &&
         before.mode == after.mode &&
         std::equal(before.parts.begin(), before.parts.end(), after.parts.begin(), after.parts.end(),
                    same_value);
}

// What shows without a key: sops encrypts value by value, and not for the recipients.
Fact compare_sources(const secrets::Source& before, const std::string& key_before,
                     const secrets::Source& after, const std::string& key_after,
                     const git::Repository& repository) {
  if (key_before != key_after || before.format != after.format) return Fact::unknown;
  if (before.id == after.id) return Fact::same;
  try {
    switch (secrets::compare_sources(after.format, repository.read_blob(before.id),
                                     repository.read_blob(after.id), key_after)) {
      case secrets::Likeness::same:
        return Fact::same;
      case secrets::Likeness::different:
        return Fact::rotated;
      case secrets::Likeness::unclear:
        break;
    }
  } catch (const secrets::SecretError&) {
    // Not that format any more: whoever has the key will say.
  }
  return Fact::unknown;
}

// The text is public: another text, another file. With the same text it is its values that count.
Fact judge_template(const layout::Secret& before, const layout::Secret& after,
                    const git::Repository& repository) {
  if (before.blob != after.blob) return Fact::rotated;
  Fact out = Fact::same;
  for (std::size_t i = 0; i < after.parts.size() && i < before.parts.size(); ++i) {
    if (after.parts[i].secret.empty()) continue;
    const Fact fact = compare_sources(before.parts[i].source, before.parts[i].key, after.parts[i].source,
                                      after.parts[i].key, repository);
    if (fact == Fact::rotated) return fact;
    if (fact == Fact::unknown) out = fact;
  }
  return out;
}

Fact judge(const layout::Secret& before, const layout::Secret& after, const git::Repository& repository) {
  if (before.is_template() && after.is_template()) return judge_template(before, after, repository);
  const auto was = secrets::parse_source_format(before.format);
  const auto is = secrets::parse_source_format(after.format);
  if (!was || !is) return Fact::unknown;
  return compare_sources({before.source, before.blob, *was}, before.key, {after.source, after.blob, *is},
                         after.key, repository);
}

// Files of the view that hold the secret's values.
std::vector<std::string> files_of(const layout::Stack& stack, const layout::Secret& secret) {
  if (secret.name == "env") return stack.env_paths();
  return {stack.secret_path(secret.name)};
}

bool commands_read(const layout::Stack& stack, const layout::Secret& secret) {
  const auto files = files_of(stack, secret);
  return std::any_of(files.begin(), files.end(),
                     [&](const std::string& file) { return stack.commands_read(file); });
}

// Service -> why it restarts when the secret has a new value; "" for those that read it themselves. The one
// answer for the plan and for the run.
std::map<std::string, std::string> restarted_by(const layout::Stack& stack, const layout::Secret& secret) {
  std::map<std::string, std::string> out;
  for (const std::string& service : secret.services) out[service] = "";
  // What needs the commands' unit goes with it; in style compose one unit has all containers.
  if (commands_read(stack, secret)) {
    for (const auto& [name, service] : stack.project.services) out.emplace(name, "prepare.commands");
    return out;
  }
  std::vector<ServiceChange> changes;
  for (const auto& [service, reason] : out) mark(changes, service, Action::restart, reason);
  add_companions(changes, stack);
  for (const ServiceChange& change : changes) out.emplace(change.service, change.reasons.front());
  return out;
}

// Units that restart when the secret has a new value.
std::vector<std::string> consumers_of(const layout::Stack& stack, const layout::Secret& secret) {
  const auto services = restarted_by(stack, secret);
  if (stack.style == stack::Style::compose)
    return services.empty() ? std::vector<std::string>{} : stack.units();
  std::vector<std::string> out;
  if (commands_read(stack, secret)) out.push_back(stack.prepare_unit());
  for (const auto& [name, reason] : services)
    out.push_back("podman-" + stack.container(stack.project.services.at(name)));
  return out;
}

std::set<std::string> with_companions(const layout::Stack& stack, const std::set<std::string>& services) {
  std::vector<ServiceChange> changes;
  for (const std::string& service : services) mark(changes, service, Action::restart, "");
  add_companions(changes, stack);
  std::set<std::string> out;
  for (const ServiceChange& change : changes) out.insert(change.service);
  return out;
}

// What SecretChange::in_place says. The provider knows by itself whose environment another value changes, and
// takes along who shares a namespace with those; what it copies into containers it does not look at.
std::optional<InPlace> restarted_in_place(const layout::Stack& stack, const layout::Secret& secret) {
  if (stack.style != stack::Style::compose || commands_read(stack, secret)) return std::nullopt;
  std::set<std::string> read;
  std::set<std::string> copied;
  const auto files = files_of(stack, secret);
  for (const std::string& name : secret.services) {
    const auto service = stack.project.services.find(name);
    if (service == stack.project.services.end()) continue;
    const auto& volumes = service->second.volumes;
    const bool mounts = std::any_of(volumes.begin(), volumes.end(), [&](const compose::Mount& mount) {
      return std::any_of(files.begin(), files.end(),
                         [&](const std::string& file) { return stack.shows(mount.source, file); });
    });
    if (secret.name != "env" || mounts) read.insert(name);
    if (secret.name == "env" && stack.project.has_values_copied(name)) copied.insert(name);
  }
  InPlace out{.restarted = with_companions(stack, read), .recreated = with_companions(stack, copied)};
  for (const std::string& name : out.recreated) out.restarted.erase(name);
  return out;
}

SecretChange describe(const layout::Stack& stack, const layout::Secret& secret, Fact fact) {
  return {stack.name,
          secret.name,
          secret.source,
          fact,
          {},
          consumers_of(stack, secret),
          restarted_in_place(stack, secret)};
}

std::size_t count_readers(const layout::Secret& secret, const git::Repository& repository) {
  const auto format = secrets::parse_source_format(secret.format);
  return format ? secrets::Readers(*format, repository.read_blob(secret.blob)).names().size() : 0;
}

// What did change where no value did, for people.
std::string why_same(const layout::Secret& before, const layout::Secret& after,
                     const git::Repository& repository) {
  if (before.mode != after.mode) return std::string(kMode) + before.mode + " -> " + after.mode;
  if (before.is_template() || after.is_template() || before.blob == after.blob) return "";
  try {
    const std::size_t was = count_readers(before, repository);
    const std::size_t is = count_readers(after, repository);
    if (is > was)
      return "re-encrypted for " + std::to_string(is - was) + " more " +
             (is - was == 1 ? "recipient" : "recipients");
    if (is < was)
      return "re-encrypted for " + std::to_string(was - is) + " fewer " +
             (was - is == 1 ? "recipient" : "recipients");
  } catch (const secrets::SecretError&) {
    // Then no more than that can be said.
  }
  return "";
}

// Why the stack changes; empty where nothing but the encryption is another.
std::string reason_of(const SecretChange& secret) {
  switch (secret.fact) {
    case Fact::added:
      return "secret + " + secret.name;
    case Fact::removed:
      return "secret - " + secret.name;
    case Fact::rotated:
      return "secret " + secret.name + " rotated";
    case Fact::same:
      return secret.detail.starts_with(kMode) ? "secret " + secret.name + ": " + secret.detail : "";
    case Fact::undecryptable:
      return "";
    case Fact::unknown:
      break;
  }
  return "secret " + secret.name + " may have changed";
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
        } else if (!is_unchanged(*old, secret)) {
          SecretChange change = describe(*pair.after, secret, judge(*old, secret, repository));
          if (change.fact == Fact::same) change.detail = why_same(*old, secret, repository);
          out.push_back(std::move(change));
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
    return change.fact != Fact::removed;  // a file with the same values may be closed to this host by now
  });
}

void restart_consumers(const std::vector<SecretChange>& secrets, const std::vector<StackPair>& pairs,
                       std::vector<StackChange>& changes) {
  for (const SecretChange& secret : secrets) {
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const auto& item) { return item.name == secret.stack; });
    if (pair == pairs.end() || !pair->after || !pair->before) continue;
    const std::string reason = reason_of(secret);
    if (reason.empty()) continue;
    auto change = std::find_if(changes.begin(), changes.end(),
                               [&](const auto& item) { return item.stack == secret.stack; });
    if (change == changes.end()) {
      changes.push_back({secret.stack, pair->after->style, Action::none, Action::none, {}, {}});
      change = changes.end() - 1;
    }
    const layout::Secret* entry = find_secret(*pair->after, secret.name);
    const bool restarts = secret.fact == Fact::rotated || secret.fact == Fact::unknown;
    const auto services = restarts && entry != nullptr ? restarted_by(*pair->after, *entry)
                                                       : std::map<std::string, std::string>{};
    for (const auto& [service, why] : services) {
      if (why.empty() || !is_recreated(change->services, service))
        mark(change->services, service, Action::restart, why.empty() ? reason : why);
    }
    if (!services.empty() && !secret.in_place && change->action != Action::restart) {
      settle_action(*change, *pair->after);
      change->action = Action::restart;
    }
    if (services.empty()) {
      change->reasons.push_back(reason);
      if (change->action == Action::none) change->action = Action::unit;
    }
    settle_action(*change, *pair->after);
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.stack < b.stack; });
}

}  // namespace hwcsync::plan
