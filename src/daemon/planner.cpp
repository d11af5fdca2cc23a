#include "gitops/plan/plan.hpp"
#include "src/daemon/checker.hpp"

#include <array>

#include <unistd.h>

namespace hwcsync::daemon {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("cannot read", "the hostname");
  const std::string full = name.data();
  return full.substr(0, full.find('.'));
}

}  // namespace

PlannedRevision plan_revision(const git::Repository& mirror, const std::string& host,
                              const std::optional<git::ObjectId>& from, const git::ObjectId& to) {
  // Facts are left to the worker: here every changed secret counts as rotated, which changes what restarts
  // and not whether there is something to do.
  const plan::Plan plan = plan::make_plan({.repository = &mirror,
                                           .host = host,
                                           .from = from,
                                           .to = to,
                                           .machine = machine_name(),
                                           .acks = {},
                                           .facts = {}});
  PlannedRevision out{.id = plan.id, .json = plan::to_json(plan), .stacks_parsed = plan.counters.stacks};
  for (const plan::Refusal& refusal : plan.refusals) {
    if (!out.refusal_code.empty()) break;
    out.refusal_code = refusal.code;
    out.refusal = refusal.message;
    if (!refusal.ack.empty()) {
      out.refusal += "; to go on: hwcsync apply --to " + to.shortened() + " --ack " + refusal.ack;
    }
  }
  return out;
}

}  // namespace hwcsync::daemon
