#include "src/base/varlink_server.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hwcsync {
namespace {

constexpr std::string_view kService = "org.varlink.service";
constexpr std::string_view kServiceDescription = R"(# What every Varlink service can be asked.
interface org.varlink.service

method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)
method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)";

VarlinkPeer peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    throw_errno("cannot tell who calls on", "a varlink socket");
  }
  return {.uid = credentials.uid, .gid = credentials.gid, .pid = credentials.pid};
}

VarlinkError service_error(std::string_view name, std::string_view key, const std::string& value) {
  return {std::string(kService) + '.' + std::string(name), Json{{std::string(key), value}}};
}

bool flag(const Json& message, const char* key) {
  const auto found = message.find(key);
  return found != message.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

// One client: bytes in, calls, bytes out. Owned by the server; the loop's callbacks hold it weakly.
class VarlinkConnection : public std::enable_shared_from_this<VarlinkConnection> {
 public:
  VarlinkConnection(VarlinkServer& server, Fd fd)
      : server_(server),
        fd_(std::move(fd)),
        peer_(peer_of(fd_.get())),
        reader_(server.options_.message_limit) {}

  void start() {
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    source_ = server_.loop_.watch(fd_.get(), {.readable = true}, [this](Readiness ready) { serve(ready); });
  }

  [[nodiscard]] bool gone() const noexcept { return gone_; }

  bool stream(const Json& parameters, bool last) {
    if (gone_ || !streaming_) return false;
    Json reply{{"parameters", parameters}};
    if (!last) reply["continues"] = true;
    send(reply);
    if (last && !gone_) {
      streaming_ = false;
      // Calls that were read while the stream was open have waited in the reader.
      resume_ = server_.loop_.soon([this] { serve({}); });
    }
    return !gone_;
  }

 private:
  void serve(Readiness ready) {
    // The server may let go of us while we work.
    const auto self = shared_from_this();
    try {
      if (ready.readable || ready.broken) receive();
      while (!gone_ && !streaming_) {
        const std::optional<Json> message = reader_.next();
        if (!message) break;
        handle(*message);
      }
    } catch (const std::exception&) {
      // What is not Varlink cannot be answered in Varlink.
      drop();
    }
    if (!gone_) flush();
    if (!gone_ && ended_ && output_.empty() && !streaming_) drop();
    if (!gone_) settle();
  }

  void receive() {
    std::array<char, 65536> block;
    // A few blocks and not until EAGAIN: one busy client must not starve the others.
    for (int i = 0; i < 16; ++i) {
      const ssize_t n = ::recv(fd_.get(), block.data(), block.size(), 0);
      if (n > 0) {
        reader_.feed({block.data(), static_cast<std::size_t>(n)});
        if (static_cast<std::size_t>(n) < block.size()) return;
        continue;
      }
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      ended_ = true;
      // Nobody is left to take the rest of a stream.
      if (n < 0 || streaming_) drop();
      return;
    }
  }

  void handle(const Json& message) {
    const auto named = message.find("method");
    if (named == message.end() || !named->is_string())
      throw Error("cannot answer", "a varlink call", "no method");
    const VarlinkCall call{.method = named->get<std::string>(), .peer = peer_, .more = flag(message, "more")};
    const bool oneway = flag(message, "oneway");
    const auto given = message.find("parameters");
    const Json parameters = given == message.end() || given->is_null() ? Json::object() : *given;
    Json reply;
    try {
      if (!parameters.is_object()) throw invalid_parameter("parameters");
      std::optional<Json> answer = dispatch(call, parameters);
      if (!answer) return;
      reply = Json{{"parameters", std::move(*answer)}};
    } catch (const VarlinkError& error) {
      reply = Json{{"error", error.name()}, {"parameters", error.parameters()}};
    } catch (const std::exception& error) {
      reply = Json{{"error", split_method(call.method).interface + ".Failed"},
                   {"parameters", Json{{"reason", error.what()}}}};
    }
    if (!oneway) send(reply);
  }

  // Nothing for a call that is answered through its stream.
  std::optional<Json> dispatch(const VarlinkCall& call, const Json& parameters) {
    const MethodName name = split_method(call.method);
    if (name.interface == kService) return describe(name.method, parameters);
    const auto interface = server_.interfaces_.find(name.interface);
    if (interface == server_.interfaces_.end())
      throw service_error("InterfaceNotFound", "interface", name.interface);
    if (const auto found = interface->second.methods.find(name.method);
        found != interface->second.methods.end()) {
      return found->second(call, parameters);
    }
    const auto found = interface->second.streams.find(name.method);
    if (found == interface->second.streams.end())
      throw service_error("MethodNotFound", "method", call.method);
    if (!call.more) throw VarlinkError(std::string(kService) + ".ExpectedMore", Json::object());
    streaming_ = true;
    try {
      found->second(call, parameters, VarlinkStream(weak_from_this()));
    } catch (...) {
      streaming_ = false;
      throw;
    }
    return std::nullopt;
  }

  Json describe(const std::string& method, const Json& parameters) {
    if (method == "GetInfo") {
      Json names = Json::array({std::string(kService)});
      for (const auto& [name, interface] : server_.interfaces_) names.push_back(name);
      const VarlinkServerOptions& options = server_.options_;
      return {{"vendor", options.vendor},
              {"product", options.product},
              {"version", HWCSYNC_VERSION},
              {"url", options.url},
              {"interfaces", std::move(names)}};
    }
    if (method != "GetInterfaceDescription") {
      throw service_error("MethodNotFound", "method", std::string(kService) + '.' + method);
    }
    const std::string wanted = string_parameter(parameters, "interface");
    if (wanted == kService) return {{"description", std::string(kServiceDescription)}};
    const auto found = server_.interfaces_.find(wanted);
    if (found == server_.interfaces_.end()) throw service_error("InterfaceNotFound", "interface", wanted);
    return {{"description", found->second.description}};
  }

  void send(const Json& message) {
    output_ += encode_message(message);
    if (!flush()) return;
    if (output_.size() > server_.options_.output_limit) {
      drop();
    } else {
      settle();
    }
  }

  // Writes what the socket takes now. False when the client is gone.
  bool flush() {
    std::size_t sent = 0;
    while (!gone_ && sent < output_.size()) {
      const ssize_t n = ::send(fd_.get(), output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      } else if (errno != EINTR) {
        drop();
      }
    }
    if (gone_) return false;
    if (sent == output_.size()) {
      output_ = {};
    } else {
      output_.erase(0, sent);
    }
    if (sent > 0) patience_.reset();  // it does move
    return true;
  }

  // What to wait for from here, and how long.
  void settle() {
    source_.set_interest({.readable = !streaming_ && !ended_, .writable = !output_.empty()});
    const bool owes = !output_.empty() || (!streaming_ && reader_.midway());
    if (!owes) {
      patience_.reset();
    } else if (!patience_) {
      patience_ = server_.loop_.after(server_.options_.patience, [this] { drop(); });
    }
  }

  void drop() {
    if (gone_) return;
    gone_ = true;
    source_.reset();
    patience_.reset();
    resume_.reset();
    fd_.reset();
    const auto self = shared_from_this();
    server_.connections_.erase(this);
  }

  VarlinkServer& server_;
  Fd fd_;
  VarlinkPeer peer_;
  MessageReader reader_;
  std::string output_;
  bool streaming_ = false;
  bool ended_ = false;  // the client has closed its side
  bool gone_ = false;
  EventLoop::Source source_;
  EventLoop::Source patience_;
  EventLoop::Source resume_;
};

bool VarlinkStream::send(const Json& parameters) {
  const auto connection = connection_.lock();
  return connection && connection->stream(parameters, false);
}

bool VarlinkStream::finish(const Json& parameters) {
  const auto connection = connection_.lock();
  return connection && connection->stream(parameters, true);
}

bool VarlinkStream::open() const {
  const auto connection = connection_.lock();
  return connection && !connection->gone();
}

VarlinkServer::VarlinkServer(EventLoop& loop, VarlinkServerOptions options)
    : loop_(loop), options_(std::move(options)) {}

VarlinkServer::~VarlinkServer() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void VarlinkServer::add(VarlinkInterface interface) {
  std::string name = interface.name;
  interfaces_.insert_or_assign(std::move(name), std::move(interface));
}

void VarlinkServer::listen(const std::string& path, unsigned mode) {
  const std::string temporary = path + ".new";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (temporary.size() >= sizeof address.sun_path) throw SystemError("cannot listen on", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, temporary.c_str(), temporary.size());
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) throw_errno("cannot make a socket for", path);
  ::unlink(temporary.c_str());
  // connect() is refused until listen(): by then the mode is right.
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(temporary.c_str(), mode) != 0 || ::listen(listener.get(), 128) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary.c_str());
    throw SystemError("cannot listen on", path, code);
  }
  adopt_listener(std::move(listener));
  path_ = path;
}

void VarlinkServer::adopt_listener(Fd listener) {
  ::fcntl(listener.get(), F_SETFL, ::fcntl(listener.get(), F_GETFL) | O_NONBLOCK);
  listener_ = std::move(listener);
  listening_ = loop_.watch(listener_.get(), {.readable = true}, [this](Readiness) { accept_ready(); });
}

void VarlinkServer::accept_ready() {
  Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOMEM) return;
    // The socket stays readable: without a rest we would spin until somebody closes something.
    listening_.set_interest({});
    rest_ =
        loop_.after(std::chrono::milliseconds(100), [this] { listening_.set_interest({.readable = true}); });
    return;
  }
  if (connections_.size() >= options_.client_limit) return;
  try {
    adopt(std::move(fd));
  } catch (const Error&) {
    // A client that cannot be identified is closed; the others are served.
  }
}

void VarlinkServer::adopt(Fd connection) {
  auto made = std::make_shared<VarlinkConnection>(*this, std::move(connection));
  connections_.emplace(made.get(), made);
  made->start();
}

std::size_t VarlinkServer::clients() const noexcept {
  return connections_.size();
}

}  // namespace hwcsync
