#pragma once

#include "src/base/json.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace hwcsync::history {

// Decimal, increasing, never used twice.
using RunId = std::int64_t;

enum class Operation { apply, rollback };

// Who or what asked for a run. kind: "push", "poll", "webhook", "manual", "sync", "retry" or "rollback".
struct RunTrigger {
  std::string kind = "manual";
  std::string who;
};

// <run>/request.json, version 1: all that a worker is told.
struct Request {
  RunId id = 0;  // given by RunDirectory::allocate
  std::string host;
  std::string
      from;        // the deployed revision that the asker saw; empty: whatever it is. When it moved: refused
  std::string to;  // a revision as Git writes it; empty only for a rollback to the last good run
  std::string plan;  // id of the plan that was approved; empty: none
  RunTrigger trigger;
  std::set<std::string> acks;
  Operation operation = Operation::apply;
  std::optional<RunId> target_run;  // of a rollback
};

[[nodiscard]] Json to_json(const Request& request);
// Throws Error that names what is missing. Unknown keys are left alone: a newer version may have written
// them.
[[nodiscard]] Request request_from_json(const Json& value);

}  // namespace hwcsync::history
