#include "src/daemon/control_client.hpp"

#include "src/base/error.hpp"

#include <cerrno>
#include <utility>

namespace hwcsync::daemon {
namespace {

constexpr std::chrono::milliseconds kPatience{30'000};

std::string full_name(const std::string& method) {
  return "io.hwcsync.Control." + method;
}

// A varlink error as what the caller branches on.
[[noreturn]] void rethrow(const VarlinkError& error, const std::string& method) {
  if (error.name() == "org.varlink.service.PermissionDenied") {
    throw RefusedError(ErrorText{"not permitted to call", method,
                                 "the daemon lets only root and the group hwcsync act",
                                 "run as root, or add yourself to the group hwcsync"});
  }
  const Json& parameters = error.parameters();
  const std::string reason =
      parameters.is_object() && parameters.contains("reason") && parameters["reason"].is_string()
          ? parameters["reason"].get<std::string>()
          : error.name();
  throw Error("the daemon cannot do", method, reason);
}

}  // namespace

std::optional<ControlClient> ControlClient::connect(const std::string& socket) {
  try {
    return ControlClient(VarlinkClient::connect(socket));
  } catch (const SystemError& error) {
    if (error.code() == ENOENT || error.code() == ECONNREFUSED) return std::nullopt;
    throw;
  }
}

Json ControlClient::call(const std::string& method, const Json& parameters) {
  try {
    return client_.call(full_name(method), parameters, kPatience);
  } catch (const VarlinkError& error) {
    rethrow(error, method);
  }
}

Json ControlClient::status() {
  return call("Status", Json::object()).at("status");
}

Json ControlClient::plan() {
  return call("Plan", Json::object()).at("plan");
}

Json ControlClient::runs(std::size_t limit) {
  return call("Runs", Json{{"limit", limit}}).at("runs");
}

void ControlClient::suspend(const std::string& reason) {
  (void)call("Suspend", Json{{"reason", reason}});
}

void ControlClient::resume() {
  (void)call("Resume", Json::object());
}

void ControlClient::retry(const std::string& revision) {
  (void)call("Retry", revision.empty() ? Json::object() : Json{{"revision", revision}});
}

void ControlClient::accept_rewrite(const std::string& revision) {
  (void)call("AcceptRewrite", Json{{"revision", revision}});
}

Json ControlClient::sync(Wait wait, const std::function<void(const Json&)>& progress,
                         std::chrono::milliseconds patience) {
  Json last;
  try {
    client_.call_more(full_name("Sync"), Json{{"wait", wait == Wait::for_outcome}}, patience,
                      [&](const Json& message) {
                        if (message.value("kind", "") == "outcome") {
                          last = message;
                        } else if (progress) {
                          progress(message);
                        }
                        return VarlinkClient::Next::go_on;
                      });
  } catch (const VarlinkError& error) {
    rethrow(error, "Sync");
  }
  if (!last.is_object())
    throw Error("cannot sync", "with the daemon", "it ended the answer without an outcome");
  return last;
}

}  // namespace hwcsync::daemon
