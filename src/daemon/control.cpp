#include "src/daemon/control.hpp"

#include "src/base/log.hpp"
#include "src/daemon/authorise.hpp"

#include <memory>
#include <utility>

namespace hwcsync::daemon {
namespace {

Caller require(const VarlinkCall& call, Right right) {
  Caller caller = caller_of(call.peer.uid, call.peer.gid);
  if (!permitted(caller, right, hwcsync_group())) {
    log(LogLevel::warning, "not permitted",
        {{"method", call.method}, {"uid", std::to_string(call.peer.uid)}});
    throw VarlinkError("org.varlink.service.PermissionDenied",
                       Json{{"reason", call.method + " is for root and the group hwcsync"}});
  }
  return caller;
}

std::string optional_string(const Json& parameters, std::string_view key) {
  const auto found = parameters.find(std::string(key));
  return found == parameters.end() || found->is_null() ? "" : string_parameter(parameters, key);
}

Json run_json(const history::RunRow& row) {
  return {{"id", row.id},           {"from", row.from_rev},        {"to", row.to_rev},
          {"summary", row.summary}, {"author", row.author},        {"trigger", row.trigger},
          {"who", row.who},         {"operation", row.operation},  {"state", row.state},
          {"code", row.code},       {"reason", row.reason},        {"started", row.started},
          {"ended", row.ended},     {"store_path", row.store_path}};
}

Json runs(Core& core, const Json& parameters) {
  std::size_t limit = 20;
  if (const auto given = parameters.find("limit"); given != parameters.end() && !given->is_null()) {
    limit = static_cast<std::size_t>(unsigned_parameter(parameters, "limit", 500));
  }
  Json list = Json::array();
  for (const history::RunRow& row : core.runs(limit)) list.push_back(run_json(row));
  return {{"runs", std::move(list)}};
}

void sync(Core& core, const VarlinkCall& call, const Json& parameters, VarlinkStream stream) {
  (void)require(call, Right::act);
  bool wait = true;
  if (const auto given = parameters.find("wait"); given != parameters.end() && !given->is_null()) {
    if (!given->is_boolean()) throw invalid_parameter("wait");
    wait = given->get<bool>();
  }
  core.sync(
      [stream](const Json& message, Part part) mutable {
        return part == Part::last ? stream.finish(message) : stream.send(message);
      },
      wait ? SyncWaiters::Wait::for_outcome : SyncWaiters::Wait::for_request);
}

}  // namespace

VarlinkInterface control_interface(Core& core) {
  VarlinkInterface out{.name = kControlInterface, .description = control_description()};
  out.methods["Status"] = [&core](const VarlinkCall&, const Json&) {
    return Json{{"status", to_json(core.status())}};
  };
  out.methods["Plan"] = [&core](const VarlinkCall&, const Json&) {
    const auto& plan = core.last_plan();
    return Json{{"plan", plan ? Json::parse(plan->dump()) : Json(nullptr)}};
  };
  out.methods["Runs"] = [&core](const VarlinkCall&, const Json& parameters) {
    return runs(core, parameters);
  };
  out.streams["Sync"] = [&core](const VarlinkCall& call, const Json& parameters, VarlinkStream stream) {
    sync(core, call, parameters, std::move(stream));
  };
  out.methods["Suspend"] = [&core](const VarlinkCall& call, const Json& parameters) {
    const Caller caller = require(call, Right::act);
    core.suspend(string_parameter(parameters, "reason"), caller.name);
    return Json::object();
  };
  out.methods["Resume"] = [&core](const VarlinkCall& call, const Json&) {
    (void)require(call, Right::act);
    core.resume();
    return Json::object();
  };
  out.methods["Retry"] = [&core](const VarlinkCall& call, const Json& parameters) {
    (void)require(call, Right::act);
    core.retry(optional_string(parameters, "revision"));
    return Json::object();
  };
  out.methods["AcceptRewrite"] = [&core](const VarlinkCall& call, const Json& parameters) {
    (void)require(call, Right::act);
    core.accept_rewrite(string_parameter(parameters, "revision"));
    return Json::object();
  };
  return out;
}

}  // namespace hwcsync::daemon
