#pragma once

#include "gitops/history/run_directory.hpp"

#include <cstdint>
#include <string>

namespace hwcsync::history {

// One run as history shows it. Everything here comes from the run's directory, so that the database can be
// made anew.
struct RunRow {
  RunId id = 0;
  std::string host;
  std::string from_rev;
  std::string to_rev;
  std::string summary;  // first line of the newest commit
  std::string author;
  std::string trigger;  // "push", "poll", ...
  std::string who;
  std::string operation;  // "apply" | "rollback"
  std::string state;      // the last state, "committed", "switching", ...; "requested" before the first line
  std::string code;       // of the outcome
  std::string reason;
  bool transient = false;       // the outcome may change by itself
  std::string started;          // RFC 3339; empty: not yet
  std::string ended;            // empty: not yet
  Json phases = Json::array();  // [{"state":"built","ms":1200}]: how long until the next state
  std::string store_path;
  std::string generated;
  std::string secrets_generation;

  [[nodiscard]] bool ended_well() const;  // committed, unchanged or staged
  bool operator==(const RunRow&) const = default;
};

// Reads request, plan and journal of a run. A part that is not there leaves its fields empty.
[[nodiscard]] RunRow row_of(const RunDirectory& run);

}  // namespace hwcsync::history
