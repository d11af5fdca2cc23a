#include "secrets/service/interface.hpp"

#include "secrets/arena/base64.hpp"
#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/varlink.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

// A reply of the service lacks something: it is not the service that we think it is.
template <typename Read>
auto reading(Read read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw Error("cannot read", "a reply of the secrets service", error.what());
  }
}

Fact fact_from(const std::string& text) {
  for (const auto fact : {Fact::same, Fact::rotated, Fact::undecryptable}) {
    if (text == to_string(fact)) return fact;
  }
  return Fact::unknown;  // also one that a newer service knows
}

}  // namespace

std::string full_name(std::string_view name) {
  return std::string(kInterface) + '.' + std::string(name);
}

Json to_json(const SecretBundle& bundle) {
  Json ciphertexts = Json::array();
  for (const auto& [id, data] : bundle.ciphertexts) {
    ciphertexts.push_back({{"id", id}, {"data", encode_base64(as_bytes(data), Padding::required)}});
  }
  return {{"manifest", parse_json(bundle.manifest, "the secrets manifest")},
          {"ciphertexts", std::move(ciphertexts)}};
}

SecretBundle bundle_from_json(const Json& parameters) {
  SecretBundle out;
  const auto manifest = parameters.find("manifest");
  if (manifest == parameters.end() || !manifest->is_object()) throw invalid_parameter("manifest");
  out.manifest = canonical_json(*manifest);
  const auto ciphertexts = parameters.find("ciphertexts");
  if (ciphertexts == parameters.end() || !ciphertexts->is_array()) throw invalid_parameter("ciphertexts");
  for (const Json& item : *ciphertexts) {
    if (!item.is_object()) throw invalid_parameter("ciphertexts");
    const std::string id = string_parameter(item, "id");
    const auto data = decode_public_base64(as_bytes(string_parameter(item, "data")), Padding::required);
    if (!data) throw invalid_parameter("data");
    std::string bytes(data->begin(), data->end());
    // The id is what the generation's name stands on.
    if (git_blob_id(bytes) != id) throw invalid_parameter("id");
    out.ciphertexts.insert_or_assign(id, std::move(bytes));
  }
  return out;
}

Json to_json(const std::vector<FileFact>& facts) {
  Json out = Json::array();
  for (const FileFact& fact : facts) {
    Json item{{"path", fact.path},
              {"stack", fact.stack},
              {"name", fact.name},
              {"uid", fact.uid},
              {"fact", std::string(to_string(fact.fact))}};
    if (!fact.reason.empty()) item["reason"] = fact.reason;
    out.push_back(std::move(item));
  }
  return out;
}

std::vector<FileFact> facts_from_json(const Json& json) {
  return reading([&] {
    std::vector<FileFact> out;
    for (const Json& item : json) {
      out.push_back({.uid = item.at("uid").get<uid_t>(),
                     .path = item.at("path").get<std::string>(),
                     .stack = item.at("stack").get<std::string>(),
                     .name = item.at("name").get<std::string>(),
                     .fact = fact_from(item.at("fact").get<std::string>()),
                     .reason = item.value("reason", std::string())});
    }
    return out;
  });
}

Json to_json(const ViewStatus& view) {
  return {{"uid", view.uid},
          {"path", view.path},
          {"bound", view.bound},
          {"problem", view.problem},
          {"files", view.files},
          {"taken_over", view.taken_over},
          {"requests_lost", view.requests_lost}};
}

ViewStatus view_from_json(const Json& json) {
  return reading([&] {
    return ViewStatus{.uid = json.at("uid").get<uid_t>(),
                      .path = json.at("path").get<std::string>(),
                      .bound = json.at("bound").get<std::string>(),
                      .problem = json.at("problem").get<std::string>(),
                      .files = json.at("files").get<std::size_t>(),
                      .taken_over = json.at("taken_over").get<bool>(),
                      .requests_lost = json.at("requests_lost").get<bool>()};
  });
}

Json to_json(const AuditCounts& counts) {
  return {{"opens", counts.opens},
          {"reads", counts.reads},
          {"denials", counts.denials},
          {"dropped", counts.dropped}};
}

Json to_json(const ServiceStatus& status) {
  Json views = Json::array();
  for (const ViewStatus& view : status.views) views.push_back(to_json(view));
  return {{"generation", status.generation}, {"recorded", status.recorded},
          {"problem", status.problem},       {"staged", status.staged},
          {"views", std::move(views)},       {"failures", to_json(status.failures)},
          {"recipients", status.recipients}, {"identity_problems", status.identity_problems},
          {"audit", to_json(status.audit)},  {"locked_bytes", status.locked_bytes},
          {"backend", status.backend},       {"lacks", status.lacks}};
}

ServiceStatus status_from_json(const Json& json) {
  return reading([&] {
    ServiceStatus out{.generation = json.at("generation").get<std::string>(),
                      .recorded = json.at("recorded").get<std::string>(),
                      .problem = json.at("problem").get<std::string>(),
                      .staged = json.at("staged").get<std::vector<std::string>>(),
                      .failures = facts_from_json(json.at("failures")),
                      .recipients = json.at("recipients").get<std::vector<std::string>>(),
                      .identity_problems = json.at("identity_problems").get<std::vector<std::string>>(),
                      .locked_bytes = json.at("locked_bytes").get<std::uint64_t>(),
                      .backend = json.value("backend", "fuse"),
                      .lacks = json.value("lacks", std::vector<std::string>{})};
    for (const Json& view : json.at("views")) out.views.push_back(view_from_json(view));
    const Json& audit = json.at("audit");
    out.audit = {.opens = audit.at("opens").get<std::uint64_t>(),
                 .reads = audit.at("reads").get<std::uint64_t>(),
                 .denials = audit.at("denials").get<std::uint64_t>(),
                 .dropped = audit.at("dropped").get<std::uint64_t>()};
    return out;
  });
}

AuditRecord record_from_json(const Json& json) {
  return reading([&] {
    const std::string op = json.at("op").get<std::string>();
    return AuditRecord{.time = parse_time(json.at("time").get<std::string>()),
                       .op = op == "open"   ? AuditOp::open
                             : op == "read" ? AuditOp::read
                                            : AuditOp::deny,
                       .view = json.at("view").get<uid_t>(),
                       .uid = json.at("uid").get<uid_t>(),
                       .gid = json.at("gid").get<gid_t>(),
                       .pid = json.at("pid").get<pid_t>(),
                       .exe = json.at("exe").get<std::string>(),
                       .unit = json.at("unit").get<std::string>(),
                       .container = json.at("container").get<std::string>(),
                       .generation = json.at("generation").get<std::string>(),
                       .path = json.at("path").get<std::string>(),
                       .stack = json.at("stack").get<std::string>(),
                       .secret = json.at("secret").get<std::string>(),
                       .result = json.at("result").get<std::string>()};
  });
}

}  // namespace hwcsync::secrets
