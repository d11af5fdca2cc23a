#pragma once

#include "src/base/event_loop.hpp"
#include "src/base/fd.hpp"
#include "src/base/varlink.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace hwcsync {

// Who calls, as the kernel knew it when the connection was made (SO_PEERCRED).
struct VarlinkPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

struct VarlinkCall {
  std::string method;  // full name
  VarlinkPeer peer;
  bool more = false;  // the caller takes more than one reply
};

class VarlinkConnection;

// The replies of a call that is answered bit by bit. Outlives the handler and the connection: sending to a
// client that has gone does nothing. Same thread as the server.
class VarlinkStream {
 public:
  explicit VarlinkStream(std::weak_ptr<VarlinkConnection> connection) : connection_(std::move(connection)) {}
  // False when the client is not there any more.
  bool send(const Json& parameters);    // more will follow
  bool finish(const Json& parameters);  // the last one
  [[nodiscard]] bool open() const;

 private:
  std::weak_ptr<VarlinkConnection> connection_;
};

// Gives the reply's parameters (an object), or throws VarlinkError. Any other exception is answered with
// "<interface>.Failed" and its text.
using VarlinkHandler = std::function<Json(const VarlinkCall&, const Json& parameters)>;
// Keeps the stream and answers through it, now or later; only called when the caller asked for `more`.
using VarlinkStreamHandler = std::function<void(const VarlinkCall&, const Json& parameters, VarlinkStream)>;

struct VarlinkInterface {
  std::string name;         // "io.hwcsync.Secrets"
  std::string description;  // its text in the Varlink interface language; must name each method
  std::map<std::string, VarlinkHandler> methods{};
  std::map<std::string, VarlinkStreamHandler> streams{};
};

struct VarlinkServerOptions {
  std::string vendor = "hwcsync";
  std::string product = "hwcsync";
  std::string url{};
  std::size_t message_limit = 1U << 20U;       // bytes of one incoming message
  std::size_t output_limit = 4U << 20U;        // bytes that may wait for one client before it is dropped
  std::size_t client_limit = 64;               // one more is refused by closing it
  std::chrono::milliseconds patience{10'000};  // half a message, or a reply not taken, for this long: dropped
};

// Serves interfaces to any number of clients from one EventLoop; no client can block it. org.varlink.service
// is answered by the server itself, so `varlinkctl introspect` works. A call that arrives while a stream is
// open on the same connection waits until the stream has finished.
class VarlinkServer {
 public:
  VarlinkServer(EventLoop& loop, VarlinkServerOptions options);
  ~VarlinkServer();
  VarlinkServer(const VarlinkServer&) = delete;
  VarlinkServer& operator=(const VarlinkServer&) = delete;

  void add(VarlinkInterface interface);

  // Listens on a new socket that replaces what `path` was, without a moment in which it has other
  // permissions. The socket is removed in the destructor. Throws SystemError.
  void listen(const std::string& path, unsigned mode);
  // Listens on a socket made by somebody else (socket activation).
  void adopt_listener(Fd listener);
  // Serves one connected stream socket.
  void adopt(Fd connection);

  [[nodiscard]] std::size_t clients() const noexcept;

 private:
  friend class VarlinkConnection;
  void accept_ready();

  EventLoop& loop_;
  VarlinkServerOptions options_;
  std::map<std::string, VarlinkInterface> interfaces_;
  std::map<const VarlinkConnection*, std::shared_ptr<VarlinkConnection>> connections_;
  std::string path_;
  Fd listener_;
  EventLoop::Source listening_;
  EventLoop::Source rest_;
};

}  // namespace hwcsync
