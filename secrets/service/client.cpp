#include "secrets/service/client.hpp"

#include "secrets/service/interface.hpp"
#include "src/base/error.hpp"
#include "src/base/varlink.hpp"
#include "src/base/varlink_client.hpp"

#include <cerrno>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::chrono::milliseconds kPause{200};

template <typename Read>
auto reading(const Json& reply, Read read) {
  try {
    return read(reply);
  } catch (const Json::exception& error) {
    throw Error("cannot read", "a reply of the secrets service", error.what());
  }
}

// Waiting does not make anybody root.
[[noreturn]] void refuse_stranger(uid_t uid) {
  const std::string name = std::to_string(uid);
  throw RefusedError({"cannot ask for the view of uid", name,
                      "only the user that the secrets service runs as may, which is root",
                      "systemctl start hwcsync-view@" + name + " does it, or this command as root"});
}

}  // namespace

SecretServiceClient::SecretServiceClient(std::string socket, std::chrono::milliseconds deadline)
    : socket_(std::move(socket)), deadline_(deadline) {}

Json SecretServiceClient::call(std::string_view method, const Json& parameters) const {
  const auto refused = [&] {
    return RefusedError({"cannot ask", "the secrets service at " + socket_, "not permitted",
                         "only the user that it runs as may, which is root"});
  };
  try {
    return VarlinkClient::connect(socket_).call(full_name(method), parameters, deadline_);
  } catch (const SystemError& error) {
    if (error.code() == EACCES || error.code() == EPERM) throw refused();
    throw;
  } catch (const VarlinkError& error) {
    if (error.name() == "org.varlink.service.PermissionDenied") throw refused();
    throw;
  }
}

std::vector<FileFact> SecretServiceClient::facts(const SecretBundle& bundle) {
  return reading(call("Facts", to_json(bundle)),
                 [](const Json& reply) { return facts_from_json(reply.at("facts")); });
}

StagedGeneration SecretServiceClient::stage(const SecretBundle& bundle) {
  return reading(call("Stage", to_json(bundle)), [](const Json& reply) {
    return StagedGeneration{.generation = reply.at("generation").get<std::string>(),
                            .facts = facts_from_json(reply.at("facts"))};
  });
}

std::vector<ViewStatus> SecretServiceClient::flip(const std::string& generation) {
  return reading(call("Flip", {{"generation", generation}}), [](const Json& reply) {
    std::vector<ViewStatus> out;
    // A service of an older version does not tell.
    for (const Json& view : reply.value("not_shown", Json::array())) out.push_back(view_from_json(view));
    return out;
  });
}

void SecretServiceClient::drop(const std::string& generation) {
  call("Drop", {{"generation", generation}});
}

ViewStatus SecretServiceClient::mount(uid_t uid) {
  return reading(call("Mount", {{"uid", uid}}),
                 [](const Json& reply) { return view_from_json(reply.at("view")); });
}

void SecretServiceClient::reload() {
  call("Reload", Json::object());
}

ServiceStatus SecretServiceClient::status() {
  return status_from_json(call("Status", Json::object()));
}

std::vector<AuditRecord> SecretServiceClient::audit(const AuditQuery& query) {
  Json parameters{{"limit", query.limit}};
  if (query.stack) parameters["stack"] = *query.stack;
  if (query.since) parameters["since"] = format_time(*query.since);
  return reading(call("Audit", parameters), [](const Json& reply) {
    std::vector<AuditRecord> out;
    for (const Json& record : reply.at("records")) out.push_back(record_from_json(record));
    return out;
  });
}

ViewStatus wait_for_view(SecretService& service, uid_t uid, std::chrono::milliseconds timeout, Clock& clock) {
  const auto end = clock.steady_now() + timeout;
  for (;;) {
    std::string refusal;
    try {
      ViewStatus view = service.mount(uid);
      if (view.problem.empty()) return view;
      refusal = view.problem;
    } catch (const RefusedError&) {
      refuse_stranger(uid);
    } catch (const Error& error) {
      // Not up yet, restarting, or not serving yet: all of these pass.
      refusal = error.what();
    }
    if (clock.steady_now() >= end) {
      throw Error({"no view for uid", std::to_string(uid), refusal, "systemctl status hwcsync-secrets"});
    }
    clock.sleep_for(kPause);
  }
}

}  // namespace hwcsync::secrets
