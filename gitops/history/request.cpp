#include "gitops/history/request.hpp"

#include "src/base/error.hpp"

namespace hwcsync::history {

Json to_json(const Request& request) {
  Json out{{"version", 1},
           {"id", request.id},
           {"host", request.host},
           {"to", request.to},
           {"trigger", {{"kind", request.trigger.kind}, {"who", request.trigger.who}}},
           {"ack", request.acks},
           {"operation", request.operation == Operation::rollback ? "rollback" : "apply"}};
  if (!request.from.empty()) out["from"] = request.from;
  if (!request.plan.empty()) out["plan"] = request.plan;
  if (request.target_run) out["target_run"] = *request.target_run;
  return out;
}

Request request_from_json(const Json& value) {
  try {
    Request out{.id = value.at("id").get<RunId>(),
                .host = value.at("host").get<std::string>(),
                .from = value.value("from", ""),
                .to = value.at("to").get<std::string>(),
                .plan = value.value("plan", "")};
    if (value.contains("trigger")) {
      out.trigger = {.kind = value["trigger"].value("kind", "manual"),
                     .who = value["trigger"].value("who", "")};
    }
    if (value.contains("ack")) out.acks = value["ack"].get<std::set<std::string>>();
    const std::string operation = value.value("operation", "apply");
    if (operation != "apply" && operation != "rollback") {
      throw Error("cannot read", "the request of a run",
                  "the operation '" + operation + "' is not known here");
    }
    out.operation = operation == "rollback" ? Operation::rollback : Operation::apply;
    if (value.contains("target_run")) out.target_run = value["target_run"].get<RunId>();
    return out;
  } catch (const Json::exception& e) {
    throw Error("cannot read", "the request of a run", e.what());
  }
}

}  // namespace hwcsync::history
