#include "gitops/plan/plan.hpp"

#include "gitops/lint/lint.hpp"
#include "gitops/plan/guards.hpp"
#include "gitops/plan/neighbours.hpp"
#include "gitops/plan/paths.hpp"
#include "gitops/plan/secrets.hpp"
#include "gitops/plan/services.hpp"
#include "gitops/plan/settings.hpp"
#include "gitops/plan/shared_files.hpp"
#include "gitops/plan/stacks.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace hwcsync::plan {
namespace {

// One side of the comparison: the repository's configuration, as far as it can be read.
struct Side {
  std::optional<git::GitTree> tree;
  std::shared_ptr<const stack::RepositoryConfig> config;  // one for both where the file is the same
  const stack::Host* host = nullptr;
};

Side side_of(git::GitTree tree, std::shared_ptr<const stack::RepositoryConfig> config,
             const std::string& host) {
  Side out;
  out.tree.emplace(std::move(tree));
  out.config = std::move(config);
  const auto found = out.config->hosts.find(host);
  if (found != out.config->hosts.end()) out.host = &found->second;
  return out;
}

// The deployed side may no longer parse (an older schema, a repaired file): then its files are all that is
// compared.
Side open_base(git::GitTree tree, const Side& after, const std::string& host,
               layout::LoadCounters& counters) {
  const auto blob = tree.blob_id(stack::kRepositoryFile);
  if (blob && blob == after.tree->blob_id(stack::kRepositoryFile)) {
    return side_of(std::move(tree), after.config, host);
  }
  try {
    ++counters.repository_files;
    auto config = std::make_shared<const stack::RepositoryConfig>(
        stack::read_repository_config(tree, stack::Rules::passed_over));
    return side_of(std::move(tree), std::move(config), host);
  } catch (const ConfigError&) {
    Side out;
    out.tree.emplace(std::move(tree));
    return out;
  }
}

// Anything in hwcsync.yaml that may reach into stacks: then all stacks are read, and compared by what they
// say.
bool resolves_alike(const Side& before, const Side& after) {
  if (!before.config || before.host == nullptr) return false;
  const stack::RepositoryConfig& a = *before.config;
  const stack::RepositoryConfig& b = *after.config;
  const auto users = [](const stack::Host& host) {
    std::string text;
    for (const auto& [name, user] : host.users) {
      text += name + '=' + std::to_string(user.uid) + ':' + std::to_string(user.gid) + ':' +
              std::to_string(user.sub_ids) + ':' + user.home + ' ';
      if (user.storage) text += user.storage->driver + ':' + user.storage->path + ' ';
    }
    return text;
  };
  return a.stacks == b.stacks && a.secrets == b.secrets && a.variables == b.variables &&
         a.defaults.style == b.defaults.style && a.defaults.user == b.defaults.user &&
         a.defaults.timezone == b.defaults.timezone && before.host->variables == after.host->variables &&
         before.host->firewall == after.host->firewall && before.host->nixpkgs == after.host->nixpkgs &&
         users(*before.host) == users(*after.host);
}

bool same_host_settings(const stack::Host& a, const stack::Host& b) {
  const auto same_user = [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.uid == y.second.uid && x.second.gid == y.second.gid &&
           x.second.sub_ids == y.second.sub_ids && x.second.home == y.second.home &&
           x.second.storage == y.second.storage;
  };
  const bool users = std::equal(a.users.begin(), a.users.end(), b.users.begin(), b.users.end(), same_user);
  return users && a.nixpkgs == b.nixpkgs && a.flake == b.flake && a.file == b.file && a.podman == b.podman &&
         a.firewall == b.firewall && a.hostname == b.hostname;
}

class Maker {
 public:
  explicit Maker(const Inputs& inputs) : in_(inputs), repository_(*inputs.repository) {
    plan_.host = in_.host;
    plan_.from = in_.from;
    plan_.to = in_.to;
  }

  Plan make() {
    open_after();
    if (in_.from) before_ = open_base(repository_.tree(*in_.from), after_, in_.host, plan_.counters);
    now_ = names_of(after_);
    was_ = names_of(before_);
    plan_.commits = repository_.commits_between(in_.from, *in_.to, 100);
    plan_.stacks_total = after_.host->stacks.size();
    classify_changes();
    load_touched();
    settle_paths();
    for (const StackPair& pair : pairs_) {
      StackChange change = compare_stack(pair);
      if (before_.host != nullptr)
        count_release(change, pair, stack::Release(before_.host->nixpkgs),
                      stack::Release(after_.host->nixpkgs));
      if (change.action != Action::none || !change.reasons.empty())
        plan_.changes.push_back(std::move(change));
    }
    plan_.secrets = compare_secrets(pairs_, repository_);
    ask_facts();
    restart_consumers(plan_.secrets, pairs_, plan_.changes);
    plan_.refusals = check_guards({!in_.from || before_.config, before_.host, after_.host, &in_.host,
                                   &in_.machine, &pairs_, &plan_.secrets, &in_.acks});
    refuse_errors();
    settle_neighbours();
    measure();
    plan_.id = identify();
    return std::move(plan_);
  }

 private:
  using Names = std::set<std::string, std::less<>>;

  void open_after() {
    git::GitTree tree = repository_.tree(*in_.to);
    auto config = in_.config;
    if (!config) {
      ++plan_.counters.repository_files;
      config = std::make_shared<const stack::RepositoryConfig>(stack::read_repository_config(tree));
    }
    after_ = side_of(std::move(tree), std::move(config), in_.host);
    (void)stack::find_host(*after_.config, in_.host);
  }

  static Names names_of(const Side& side) {
    if (side.host == nullptr) return {};
    return {side.host->stacks.begin(), side.host->stacks.end()};
  }

  void classify_changes() {
    const auto changes = repository_.diff(in_.from, *in_.to);
    paths_ = classify_all(changes, *after_.config, *after_.tree);
    const ClassifiedPaths& paths = paths_;
    const auto& now = after_.host->stacks;
    const bool all = paths.config && !resolves_alike(before_, after_);
    for (const auto* list : {&now_, &was_}) {
      for (const std::string& name : *list) {
        const bool moved = now_.count(name) != was_.count(name);
        if (all || moved || !in_.from || paths.stacks.count(name) != 0) touched_.insert(name);
      }
    }
    for (const git::ChangedPath& secret : paths.secrets) {
      const std::string file = secret.path.substr(secret.path.rfind('/') + 1);
      for (const std::string& name : stacks_naming(file, now, *after_.config, *after_.tree))
        touched_.insert(name);
    }
    if (in_.from) touch_users_of_shared_files(changes);
  }

  // Stacks whose own files are as they were, but not a file elsewhere that they bring in.
  void touch_users_of_shared_files(const std::vector<git::ChangedPath>& changes) {
    shared_ = shared_candidates(changes, *after_.config, after_.host->stacks, repository_);
    if (shared_.empty()) return;
    const bool all = variables_reach_outside(*after_.config, *after_.host);
    for (const std::string& name : after_.host->stacks) {
      const std::string directory = after_.config->stacks + '/' + name;
      if (touched_.count(name) != 0 || (!all && !reaches_outside(*after_.tree, directory))) continue;
      try {
        layout::Stack stack =
            layout::load_stack(*after_.tree, *after_.config, *after_.host, name, plan_.counters);
        if (used_files(stack, shared_).empty()) continue;
        probed_.emplace(name, std::move(stack));
      } catch (
          const ConfigError&) {  // a file that it needs is gone: told when the stack is read as a touched one
      }
      touched_.insert(name);
    }
  }

  // The class of each path. A shared file that some stack was made from, on either side, is that stack's.
  void settle_paths() {
    std::set<std::string> claimed;
    for (const StackPair& pair : pairs_) {
      for (const auto* side : {&pair.before, &pair.after}) {
        if (!*side) continue;
        for (std::string& path : used_files(**side, shared_)) claimed.insert(std::move(path));
      }
    }
    for (const std::string& path : claimed) {
      const PathClass kind = classify(path, *after_.config);
      if (kind != PathClass::stack) ++paths_.stack_paths;
      if (kind == PathClass::doc && paths_.docs > 0) --paths_.docs;
    }
    std::erase_if(paths_.secrets, [&](const git::ChangedPath& one) { return claimed.count(one.path) != 0; });
    std::erase_if(paths_.host, [&](const std::string& path) { return claimed.count(path) != 0; });
    plan_.paths = {paths_.stack_paths, paths_.secrets.size(), paths_.docs, paths_.host.size()};
    for (const std::string& path : paths_.host) plan_.host_paths.push_back(printable(path));
    if (paths_.config && before_.host != nullptr && !same_host_settings(*before_.host, *after_.host)) {
      plan_.host_paths.emplace_back(stack::kRepositoryFile);
    }
    plan_.host_change = in_.from.has_value() && !plan_.host_paths.empty();
  }

  void load_touched() {
    for (const std::string& name : touched_) {
      StackPair pair;
      pair.name = name;
      if (was_.count(name) != 0) {
        try {
          pair.before = layout::load_stack(*before_.tree, *before_.config, *before_.host, name,
                                           plan_.counters, layout::Limits::deployed);
          pair.was_open = layout::open_ports(*pair.before, *before_.host);
        } catch (const ConfigError&) {
          pair.before_unreadable = true;
        }
      } else if (in_.from && before_.host == nullptr && !before_.config) {
        pair.before_unreadable = true;
      }
      if (now_.count(name) != 0) {
        const auto probed = probed_.find(name);
        pair.after = probed != probed_.end() ? std::move(probed->second)
                                             : layout::load_stack(*after_.tree, *after_.config, *after_.host,
                                                                  name, plan_.counters);
        pair.opens = layout::open_ports(*pair.after, *after_.host);
        for (lint::Finding& finding : lint::lint_stack(*pair.after, *after_.config)) {
          plan_.findings.push_back(std::move(finding));
        }
      }
      pairs_.push_back(std::move(pair));
    }
  }

  // What the policy calls an error is one: whoever has a reason writes it under lint.ignore in stack.yaml.
  void refuse_errors() {
    for (const lint::Finding& finding : plan_.findings) {
      if (finding.severity != stack::Severity::error) continue;
      plan_.refusals.push_back(
          {"lint", finding.where.to_string() + ": " + finding.rule + ": " + finding.message, ""});
    }
  }

  void settle_neighbours() {
    Neighbours found = look_around(pairs_, *after_.tree, *after_.config, in_.host, plan_.counters);
    for (Refusal& refusal : found.refusals) plan_.refusals.push_back(std::move(refusal));
    merge_changes(plan_.changes, found.changes, pairs_);
    for (StackPair& pair : found.pairs) pairs_.push_back(std::move(pair));
  }

  void ask_facts() {
    if (!in_.facts || !needs_facts(plan_.secrets)) return;
    layout::DesiredState partial{in_.host, *after_.config, *after_.host, {}};
    std::map<std::string, std::string> ciphertexts;
    for (const StackPair& pair : pairs_) {
      if (!pair.after) continue;
      partial.stacks.emplace(pair.name, *pair.after);
      for (const layout::Secret& secret : pair.after->secrets) {
        if (!secret.is_template()) ciphertexts.emplace(secret.blob, repository_.read_blob(secret.blob));
      }
    }
    plan_.secrets = in_.facts(std::move(plan_.secrets), partial.manifest_json(), ciphertexts);
  }

  const StackPair& pair(const std::string& name) const {
    return *std::find_if(pairs_.begin(), pairs_.end(),
                         [&](const StackPair& item) { return item.name == name; });
  }

  // An image that is built is named after what it is made from.
  // Another user, or another place, has none of those that were there.
  static bool has_image(const StackPair& both, const std::string& image) {
    if (!both.before || both.before->user != both.after->user || is_moved(*both.before, *both.after))
      return false;
    const auto& services = both.before->project.services;
    return std::any_of(services.begin(), services.end(),
                       [&](const auto& service) { return service.second.image == image; });
  }

  // The blast radius: what restarts, what is to be pulled, which ports and directories.
  void measure() {
    std::set<std::string> images;
    std::set<std::int64_t> opened;
    std::set<std::int64_t> closed;
    for (const StackChange& change : plan_.changes) {
      const StackPair& both = pair(change.stack);
      for (const ServiceChange& service : change.services) {
        if (service.action == Action::restart) ++plan_.containers_restarted;
        if (service.action == Action::create) ++plan_.containers_started;
        if (both.after && service.action != Action::remove) {
          const auto& wanted = both.after->project.services.at(service.service);
          if (!wanted.build) {
            images.insert(wanted.image);
          } else if (!has_image(both, wanted.image)) {
            plan_.builds.push_back(change.stack + '/' + service.service);
          }
        }
      }
      measure_firewall(both, opened, closed);
    }
    // A port that moves from one stack to another stays as it is.
    for (auto port = opened.begin(); port != opened.end();) {
      port = closed.erase(*port) != 0 ? opened.erase(port) : std::next(port);
    }
    plan_.images.assign(images.begin(), images.end());
    plan_.ports_opened.assign(opened.begin(), opened.end());
    plan_.ports_closed.assign(closed.begin(), closed.end());
  }

  void measure_firewall(const StackPair& both, std::set<std::int64_t>& opened,
                        std::set<std::int64_t>& closed) {
    const auto& was = both.was_open.tcp;
    const auto& now = both.opens.tcp;
    for (const auto port : now) {
      if (std::find(was.begin(), was.end(), port) == was.end()) opened.insert(port);
    }
    for (const auto port : was) {
      if (std::find(now.begin(), now.end(), port) == now.end()) closed.insert(port);
    }
    if (!both.after) return;
    for (const stack::Directory& directory : both.after->config.prepare.directories) {
      const auto same = [&](const stack::Directory& item) { return item.path == directory.path; };
      const bool known = both.before && std::any_of(both.before->config.prepare.directories.begin(),
                                                    both.before->config.prepare.directories.end(), same);
      if (!known)
        plan_.directories.push_back(directory.path +
                                    (directory.owner.empty() ? "" : " (" + directory.owner + ")"));
    }
  }

  // Whatever the plan was made from: when any of it moves, so does the id, and `apply --plan` refuses.
  std::string identify() const {
    Sha256 hash;
    hash.add("plan 1").add(in_.host).add(in_.from ? in_.from->hex() : "").add(in_.to->hex());
    for (const SecretChange& secret : plan_.secrets) {
      hash.add(secret.stack).add(secret.name).add(fact_name(secret.fact));
    }
    for (const auto& [rule, severity] : after_.config->policy) hash.add(rule).add(severity);
    return hash.hex().substr(0, 16);
  }

  const Inputs& in_;
  const git::Repository& repository_;
  Plan plan_;
  Side before_;
  Side after_;
  Names was_;  // the stacks of the host on each side
  Names now_;
  ClassifiedPaths paths_;
  std::set<std::string> shared_;                 // changed files that are in no stack's directory
  std::map<std::string, layout::Stack> probed_;  // read to see whether a shared file is theirs
  std::set<std::string> touched_;
  std::vector<StackPair> pairs_;
};

}  // namespace

Plan make_plan(const Inputs& inputs) {
  return Maker(inputs).make();
}

}  // namespace hwcsync::plan
