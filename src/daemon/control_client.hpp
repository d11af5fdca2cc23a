#pragma once

#include "src/base/json.hpp"
#include "src/base/varlink_client.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace hwcsync::daemon {

// The daemon as the command line sees it. Blocking, one thread. What the daemon refuses for want of rights is
// a RefusedError (exit status 5); other errors are Error with the daemon's words.
class ControlClient {
 public:
  // Nothing when no daemon listens at `socket` (Settings::control_socket()).
  [[nodiscard]] static std::optional<ControlClient> connect(const std::string& socket);

  // The value of docs/formats.md, status.
  [[nodiscard]] Json status();
  // The last plan; null when none was made.
  [[nodiscard]] Json plan();
  [[nodiscard]] Json runs(std::size_t limit);
  void suspend(const std::string& reason);
  void resume();
  void retry(const std::string& revision);  // empty: the head
  void accept_rewrite(const std::string& revision);

  // Asks for a check and gives the last message, {"kind":"outcome","outcome":...,"exit_status":N,...};
  // `progress` sees the others as they come. Each message must come within `patience` of the one before.
  enum class Wait { for_outcome, for_request };
  [[nodiscard]] Json sync(Wait wait, const std::function<void(const Json&)>& progress,
                          std::chrono::milliseconds patience = std::chrono::hours(3));

 private:
  explicit ControlClient(VarlinkClient client) : client_(std::move(client)) {}
  Json call(const std::string& method, const Json& parameters);

  VarlinkClient client_;
};

}  // namespace hwcsync::daemon
