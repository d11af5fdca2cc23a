#pragma once

#include <optional>
#include <string>

namespace hwcsync::secrets {

// What a service serves, left in its runtime directory for the one that succeeds it before the next boot: in
// the middle of a run that is another generation than the running system names.
struct ServedRecord {
  std::string generation;  // served
  std::string recorded;    // what the running system named at that time; empty: nothing

  // The successor serves it as long as the system has not been switched since.
  [[nodiscard]] bool holds(const std::string& recorded_now) const { return recorded == recorded_now; }
};

// Two lines of <runtime_dir>/served. Throws SystemError.
void write_served(const std::string& runtime_dir, const ServedRecord& record);
// Nothing when it is not there or not well formed.
[[nodiscard]] std::optional<ServedRecord> read_served(const std::string& runtime_dir);

}  // namespace hwcsync::secrets
