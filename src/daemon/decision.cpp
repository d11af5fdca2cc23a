#include "src/daemon/decision.hpp"

namespace hwcsync::daemon {
namespace {

using Kind = Decision::Kind;

std::string rewritten_reason(const Situation& s) {
  return s.branch + " was rewritten: " + s.head->shortened() + " does not contain the deployed " +
         s.deployed->shortened() + "; to accept it: hwcsync accept-rewrite " + s.head->shortened();
}

// The guards that keep a head from being deployed; nothing when it may.
std::optional<Decision> refusal(const Situation& s) {
  const bool retry = s.retry == s.head;
  if (s.halted) return Decision{Kind::refuse, "halted", *s.halted, s.head};
  if (s.suspended) {
    return Decision{Kind::refuse, "suspended", "suspended: " + *s.suspended + "; to go on: hwcsync resume",
                    s.head};
  }
  if (s.line == Line::rewritten && s.accepted != s.head) {
    return Decision{Kind::refuse, "rewritten", rewritten_reason(s), s.head};
  }
  if (s.quarantined && !retry) {
    return Decision{Kind::refuse, "quarantined",
                    *s.quarantined + "; not tried again until a new commit or: hwcsync retry", s.head};
  }
  if (s.verdict && !retry && s.verdict->revision == *s.head && s.verdict->deployed == s.deployed) {
    return Decision{Kind::refuse, s.verdict->code, s.verdict->reason, s.head};
  }
  return std::nullopt;
}

}  // namespace

std::string_view decision_name(Decision::Kind kind) {
  switch (kind) {
    case Kind::nothing:
      return "nothing";
    case Kind::plan:
      return "plan";
    case Kind::refuse:
      return "refuse";
    case Kind::wait:
      return "wait";
  }
  return "nothing";
}

Decision decide(const Situation& s) {
  if (!s.head) {
    return {Kind::refuse, "no-branch", "the remote has no branch " + s.branch, std::nullopt};
  }
  if (s.applying == s.head) {
    return {Kind::nothing, "applying",
            s.head->shortened() + " is being applied by " + s.under_way.value_or("a run"), s.head};
  }
  // A head that went back to the deployed revision asks for nothing, unless a run is about to leave that
  // revision.
  if (s.line == Line::same && !s.under_way && !s.other_boots) {
    return {Kind::nothing, "up-to-date", s.head->shortened() + " is deployed", s.head};
  }
  if (auto refused = refusal(s)) return *refused;
  if (s.under_way) {
    return {Kind::wait, "waiting", s.head->shortened() + " comes after " + *s.under_way, s.head};
  }
  if (s.staged && s.retry != s.head) return {Kind::nothing, "staged", *s.staged, s.head};
  if (s.backing_off && s.retry != s.head) return {Kind::nothing, "backing-off", *s.backing_off, s.head};
  return {Kind::plan, "new", s.head->shortened() + " is new", s.head};
}

}  // namespace hwcsync::daemon
