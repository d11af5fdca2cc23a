#include "gitops/apply/health_gate.hpp"

#include "src/base/text.hpp"

#include <algorithm>
#include <map>

namespace hwcsync::apply {
namespace {

constexpr int kLogLines = 5;
constexpr std::size_t kEvidence = 3;       // ailments that get their log lines
constexpr std::int64_t kFlapsTooMany = 3;  // within one judgement

using Hope = Ailment::Hope;
using Containers = std::map<std::pair<std::int64_t, std::string>, ContainerStatus>;

Containers look(const WorkerContext& context, const std::vector<Account>& accounts) {
  Containers out;
  for (const Account& account : accounts) {
    for (ContainerStatus& one : context.containers.containers(account)) {
      out.emplace(std::make_pair(account.uid, one.name), std::move(one));
    }
  }
  return out;
}

// Judges again and again until well for the settle time, or beyond hope. `examine` gives the ailments of one
// look.
class Judgement {
 public:
  Judgement(const WorkerContext& context, const ActivationRecord& record)
      : context_(context), record_(record) {}
  virtual ~Judgement() = default;
  Judgement(const Judgement&) = delete;
  Judgement& operator=(const Judgement&) = delete;

  HealthReport judge(std::chrono::milliseconds timeout) {
    const auto began = context_.clock.steady_now();
    auto well_since = began;
    auto ill_since = began;
    for (;;) {
      auto ailments = try_to_examine();
      const auto now = context_.clock.steady_now();
      if (ailments.empty()) {
        if (now - well_since >= context_.health.settle) {
          if (auto last = final_look()) {
            ailments.push_back(std::move(*last));
          } else {
            return report_;
          }
        }
        ill_since = now;
      }
      if (!ailments.empty()) {
        well_since = now + context_.health.interval;
        const auto least =
            std::max_element(ailments.begin(), ailments.end(), [](const auto& a, const auto& b) {
              return a.hope < b.hope;
            })->hope;
        // A lost case gets the settle time once: a unit may be on its way back.
        if (least == Hope::none || (least == Hope::lost && now - ill_since >= context_.health.settle) ||
            now - began >= timeout) {
          return give_up(std::move(ailments));
        }
      }
      context_.clock.sleep_for(context_.health.interval);
    }
  }

 protected:
  virtual std::vector<Ailment> examine() = 0;
  virtual std::optional<Ailment> final_look() { return std::nullopt; }

  void add_failed_units(std::vector<Ailment>& out) const {
    for (const std::string& unit : newly_failed(context_, record_)) {
      const std::string subject = "unit " + unit;
      const bool told =
          std::any_of(out.begin(), out.end(), [&](const Ailment& one) { return one.subject == subject; });
      if (told) continue;
      out.push_back({.stack = {}, .subject = subject, .what = "failed", .hope = Hope::lost, .log = {}});
    }
  }

  const WorkerContext& context_;
  const ActivationRecord& record_;
  HealthReport report_;
  std::map<std::string, Account> owners_;  // "container NAME" -> whose it is, for its log

 private:
  // A look that failed is no look: podman or systemd may be busy with what the switch has just started.
  std::vector<Ailment> try_to_examine() {
    try {
      return examine();
    } catch (const Error& e) {
      return {{.stack = {},
               .subject = "the health check",
               .what = "could not look: " + std::string(e.what()),
               .hope = Hope::pending,
               .log = {}}};
    }
  }

  HealthReport give_up(std::vector<Ailment> ailments) {
    for (std::size_t i = 0; i < ailments.size() && i < kEvidence; ++i) {
      if (ailments[i].log.empty()) ailments[i].log = log_of(ailments[i]);
    }
    report_.ailments = std::move(ailments);
    return report_;
  }

  // The log is a courtesy: that it cannot be read must not hide why we ask for it.
  std::vector<std::string> log_of(const Ailment& ailment) const {
    try {
      if (ailment.subject.rfind("unit ", 0) == 0)
        return context_.system.log_tail(ailment.subject.substr(5), kLogLines);
      const auto owner = owners_.find(ailment.subject);
      if (owner == owners_.end()) return {};
      return context_.containers.log_tail(owner->second, ailment.subject.substr(10), kLogLines);
    } catch (const Error&) {
      return {};
    }
  }
};

// Is the new system well?
class Gate final : public Judgement {
 public:
  using Judgement::Judgement;

 protected:
  std::vector<Ailment> examine() override {
    std::vector<Ailment> out;
    const Containers containers = look(context_, record_.accounts);
    report_.containers = 0;
    report_.probes = 0;
    for (const TouchedStack& stack : record_.touched) {
      for (const std::string& name : stack.containers) add_container(out, stack, name, containers);
      for (const auto& [prefix, wanted] : stack.replicas)
        add_replicas(out, stack, prefix, wanted, containers);
    }
    for (const TouchedStack& stack : record_.touched) {
      for (const std::string& unit : stack.units) add_unit(out, stack, unit);
    }
    add_failed_units(out);
    if (out.empty()) {
      for (const TouchedStack& stack : record_.touched) add_probes(out, stack);
    }
    return out;
  }

  std::optional<Ailment> final_look() override {
    if (context_.remote_check == RemoteCheck::skipped || !record_.baseline.remote_reachable)
      return std::nullopt;
    auto trouble = context_.prober.reach_remote();
    if (!trouble) return std::nullopt;
    return Ailment{.stack = {},
                   .subject = "the Git remote",
                   .what = "cannot be reached any more: " + *trouble,
                   .hope = Hope::pending,
                   .log = {}};
  }

 private:
  // All containers of a service that has several, by what their names begin with.
  void add_replicas(std::vector<Ailment>& out, const TouchedStack& stack, const std::string& prefix,
                    std::int64_t wanted, const Containers& containers) {
    std::int64_t found = 0;
    for (const auto& [key, status] : containers) {
      const bool ours = key.first == stack.account.uid && status.stack == stack.name &&
                        key.second.size() > prefix.size() && key.second.starts_with(prefix) &&
                        key.second.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
      if (!ours) continue;
      ++found;
      add_container(out, stack, key.second, containers);
    }
    if (found >= wanted) return;
    out.push_back({.stack = stack.name,
                   .subject = "service " + prefix.substr(0, prefix.size() - 1),
                   .what = "has " + std::to_string(found) + " of " + std::to_string(wanted) + " containers",
                   .hope = Hope::pending,
                   .log = {}});
  }

  // By its own name, or by what the names of a service's several containers begin with.
  static bool may_end(const TouchedStack& stack, const std::string& name) {
    return stack.completing.count(name) != 0 ||
           stack.completing.count(name.substr(0, name.rfind('-') + 1)) != 0;
  }

  void add_container(std::vector<Ailment>& out, const TouchedStack& stack, const std::string& name,
                     const Containers& containers) {
    ++report_.containers;
    Ailment ailment{
        .stack = stack.name, .subject = "container " + name, .what = {}, .hope = Hope::pending, .log = {}};
    owners_[ailment.subject] = stack.account;
    const auto found = containers.find({stack.account.uid, name});
    if (found == containers.end()) {
      ailment.what = "is not there";
    } else {
      const ContainerStatus& now = found->second;
      const std::int64_t flaps = count_flaps(ailment.subject, now);
      if (now.state == "exited" && now.exit_code == 0 && may_end(stack, name)) return;
      const std::string times =
          flaps > 0 ? ", restarted " + count_of(static_cast<std::size_t>(flaps), "time") + " meanwhile" : "";
      if (now.state == "exited") {
        ailment.what = "exited with " + std::to_string(now.exit_code) + times;
        ailment.hope = Hope::lost;
      } else if (now.state != "running") {
        ailment.what = "is " + now.state + times;
      } else if (now.health == "unhealthy" || now.health == "starting") {
        ailment.what = (now.health == "starting" ? "is still starting" : "is unhealthy") + times;
      } else if (flaps > judged_flaps_[ailment.subject]) {
        ailment.what = "does not stay up" + times;
      }
      judged_flaps_[ailment.subject] = flaps;
      if (flaps >= kFlapsTooMany && !ailment.what.empty()) ailment.hope = Hope::none;
    }
    if (!ailment.what.empty()) out.push_back(std::move(ailment));
  }

  void add_unit(std::vector<Ailment>& out, const TouchedStack& stack, const std::string& name) {
    Ailment ailment{
        .stack = stack.name, .subject = "unit " + name, .what = {}, .hope = Hope::pending, .log = {}};
    const auto status = context_.system.unit(name);
    if (!status) {
      ailment.what = "is not known to systemd";
    } else if (status->active == "failed") {
      // Whatever it was before: the baseline excuses only what is not ours to deploy.
      ailment.what = "failed";
      ailment.hope = Hope::lost;
    } else if (status->sub == "auto-restart") {
      ailment.what = "is being restarted after " + status->result;
    } else if (status->busy()) {
      ailment.what = "is " + status->active;
    } else if (status->active != "active") {
      ailment.what =
          status->result == "dependency" ? "was not started: a dependency failed" : "is " + status->active;
    } else if (status->reload_failed()) {
      // Still active, with what it had before: the new revision is not what runs.
      ailment.what = "could not reload: " + status->reload_result;
      ailment.hope = Hope::lost;
    }
    if (!ailment.what.empty()) out.push_back(std::move(ailment));
  }

  void add_probes(std::vector<Ailment>& out, const TouchedStack& stack) {
    for (const stack::Probe& probe : stack.probes) {
      ++report_.probes;
      if (auto trouble = context_.prober.probe(probe)) {
        out.push_back({.stack = stack.name,
                       .subject = "probe " + probe_name(probe),
                       .what = "did not answer: " + trouble->what,
                       .hope = Hope::pending,
                       .log = std::move(trouble->output)});
      }
    }
  }

  // How often it started anew since our first look, by podman's own count or by a new start time: a container
  // that systemd restarts is a new one each time, with a count of nothing.
  std::int64_t count_flaps(const std::string& subject, const ContainerStatus& now) {
    const auto [seen, fresh] = seen_.emplace(subject, Seen{now.restarts, now.started_at, 0});
    Seen& past = seen->second;
    if (!fresh && now.started_at != past.started_at) ++past.starts;
    past.started_at = now.started_at;
    return std::max(past.starts, now.restarts - past.restarts);
  }

  struct Seen {
    std::int64_t restarts = 0;
    std::string started_at;
    std::int64_t starts = 0;
  };
  std::map<std::string, Seen> seen_;
  std::map<std::string, std::int64_t> judged_flaps_;
};

// Is everything as it was before?
class Return final : public Judgement {
 public:
  using Judgement::Judgement;

 protected:
  std::vector<Ailment> examine() override {
    std::vector<Ailment> out;
    const Containers containers = look(context_, record_.accounts);
    report_.containers = 0;
    for (const ContainerStatus& before : record_.baseline.containers) {
      if (before.state != "running") continue;
      ++report_.containers;
      Ailment ailment{.stack = before.stack,
                      .subject = "container " + before.name,
                      .what = {},
                      .hope = Hope::pending,
                      .log = {}};
      owners_[ailment.subject] = before.account;
      const auto now = containers.find({before.account.uid, before.name});
      if (now == containers.end()) {
        ailment.what = "did not come back";
      } else if (now->second.state != "running") {
        ailment.what = "is " + now->second.state;
      } else if (before.health == "healthy" && now->second.health != "healthy") {
        ailment.what = "is " + now->second.health;
      }
      if (!ailment.what.empty()) out.push_back(std::move(ailment));
    }
    add_failed_units(out);
    return out;
  }
};

std::chrono::milliseconds longest_timeout(const WorkerContext& context, const ActivationRecord& record) {
  auto timeout = context.health.timeout;
  for (const TouchedStack& stack : record.touched) timeout = std::max(timeout, stack.timeout);
  return timeout + context.health.settle;
}

}  // namespace

std::string HealthReport::reason() const {
  if (ailments.empty()) return {};
  const Ailment& first = ailments.front();
  std::string out = first.stack.empty() ? first.to_string() : first.stack + ": " + first.to_string();
  if (ailments.size() > 1) out += "\nand " + std::to_string(ailments.size() - 1) + " more:";
  for (std::size_t i = 1; i < ailments.size() && i < kEvidence; ++i) out += "\n  " + ailments[i].to_string();
  return out;
}

std::string HealthReport::evidence() const {
  std::string out;
  for (const Ailment& one : ailments) {
    if (one.log.empty()) continue;
    out += one.to_string() + '\n';
    for (const std::string& line : one.log) out += "  | " + line + '\n';
  }
  return out;
}

std::vector<std::string> newly_failed(const WorkerContext& context, const ActivationRecord& record) {
  const auto& before = record.baseline.failed_units;
  std::vector<std::string> out;
  for (std::string& unit : context.system.failed_units()) {
    if (std::find(before.begin(), before.end(), unit) == before.end()) out.push_back(std::move(unit));
  }
  return out;
}

HealthReport judge_health(const WorkerContext& context, const ActivationRecord& record) {
  return Gate(context, record).judge(longest_timeout(context, record));
}

HealthReport judge_return(const WorkerContext& context, const ActivationRecord& record) {
  return Return(context, record).judge(longest_timeout(context, record));
}

}  // namespace hwcsync::apply
