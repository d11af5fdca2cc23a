#include "secrets/service/varlink_binding.hpp"

#include "secrets/service/interface.hpp"

#include <utility>

#include <unistd.h>

namespace hwcsync::secrets {
namespace {

Json versioned(Json reply) {
  reply["version"] = kInterfaceVersion;
  return reply;
}

AuditQuery audit_query(const Json& parameters) {
  AuditQuery query;
  const auto given = [&](const char* key) {
    const auto found = parameters.find(key);
    return found != parameters.end() && !found->is_null();
  };
  if (given("limit")) query.limit = unsigned_parameter(parameters, "limit", kAuditLimit);
  if (given("stack")) query.stack = string_parameter(parameters, "stack");
  if (given("since")) {
    try {
      query.since = parse_time(string_parameter(parameters, "since"));
    } catch (const VarlinkError&) {
      throw;
    } catch (const Error&) {
      throw invalid_parameter("since");
    }
  }
  return query;
}

}  // namespace

VarlinkInterface secrets_interface(SecretService& service, std::function<void()> changed) {
  VarlinkInterface out{.name = kInterface, .description = interface_text()};
  const auto add = [&out](std::string name, std::function<Json(const Json&)> body) {
    out.methods.emplace(std::move(name),
                        [call = std::move(body)](const VarlinkCall& caller, const Json& parameters) {
                          if (caller.peer.uid != ::geteuid()) {
                            throw VarlinkError("org.varlink.service.PermissionDenied", Json::object());
                          }
                          return versioned(call(parameters));
                        });
  };
  add("Facts", [&service](const Json& parameters) {
    return Json{{"facts", to_json(service.facts(bundle_from_json(parameters)))}};
  });
  add("Stage", [&service](const Json& parameters) {
    const StagedGeneration staged = service.stage(bundle_from_json(parameters));
    return Json{{"generation", staged.generation}, {"facts", to_json(staged.facts)}};
  });
  add("Flip", [&service, changed](const Json& parameters) {
    Json not_shown = Json::array();
    for (const ViewStatus& view : service.flip(string_parameter(parameters, "generation")))
      not_shown.push_back(to_json(view));
    changed();
    return Json{{"not_shown", std::move(not_shown)}};
  });
  add("Drop", [&service](const Json& parameters) {
    service.drop(string_parameter(parameters, "generation"));
    return Json::object();
  });
  add("Mount", [&service](const Json& parameters) {
    // The last uid is "no user" to the kernel.
    const auto uid = static_cast<uid_t>(unsigned_parameter(parameters, "uid", 0xffff'fffeU));
    return Json{{"view", to_json(service.mount(uid))}};
  });
  add("Reload", [&service, changed](const Json&) {
    service.reload();
    changed();
    return Json{{"generation", service.status().generation}};
  });
  add("Status", [&service](const Json&) { return to_json(service.status()); });
  add("Audit", [&service](const Json& parameters) {
    Json records = Json::array();
    for (const AuditRecord& record : service.audit(audit_query(parameters)))
      records.push_back(to_json(record));
    return Json{{"records", std::move(records)}, {"counts", to_json(service.status().audit)}};
  });
  return out;
}

}  // namespace hwcsync::secrets
