#include "secrets/service/interface.hpp"

#include "secrets/service/client.hpp"
#include "secrets/service/varlink_binding.hpp"
#include "src/base/hash.hpp"
#include "src/base/varlink.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {

// Says what it was asked.
class RecordingService final : public SecretService {
 public:
  [[nodiscard]] std::vector<FileFact> facts(const SecretBundle&) override { return {}; }
  StagedGeneration stage(const SecretBundle&) override { return {}; }
  std::vector<ViewStatus> flip(const std::string& generation) override {
    calls.push_back("flip " + generation);
    return {};
  }
  void drop(const std::string& generation) override { calls.push_back("drop " + generation); }
  ViewStatus mount(uid_t uid) override {
    calls.push_back("mount " + std::to_string(uid));
    if (refusals > 0) {
      --refusals;
      throw VarlinkError(full_name("NotServing"), Json{{"reason", "not yet"}});
    }
    return {.uid = uid, .path = "/view"};
  }
  void reload() override {}
  [[nodiscard]] ServiceStatus status() override { return {}; }
  [[nodiscard]] std::vector<AuditRecord> audit(const AuditQuery& query) override {
    calls.push_back("audit " + std::to_string(query.limit) + ' ' + query.stack.value_or("-") +
                    (query.since ? ' ' + format_time(*query.since) : ""));
    return {};
  }
  std::vector<std::string> calls;
  int refusals = 0;
};

class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return time; }
  void sleep_for(std::chrono::milliseconds duration) override { time += duration; }
  std::chrono::steady_clock::time_point time{};
};

}  // namespace

TEST_CASE("the description names every method that is served and no other") {
  RecordingService service;
  const VarlinkInterface interface = secrets_interface(service, [] {});
  const std::string text = interface.description;
  CHECK_THAT(text, Catch::Matchers::Contains("interface io.hwcsync.Secrets\n"));
  std::size_t described = 0;
  for (auto at = text.find("\nmethod "); at != std::string::npos; at = text.find("\nmethod ", at + 1)) {
    const std::string name = text.substr(at + 8, text.find('(', at) - at - 8);
    CHECK(interface.methods.count(name) == 1);
    ++described;
  }
  CHECK(described == interface.methods.size());
}

TEST_CASE("a bundle goes over the wire and back, and a wrong id is refused") {
  const std::string data("ci\0pher\xff", 8);
  const SecretBundle bundle{.manifest = R"({"files":[],"version":1})",
                            .ciphertexts = {{git_blob_id(data), data}}};
  Json json = to_json(bundle);
  const SecretBundle back = bundle_from_json(json);
  CHECK(back.manifest == bundle.manifest);
  CHECK(back.ciphertexts == bundle.ciphertexts);
  json["ciphertexts"][0]["id"] = std::string(40, '0');
  CHECK_THROWS_AS(bundle_from_json(json), VarlinkError);
  json["ciphertexts"][0]["data"] = "not base64!";
  CHECK_THROWS_AS(bundle_from_json(json), VarlinkError);
  CHECK_THROWS_AS(bundle_from_json(Json{{"manifest", "text"}}), VarlinkError);
  CHECK_THROWS_AS(bundle_from_json(Json{{"manifest", Json::object()}, {"ciphertexts", Json{{"a", 1}}}}),
                  VarlinkError);
}

TEST_CASE("status, facts and records go over the wire and back") {
  const ServiceStatus status{
      .generation = "g",
      .recorded = "r",
      .problem = "p",
      .staged = {"a", "b"},
      .views = {{.uid = 7, .path = "/v", .bound = "/b", .files = 3, .taken_over = true}},
      .failures =
          {{.uid = 7, .path = "x", .stack = "s", .name = "n", .fact = Fact::undecryptable, .reason = "why"}},
      .recipients = {"age1"},
      .audit = {.opens = 1, .reads = 2, .denials = 3, .dropped = 4},
      .locked_bytes = 5};
  const ServiceStatus back = status_from_json(to_json(status));
  CHECK(to_json(back) == to_json(status));
  CHECK(back.failures == status.failures);
  const AuditRecord record{
      .op = AuditOp::deny, .view = 1, .uid = 2, .path = "p", .result = "Permission denied"};
  CHECK(to_json(record_from_json(to_json(record))) == to_json(record));
  CHECK_THROWS_AS(status_from_json(Json::object()), Error);
}

TEST_CASE("parameters of a call are checked before the service is asked") {
  RecordingService service;
  const VarlinkInterface interface = secrets_interface(service, [] {});
  const VarlinkCall root{.peer = {.uid = ::geteuid()}};
  CHECK(interface.methods.at("Flip")(root, {{"generation", "g"}})["version"] == 1);
  CHECK_THROWS_AS(interface.methods.at("Flip")(root, Json::object()), VarlinkError);
  CHECK_THROWS_AS(interface.methods.at("Mount")(root, {{"uid", 4294967295U}}), VarlinkError);
  CHECK_THROWS_AS(interface.methods.at("Mount")(root, {{"uid", -1}}), VarlinkError);
  interface.methods.at("Audit")(root, {{"limit", 5}, {"stack", nullptr}});
  interface.methods.at("Audit")(root, {{"stack", "immich"}});
  interface.methods.at("Audit")(root, {{"since", "2026-11-20T10:00:00.000Z"}});
  CHECK(service.calls == std::vector<std::string>{"flip g", "audit 5 -", "audit 100 immich",
                                                  "audit 100 - 2026-11-20T10:00:00.000Z"});
  CHECK_THROWS_AS(interface.methods.at("Audit")(root, {{"since", "yesterday"}}), VarlinkError);
}

TEST_CASE("another user is refused whatever the call") {
  RecordingService service;
  const VarlinkInterface interface = secrets_interface(service, [] {});
  for (const auto& [name, method] : interface.methods) {
    CHECK_THROWS_AS(method(VarlinkCall{.peer = {.uid = ::geteuid() + 1}}, Json::object()), VarlinkError);
  }
  CHECK(service.calls.empty());
}

TEST_CASE("waiting for a view lasts until it answers or the time is up") {
  RecordingService service;
  FakeClock clock;
  service.refusals = 3;
  CHECK(wait_for_view(service, 1000, std::chrono::seconds(5), clock).uid == 1000);
  CHECK(service.calls.size() == 4);
  service.refusals = 1000;
  CHECK_THROWS_WITH(wait_for_view(service, 1000, std::chrono::seconds(5), clock),
                    Catch::Matchers::Contains("1000") && Catch::Matchers::Contains("not yet"));
}

TEST_CASE("a service that is not there is an error with the socket's path") {
  SecretServiceClient client("/nonexistent/secrets");
  CHECK_THROWS_WITH(static_cast<void>(client.status()), Catch::Matchers::Contains("/nonexistent/secrets"));
}
