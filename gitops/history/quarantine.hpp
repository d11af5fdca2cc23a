#pragma once

#include "gitops/history/database.hpp"

#include <optional>
#include <string>

namespace hwcsync::history {

// Why a revision is not tried again by itself.
struct Quarantine {
  RunId run = 0;       // that put it there
  std::string reason;  // "rolled back by run 117: paperless is unhealthy"
};

// A revision is quarantined when its last run that meant anything failed for good, was rolled back, or was
// left by a manual rollback. Busy, cancelled and transient ends say nothing about the revision; a request of
// kind "retry" lifts the quarantine until that run has ended. A full id.
[[nodiscard]] std::optional<Quarantine> quarantine_of(const Database& database, const std::string& revision);

[[nodiscard]] inline bool is_quarantined(const Database& database, const std::string& revision) {
  return quarantine_of(database, revision).has_value();
}

}  // namespace hwcsync::history
