#include "src/base/varlink_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace hwcsync {
namespace {

using SteadyClock = std::chrono::steady_clock;

Json parameters_of(const Json& reply) {
  const auto found = reply.find("parameters");
  return found == reply.end() || found->is_null() ? Json::object() : *found;
}

void throw_if_error(const Json& reply) {
  const auto error = reply.find("error");
  if (error == reply.end()) return;
  if (!error->is_string()) throw Error("cannot read", "a varlink reply", "its error has no name");
  throw VarlinkError(error->get<std::string>(), parameters_of(reply));
}

}  // namespace

VarlinkClient VarlinkClient::connect(const std::string& path, std::size_t message_limit) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SystemError("cannot connect to", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) throw_errno("cannot make a socket for", path);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    throw SystemError("cannot connect to", path, errno, "does the service run?");
  }
  return VarlinkClient(std::move(fd), message_limit);
}

VarlinkClient::VarlinkClient(Fd connection, std::size_t message_limit)
    : fd_(std::move(connection)), reader_(message_limit) {
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

Json VarlinkClient::call(const std::string& method, const Json& parameters,
                         std::chrono::milliseconds deadline) {
  const Deadline end = SteadyClock::now() + deadline;
  try {
    send({{"method", method}, {"parameters", parameters}}, end);
    const Json reply = receive(end);
    throw_if_error(reply);
    return parameters_of(reply);
  } catch (const VarlinkError&) {
    throw;
  } catch (const Error& error) {
    // A reply that comes after all must not be taken for that of the next call.
    fd_.reset();
    throw Error("cannot call", method, error.what());
  }
}

void VarlinkClient::call_more(const std::string& method, const Json& parameters,
                              std::chrono::milliseconds deadline,
                              const std::function<Next(const Json&)>& reply) {
  send({{"method", method}, {"parameters", parameters}, {"more", true}}, SteadyClock::now() + deadline);
  for (;;) {
    const Json message = receive(SteadyClock::now() + deadline);
    throw_if_error(message);
    const auto continues = message.find("continues");
    const bool last = continues == message.end() || !continues->is_boolean() || !continues->get<bool>();
    const Next next = reply(parameters_of(message));
    if (last) return;
    if (next == Next::stop) {
      fd_.reset();
      return;
    }
  }
}

void VarlinkClient::send(const Json& message, Deadline deadline) {
  if (!fd_.valid()) throw Error("cannot send", "a varlink call", "the connection is closed");
  const std::string bytes = encode_message(message);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n > 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait(POLLOUT, deadline);
    } else if (errno != EINTR) {
      throw_errno("cannot send", "a varlink call");
    }
  }
}

Json VarlinkClient::receive(Deadline deadline) {
  std::array<char, 65536> block;
  for (;;) {
    if (std::optional<Json> message = reader_.next()) return std::move(*message);
    const ssize_t n = ::recv(fd_.get(), block.data(), block.size(), 0);
    if (n > 0) {
      reader_.feed({block.data(), static_cast<std::size_t>(n)});
    } else if (n == 0) {
      throw Error("cannot receive", "a varlink reply", "the service has closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait(POLLIN, deadline);
    } else if (errno != EINTR) {
      throw_errno("cannot receive", "a varlink reply");
    }
  }
}

void VarlinkClient::wait(short events, Deadline deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  pollfd polled{fd_.get(), events, 0};
  const int ready = left <= 0 ? 0 : ::poll(&polled, 1, static_cast<int>(std::min<long>(left + 1, 1 << 30)));
  if (ready == 0) throw Error("no answer", "within the deadline", "is the service stuck?");
  if (ready < 0 && errno != EINTR) throw_errno("cannot wait for", "a varlink reply");
}

}  // namespace hwcsync
