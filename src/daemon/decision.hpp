#pragma once

#include "gitops/source/object_id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::daemon {

// How the head of the branch stands to what was deployed last.
enum class Line {
  first,      // nothing was deployed yet
  same,       // it is the deployed revision
  descends,   // a fast-forward
  rewritten,  // the deployed revision is not among its ancestors
};

// A verdict that was reached by planning. It holds for this revision over this deployed one, so that the same
// bad commit is judged once and not with every poll.
struct PlanVerdict {
  git::ObjectId revision;
  std::optional<git::ObjectId> deployed;
  std::string code;
  std::string reason;
};

// All that the decision depends on, as a value.
struct Situation {
  std::string branch;
  std::optional<git::ObjectId> head;      // none: the remote has no such branch
  std::optional<git::ObjectId> deployed;  // none: nothing yet
  Line line = Line::first;
  std::optional<std::string> under_way;    // what the machine is busy with: "run 12"
  std::optional<git::ObjectId> applying;   // its target, when that is a revision
  std::optional<std::string> halted;       // why nothing may be done before a person acted
  std::optional<std::string> suspended;    // reason that a person gave
  std::optional<std::string> staged;       // this head starts with the next boot
  bool other_boots = false;                // another revision's system starts with the next boot
  std::optional<std::string> quarantined;  // why this head is not tried again
  std::optional<PlanVerdict> verdict;      // the last one
  std::optional<std::string> backing_off;  // why this head is tried again only later
  std::optional<git::ObjectId> retry;      // a person asked to try this revision again
  std::optional<git::ObjectId> accepted;   // a person accepted this revision although history was rewritten
};

struct Decision {
  enum class Kind {
    nothing,  // all is as it should be
    plan,     // make the plan for `revision` and apply it
    refuse,   // the head is not deployed, and `reason` says why not
    wait,     // `revision` comes after the run under way, which it replaces when that has not begun to switch
  };
  Kind kind = Kind::nothing;
  std::string
      code;  // one word: "up-to-date", "applying", "no-branch", "halted", "suspended", "rewritten", ...
  std::string reason;  // for people
  std::optional<git::ObjectId> revision;
};

[[nodiscard]] std::string_view decision_name(Decision::Kind kind);

// What to do about the head of the branch. Pure; the guards in their order.
[[nodiscard]] Decision decide(const Situation& situation);

}  // namespace hwcsync::daemon
