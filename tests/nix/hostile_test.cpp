// Ten thousand hostile strings in every position of a service that takes free text: what podman gets is what
// the model holds, after Nix, NixOS' module and a real shell.
#include "tests/nix/hostile.hpp"

#include "gitops/nix/verify.hpp"
#include "src/base/error.hpp"
#include "src/base/process.hpp"
#include "tests/nix/fixture.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

using Words = std::vector<std::string>;

constexpr std::size_t kServices = 40;
constexpr std::size_t kRound = 25;  // of each kind in one service

struct Hostile {
  layout::DesiredState state;
  std::size_t strings = 0;
};

Hostile hostile_state() {
  Hostile out;
  test::HostileText random(20240229);
  const auto text = [&](const std::string& without = "") {
    ++out.strings;
    return random(without);
  };
  out.state = test::example_state();
  layout::Stack stack = out.state.stacks.at("sonarr");
  out.state.stacks.clear();
  out.state.config.users.clear();
  stack.config.routes.clear();
  stack.project.services.clear();
  for (std::size_t i = 0; i < kServices; ++i) {
    compose::Service one;
    one.name = "h" + std::to_string(i);
    one.container_name = one.name;
    one.image = "docker.io/library/a:1";
    one.network_mode = "none";
    one.command.emplace();
    one.entrypoint.emplace(Words{text(), text()});
    one.health_check.emplace();
    one.health_check->test = {"CMD", "x" + text(), text()};
    for (std::size_t k = 0; k < kRound; ++k) {
      one.environment[text("=")] = compose::Template::literal(text());
      one.labels["l" + text("=")] = text();
      one.annotations[text("=")] = compose::Template::literal(text());
      one.command->push_back(text());
      compose::Mount mount;
      mount.source = "/etc/" + text(":");
      mount.target = "/" + text(":");
      one.volumes.push_back(mount);
      one.sysctls[text("=")] = text();
    }
    compose::Hook hook;
    hook.command = {compose::Template::literal(text()), compose::Template::literal(text())};
    hook.environment[text("=")] = compose::Template::literal(text());
    one.post_start = {hook};
    one.user = text();
    one.working_dir = text();
    one.hostname = text();
    one.stop_signal = text();
    one.dns = {text(), text()};
    one.security_opt = {"label=" + text()};
    one.group_add = {text()};
    one.devices = {text()};
    one.cgroup_parent = text();
    one.tmpfs = {text()};
    stack.project.services[one.name] = one;
  }
  out.state.stacks["sonarr"] = stack;
  return out;
}

Words values(const Words& words, const std::string& flag) {
  Words out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (flag.size() == 2) {
      if (words[i] == flag && i + 1 < words.size()) out.push_back(words[++i]);
    } else if (words[i].rfind(flag + "=", 0) == 0) {
      out.push_back(words[i].substr(flag.size() + 1));
    }
  }
  return out;
}

// As podman reads flags that take lists: one field of CSV, quoted or as it stands.
Words fields(const Words& words, const std::string& flag) {
  Words out;
  for (const std::string& word : values(words, flag)) {
    if (word.empty() || word.front() != '"') {
      REQUIRE(word.find_first_of(",\"\n") == std::string::npos);
      out.push_back(word);
      continue;
    }
    std::string text;
    for (std::size_t i = 1; i + 1 < word.size(); ++i) {
      if (word[i] == '"') REQUIRE(word.at(++i) == '"');
      text += word[i];
    }
    out.push_back(text);
  }
  return out;
}

template <class Map, class Text>
Words pairs(const Map& map, Text text) {
  Words out;
  for (const auto& [key, value] : map) out.push_back(key + "=" + text(value));
  std::sort(out.begin(), out.end());
  return out;
}

Words sorted(Words words) {
  std::sort(words.begin(), words.end());
  return words;
}

// Where the words differ, for a message that can be read.
std::size_t differences(const Words& is, const Words& should) {
  std::size_t out = is.size() == should.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(is.size(), should.size()); ++i) out += is[i] == should[i] ? 0 : 1;
  return out;
}

}  // namespace

TEST_CASE("ten thousand hostile strings reach podman as they stand in the model") {
  const Hostile hostile = hostile_state();
  REQUIRE(hostile.strings >= 10'000);
  const auto rendered = nix::render(hostile.state);
  SystemProcessRunner runner;
  nix::verify(rendered, runner);
  const test::OciLab lab(rendered);
  const auto plain = [](const std::string& text) { return text; };
  const auto templated = [](const compose::Template& text) { return text.plain(); };
  for (const auto& [name, model] : hostile.state.stacks.at("sonarr").project.services) {
    INFO(name);
    const Words words = lab.argv(name);
    // The command comes last; what looks like a flag in it is none.
    const auto command = static_cast<std::ptrdiff_t>(model.command->size());
    const Words flags(words.begin(), words.end() - command);
    CHECK(differences(Words(words.end() - command, words.end()), *model.command) == 0);
    CHECK(differences(sorted(values(flags, "-e")), pairs(model.environment, templated)) == 0);
    auto labels = values(flags, "-l");
    labels.erase(std::remove(labels.begin(), labels.end(), "io.hwcsync.stack=sonarr"), labels.end());
    CHECK(differences(sorted(labels), pairs(model.labels, plain)) == 0);
    CHECK(differences(sorted(values(flags, "--annotation")), pairs(model.annotations, templated)) == 0);
    CHECK(differences(sorted(fields(flags, "--sysctl")), pairs(model.sysctls, plain)) == 0);
    Words volumes;
    for (const auto& mount : model.volumes) volumes.push_back(mount.source + ":" + mount.target);
    CHECK(differences(values(flags, "-v"), volumes) == 0);
    CHECK(values(flags, "-u") == Words{model.user});
    CHECK(values(flags, "-w") == Words{model.working_dir});
    CHECK(values(flags, "--hostname") == Words{model.hostname});
    CHECK(values(flags, "--stop-signal") == Words{model.stop_signal});
    CHECK(fields(flags, "--dns") == model.dns);
    CHECK(fields(flags, "--group-add") == model.group_add);
    CHECK(values(flags, "--device") == model.devices);
    CHECK(values(flags, "--cgroup-parent") == Words{model.cgroup_parent});
    CHECK(values(flags, "--tmpfs") == model.tmpfs);
    CHECK(values(flags, "--security-opt") == model.security_opt);
    CHECK(Json::parse(values(flags, "--entrypoint").at(0)).get<Words>() == *model.entrypoint);
    const auto& test = model.health_check->test;
    CHECK(Json::parse(values(flags, "--health-cmd").at(0)).get<Words>() ==
          Words(test.begin() + 1, test.end()));
    const auto& hook = model.post_start.front();
    const auto calls = lab.script_calls("stacks/sonarr/bin/" + name + "-post-start");
    Words exec{"exec", "--env=" + pairs(hook.environment, templated).front(), name};
    for (const auto& word : hook.command) exec.push_back(word.plain());
    REQUIRE(calls.size() == 1);
    CHECK(calls[0] == exec);
  }
}

TEST_CASE(
    "hostile settings of networks and volumes reach podman through systemd's quoting and a shell script") {
  test::HostileText random(7);
  auto state = test::example_state();
  state.stacks.erase("immich");
  state.stacks.erase("caddy");
  auto& project = state.stacks["ledger"].project;
  auto& labels = project.networks["back"].labels;
  for (int i = 0; i < 50; ++i) labels[random("=")] = random();
  auto& options = project.volumes["pg"].driver_opts;
  for (int i = 0; i < 50; ++i) options[random("=")] = compose::Template::literal(random());
  const test::OciLab lab(state);
  const std::string absent = "[ \"$2\" != exists ] || exit 1\n";
  auto is = values(lab.unit_calls("podman-network-ledger_back", absent).at(1), "--label");
  is.erase(is.begin());  // io.hwcsync.stack
  CHECK(sorted(is) == pairs(labels, [](const std::string& text) { return text; }));
  CHECK(sorted(values(lab.unit_calls("podman-volume-ledger_pg", absent).at(1), "--opt")) ==
        pairs(options, [](const compose::Template& text) { return text.plain(); }));
}

TEST_CASE("only NUL and text that is not UTF-8 are refused") {
  auto state = test::example_state();
  auto& app = state.stacks["sonarr"].project.services["sonarr"];
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff"), std::string("\xc3")}) {
    app.labels["x"] = text;
    CHECK_THROWS_AS(nix::render(state), Error);
    app.labels.erase("x");
    app.entrypoint = Words{"a", text};
    CHECK_THROWS_AS(nix::render(state), Error);
    app.entrypoint.reset();
  }
  app.labels["x"] = "\x01\x7f\n\xc3\xa9";
  CHECK_NOTHROW(nix::render(state));
}
