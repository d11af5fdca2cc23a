#pragma once

#include "src/base/fd.hpp"
#include "src/base/varlink.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace hwcsync {

// A blocking client for one connection. One thread at a time.
class VarlinkClient {
 public:
  // Throws SystemError "cannot connect to PATH" (ENOENT or ECONNREFUSED when no one listens).
  [[nodiscard]] static VarlinkClient connect(const std::string& path, std::size_t message_limit = 64U << 20U);
  // A connected stream socket.
  explicit VarlinkClient(Fd connection, std::size_t message_limit = 64U << 20U);

  // One call, one reply: its parameters. Throws VarlinkError for an error reply and Error when nothing came
  // in time or the connection broke; after the latter two the connection is closed.
  Json call(const std::string& method, const Json& parameters, std::chrono::milliseconds deadline);

  // A call with `more`: hands on each reply until the last one, or until `reply` gives false (the connection
  // is then closed, which ends the stream). The deadline counts anew for each reply.
  enum class Next { go_on, stop };
  void call_more(const std::string& method, const Json& parameters, std::chrono::milliseconds deadline,
                 const std::function<Next(const Json&)>& reply);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  void send(const Json& message, Deadline deadline);
  Json receive(Deadline deadline);
  void wait(short events, Deadline deadline);

  Fd fd_;
  MessageReader reader_;
};

}  // namespace hwcsync
