#include "gitops/apply/network_prober.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <httplib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace hwcsync::apply {
namespace {

constexpr std::size_t kOutputLines = 5;

using Answer = std::optional<std::string>;
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Answer connect_to(const addrinfo& address, std::chrono::milliseconds deadline) {
  const Fd fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::strerror(errno);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return std::nullopt;
  if (errno != EINPROGRESS) return std::strerror(errno);
  pollfd ready{fd.get(), POLLOUT, 0};
  if (::poll(&ready, 1, static_cast<int>(deadline.count())) <= 0) return "no answer in time";
  int code = 0;
  socklen_t size = sizeof(code);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return std::strerror(code);
  return std::nullopt;
}

Answer probe_tcp(const std::string& target, std::chrono::milliseconds deadline) {
  const auto colon = target.rfind(':');
  if (colon == std::string::npos) return "'" + target + "' is not HOST:PORT";
  std::string host = target.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), target.substr(colon + 1).c_str(), &hints, &found);
  if (code != 0) return ::gai_strerror(code);
  const Addresses addresses(found, &::freeaddrinfo);
  Answer last = "no address";
  for (const addrinfo* one = found; one != nullptr && last; one = one->ai_next)
    last = connect_to(*one, deadline);
  return last;
}

Answer probe_http(const std::string& url, std::chrono::milliseconds deadline) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos || url.substr(0, scheme) != "http") return "only http:// can be asked";
  const auto slash = url.find('/', scheme + 3);
  httplib::Client client(url.substr(0, slash));
  client.set_connection_timeout(deadline);
  client.set_read_timeout(deadline);
  client.set_follow_location(false);
  const auto result = client.Get(slash == std::string::npos ? "/" : url.substr(slash));
  if (!result) return httplib::to_string(result.error());
  if (result->status >= 400) return "answered with status " + std::to_string(result->status);
  return std::nullopt;
}

std::optional<ProbeTrouble> trouble(Answer answer) {
  if (!answer) return std::nullopt;
  return ProbeTrouble{.what = std::move(*answer), .output = {}};
}

std::vector<std::string> last_lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::string& line : split(text, '\n')) {
    if (!trim(line).empty()) out.push_back(std::move(line));
  }
  if (out.size() > kOutputLines) out.erase(out.begin(), out.end() - kOutputLines);
  return out;
}

}  // namespace

std::string probe_name(const stack::Probe& probe) {
  if (!probe.http.empty()) return probe.http;
  if (!probe.tcp.empty()) return "tcp " + probe.tcp;
  return join(probe.command, " ");
}

NetworkProber::NetworkProber(ProcessRunner& runner, git::FetchOptions remote, std::string branch,
                             std::chrono::milliseconds deadline)
    : runner_(runner), remote_(std::move(remote)), branch_(std::move(branch)), deadline_(deadline) {}

std::optional<ProbeTrouble> NetworkProber::probe(const stack::Probe& probe) {
  if (!probe.http.empty()) return trouble(probe_http(probe.http, deadline_));
  if (!probe.tcp.empty()) return trouble(probe_tcp(probe.tcp, deadline_));
  if (probe.command.empty()) return std::nullopt;
  try {
    auto environment = minimal_environment();
    environment["PATH"] = "/run/wrappers/bin:/run/current-system/sw/bin:" + environment["PATH"];
    const auto result =
        runner_.run({.argv = probe.command, .environment = environment, .deadline = deadline_});
    if (result.status.ok()) return std::nullopt;
    return ProbeTrouble{.what = result.status.to_string(), .output = last_lines(result.errors)};
  } catch (const Error& e) {
    return trouble(e.what());
  }
}

std::optional<std::string> NetworkProber::reach_remote() {
  if (remote_.remote.empty()) return std::nullopt;
  try {
    (void)git::remote_head(runner_, remote_, branch_);
    return std::nullopt;
  } catch (const Error& e) {
    return e.what();
  }
}

}  // namespace hwcsync::apply
