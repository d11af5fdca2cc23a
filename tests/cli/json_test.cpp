// --json gives one document, of every command, whether it does what it is asked for or not.
#include "src/base/json.hpp"

#include "src/base/fd.hpp"
#include "src/cli/cli.hpp"
#include "src/cli/command.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/json_answer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::cli {
namespace {

using Words = std::vector<std::string>;

// The whole of stdout: what goes through the stream, and what goes past it as plaintext does.
struct Answer {
  int status = 0;
  std::string out;
  std::string err;
};

class World {
 public:
  World() {
    fixture_.write("config.yaml", "version: 1\nrepository: { url: /nowhere }\nstate-dir: " + path("state") +
                                      "\nruntime-dir: " + path("run") + "\n");
    fixture_.write(
        "hwcsync.yaml",
        "version: 1\nhosts: { h: { flake: '#h', stacks: [ s ], users: { homelab: { uid: 1000 } } } }\n");
    fixture_.write(
        "stacks/s/compose.yaml",
        "services: { web: { image: 'docker.io/library/caddy:2.8.4', volumes: [ './html:/h:ro' ] } }\n");
    fixture_.write("stacks/s/html/a.png", "\x89PNG\xff");
    fixture_.write("compose.yaml", "services: { web: { image: i } }\n");
    fixture_.write("key", "AGE-SECRET-KEY-1M4Q7MERQWSL3U6QVGPHUN3EY6FCGERYY9702PZQDJ43YV0PPEHAS7YH9GL\n");
    fixture_.write("plain", "hello\n");
    fixture_.commit("first");
    ::setenv("HOME", fixture_.path().c_str(), 1);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return fixture_.work() + '/' + name; }
  void write(const std::string& name, const std::string& content) { fixture_.write(name, content); }

  Answer run(const Words& words) const {
    const std::string file = fixture_.path() + "/stdout";
    const Fd past = open_file(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    const Fd own(::dup(STDOUT_FILENO));
    ::dup2(past.get(), STDOUT_FILENO);
    std::ostringstream out;
    std::ostringstream err;
    Answer answer;
    answer.status = cli::run(words, out, err);
    ::dup2(own.get(), STDOUT_FILENO);
    answer.out = read_file(file) + out.str();
    answer.err = err.str();
    return answer;
  }

 private:
  test::GitFixture fixture_;
};

// Throws, and so fails the case, when stdout is anything but one document.
Json document(const Answer& answer) {
  INFO(answer.out);
  Json out = parse_json(answer.out, "stdout");
  REQUIRE(out.is_object());
  return out;
}

// "plan", "secrets ls": the table of commands as a person would type it.
std::vector<Words> all_commands() {
  std::vector<Words> out;
  for (const Command& command : commands()) {
    std::ostringstream nowhere;
    Context context{nowhere, nowhere, {}, {}, {}};
    CLI::App app;
    CLI::App& sub = *app.add_subcommand(command.name);
    (void)command.declare(sub, context);
    const auto below = sub.get_subcommands([](const CLI::App*) { return true; });
    if (below.empty()) out.push_back({command.name});
    for (const CLI::App* one : below) out.push_back({command.name, one->get_name()});
  }
  return out;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("a wrong word gives a document, with the exit status of wrong words") {
  const World world;
  for (const Words& command : all_commands()) {
    CAPTURE(command);
    const Answer answer = world.run(command + Words{"--json", "--no-such-option"});
    CHECK(answer.status == kUsage);
    CHECK(document(answer)["exit_status"] == kUsage);
    CHECK_FALSE(document(answer)["error"]["message"].get<std::string>().empty());
    CHECK_FALSE(answer.err.empty());
  }
  for (const Words& words :
       {Words{"plam", "--json"}, Words{"secrets", "--json"}, Words{"secrets", "lss", "--json"},
        Words{"--json"}, Words{"--json", "--nonsense"}, Words{"log", "--json", "x"},
        Words{"plan", "--json", "--from", ""}}) {
    CAPTURE(words);
    const Answer answer = world.run(words);
    CHECK(answer.status == kUsage);
    CHECK(document(answer)["error"].is_object());
  }
}

TEST_CASE("help and the version come as a document too") {
  const World world;
  for (const Words& command : all_commands()) {
    CAPTURE(command);
    const Answer answer = world.run(command + Words{"--json", "--help"});
    CHECK(answer.status == kDone);
    CHECK_FALSE(document(answer)["text"].get<std::string>().empty());
  }
  for (const Words& words :
       {Words{"help", "--json"}, Words{"--json", "--version"}, Words{"help", "plan", "--json"}})
    CHECK(document(world.run(words))["text"].is_string());
}

TEST_CASE("a configuration that is wrong gives a document") {
  World world;
  world.write("bad.yaml", "version: 1\nnonsense: 1\n");
  const Words words{"--json", "--config", world.path("bad.yaml")};
  const std::map<std::string, Words> needed{{"log", {"1"}},
                                            {"worker", {"1"}},
                                            {"suspend", {"x"}},
                                            {"accept-rewrite", {"x"}},
                                            {"explain", {"nothing"}},
                                            {"config", {"s"}},
                                            {"cat", {"s/x"}},
                                            {"decrypt", {world.path("key")}},
                                            {"mount", {"--wait", "1"}}};
  for (const Words& command : all_commands()) {
    // None of these reads it.
    if (command.back() == "version" || command.back() == "init") continue;
    const auto more = needed.find(command.back());
    Words whole = command + words + (more == needed.end() ? Words{} : more->second);
    if (command.back() == "encrypt") whole = whole + Words{"--host", "h", world.path("plain")};
    CAPTURE(whole);
    const Answer answer = world.run(whole);
    CHECK(answer.status == kBadHostConfig);
    CHECK(document(answer)["exit_status"] == kBadHostConfig);
    CHECK(document(answer)["findings"][0]["line"] == 2);
  }
}

TEST_CASE("what succeeds gives its own document, one for every command that can succeed here") {
  World world;
  const Words repo{"--json", "--repo", world.path(""), "--host", "h", "--config", world.path("config.yaml")};
  const Words key{"-i", world.path("key")};
  const std::string recipient = "age1t2rxvww7zd6l4nkp6wn3h9exu8nvc22xyf6xmkp8rh54zscx7ptsye8aeu";
  // No daemon, secret service or run is here: a failure, which is a document as well.
  const std::map<std::string, int> failing{
      {"apply", kFailed},   {"rollback", kRefused}, {"sync", kFailed},  {"why", kFailed},
      {"suspend", kFailed}, {"resume", kFailed},    {"retry", kFailed}, {"accept-rewrite", kFailed},
      {"log", kFailed},     {"daemon", -1},         {"secretsd", -1},   {"worker", kFailed},
      {"mount", kFailed},   {"audit", kFailed}};
  const std::string encrypted = world.path("hello.age");
  const std::map<std::string, std::vector<Words>> succeeding{
      {"plan", {repo, repo + Words{"--check"}}},
      {"status", {repo}},
      {"history", {repo}},
      {"init",
       {{"--json", "--host", "new", world.path("new")}, {"--json", "--host", "new", world.path("new")}}},
      {"config",
       {repo + Words{"s"},
        {"--json", "-f", world.path("compose.yaml")},
        {"--format", "json", "--json", "-f", world.path("compose.yaml")}}},
      {"lint", {repo}},
      {"explain", {{"--json"}, {"--json", "image-unpinned"}, {"--json", "--keys"}, repo + Words{"s"}}},
      {"render",
       {repo, repo + Words{"--out", world.path("out")}, repo + Words{"--out", world.path("out"), "--check"},
        repo + Words{"--check"}}},
      {"version", {{"--json"}}},
      {"encrypt",
       {{"--json", "-r", recipient, "--format", "age", world.path("plain")},
        {"--json", "-r", recipient, "--format", "age", "-o", encrypted, world.path("plain")}}},
      {"decrypt", {key + Words{"--json", encrypted}}},
      {"cat", {key + Words{"--json", encrypted}}},
      {"ls", {repo}},
      {"check", {repo}},
      {"rekey", {repo + key, key + Words{"--json", "-r", recipient, encrypted}}}};
  std::vector<Words> later;
  for (const Words& command : all_commands()) {
    CAPTURE(command);
    if (failing.count(command.back()) > 0) continue;
    REQUIRE(succeeding.count(command.back()) == 1);
    if (command.back() == "encrypt")
      later.insert(later.begin(), command);  // makes what the others read
    else
      later.push_back(command);
  }
  for (const Words& command : later) {
    for (const Words& words : succeeding.at(command.back())) {
      CAPTURE(command, words);
      const Answer answer = world.run(command + words);
      CAPTURE(answer.err);
      CHECK((answer.status == kDone || answer.status == kDifferences));
      CHECK_FALSE(document(answer).contains("error"));
    }
  }
  CHECK(document(world.run(
            {"secrets", "decrypt", "-i", world.path("key"), "--json", encrypted}))["content"] == "hello\n");
  const Json rendered = document(world.run(Words{"render"} + repo));
  CHECK(rendered["files_base64"]["stacks/s/trees/html/a.png"] == "iVBOR/8=");
  CHECK(document(world.run(Words{"render"} + repo + Words{"--check"}))["stale"].size() > 1);
  for (const auto& [command, status] : failing) {
    if (status < 0) continue;  // services, that go on until somebody ends them
    Words words{command};
    if (command == "mount" || command == "audit") words.insert(words.begin(), "secrets");
    if (command == "log" || command == "worker") words.emplace_back("1");
    if (command == "suspend" || command == "accept-rewrite") words.emplace_back("x");
    if (command == "mount") words = words + Words{"--wait", "1"};
    CAPTURE(words);
    const Answer answer = world.run(words + Words{"--json", "--config", world.path("config.yaml")});
    const bool for_root = command == "worker" || command == "apply";
    CHECK(answer.status == (::geteuid() != 0 && for_root ? kRefused : status));
    CHECK(document(answer)["exit_status"] == answer.status);
  }
}

// What of JSON Schema the files of docs/schema use. Stricter than they are: a key that none describes is a
// fault here, though readers pass over it.
void check_schema(const Json& value, const Json& schema, const std::string& at) {
  CAPTURE(at, value);
  if (schema.contains("const")) CHECK(value == schema["const"]);
  if (schema.contains("enum"))
    CHECK(std::find(schema["enum"].begin(), schema["enum"].end(), value) != schema["enum"].end());
  if (schema.contains("type")) {
    const std::string type = value.is_object()    ? "object"
                             : value.is_array()   ? "array"
                             : value.is_string()  ? "string"
                             : value.is_boolean() ? "boolean"
                             : value.is_null()    ? "null"
                                                  : "integer";
    const Json& types = schema["type"];
    CHECK(
        (types == type || (types.is_array() && std::find(types.begin(), types.end(), type) != types.end())));
  }
  for (const Json& key : schema.value("required", Json::array()))
    CHECK(value.contains(key.get<std::string>()));
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      REQUIRE(schema["properties"].contains(key));
      check_schema(member, schema["properties"][key], at + '.' + key);
    }
  }
  if (value.is_array()) {
    for (const Json& item : value) check_schema(item, schema["items"], at + "[]");
  }
}

Json schema(const std::string& name) {
  return parse_json(read_file(std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/docs/schema/" + name), name);
}

TEST_CASE("plans, findings and failures are what docs/schema says of them") {
  World world;
  const Words repo{"--json", "--repo", world.path(""), "--host", "h", "--config", world.path("config.yaml")};
  const Json plan = document(world.run(Words{"plan"} + repo));
  CHECK(plan["changes"].size() == 1);
  check_schema(plan, schema("plan.schema.json"), "plan");
  world.write("stacks/s/compose.yaml", "services: { web: { image: caddy } }\n");
  const Json findings = document(world.run(Words{"lint"} + repo));
  CHECK(findings["findings"].size() == 2);
  check_schema(findings, schema("findings.schema.json"), "findings");
  world.write("stacks/s/compose.yaml", "services: { web: { imag: caddy } }\n");
  const Json failure = document(world.run(Words{"lint"} + repo));
  CHECK(failure["findings"][0]["rule"] == "unreadable");
  check_schema(failure, schema("findings.schema.json"), "failure");
}

TEST_CASE("a command that says nothing is answered for, and text that is not UTF-8 breaks nothing") {
  CHECK(parse_json(json_answer("resume", kDone, "", {}), "") ==
        Json{{"version", 1}, {"command", "resume"}, {"exit_status", 0}});
  CHECK(parse_json(json_answer("x", kFailed, "{ \"half\": ", Failure{"\xff"}), "")["error"]["message"] ==
        "\xEF\xBF\xBD");
  CHECK(json_answer("x", kDone, "{ \"own\": 1 }\n", {}) == "{ \"own\": 1 }\n");
  CHECK(asks_for_json({"plan", "--json"}));
  CHECK_FALSE(asks_for_json({"plan", "--", "--json"}));
}

TEST_CASE("a Compose file that is not UTF-8 is told with its place") {
  World world;
  world.write("latin.yaml", "services:\n  web:\n    image: i\n    labels: { a: J\xf6rg }\n");
  const Answer answer = world.run({"config", "--json", "-f", world.path("latin.yaml")});
  CHECK(answer.status == kBadInput);
  CHECK(document(answer)["findings"][0]["line"] == 4);
  CHECK(document(answer)["findings"][0]["column"] == 19);
  CHECK(
      document(world.run({"config", "--json", "-f", world.path("compose.yaml"), "--var", "A=\xff"}))["error"]
          .is_object());
}

}  // namespace
}  // namespace hwcsync::cli
