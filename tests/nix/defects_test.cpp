// What goes wrong in another converter of Compose files to NixOS, one case each (reference: compose.md 1.6).
#include "gitops/nix/marker.hpp"
#include "src/base/error.hpp"
#include "src/base/tree.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

using Words = std::vector<std::string>;

// A stack whose only service is "a" (container "box"), with these lines.
std::string one_service(const std::string& lines, const std::string& rest = "") {
  return "services:\n  a:\n    image: docker.io/library/a:1\n    container_name: box\n" + lines + rest;
}

Words argv(const std::string& compose, const std::string& stack = "style: oci\n") {
  return test::OciLab(test::oci_state(compose, stack)).argv("box");
}

// The values that follow `flag`, or stand behind "flag=".
Words values(const Words& words, const std::string& flag) {
  Words out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == flag && i + 1 < words.size()) out.push_back(words[i + 1]);
    if (words[i].rfind(flag + "=", 0) == 0) out.push_back(words[i].substr(flag.size() + 1));
  }
  return out;
}

std::string refusal(const std::string& compose, const std::string& stack = "style: oci\n") {
  try {
    (void)nix::render(test::oci_state(compose, stack));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("D1: two mounts of one source stay two") {
  CHECK(values(argv(one_service("    volumes: [\"/srv/x:/a\", \"/srv/x:/b:ro\"]\n")), "-v") ==
        Words{"/srv/x:/a", "/srv/x:/b:ro"});
}

TEST_CASE("D2: podman's own mount options are kept") {
  CHECK(values(argv(one_service(
                   "    volumes: [\"/srv/a:/a:U,noexec\", \"/srv/b:/b:O\", \"/srv/c:/c:idmap\"]\n")),
               "-v") == Words{"/srv/a:/a:U,noexec", "/srv/b:/b:O", "/srv/c:/c:idmap"});
}

TEST_CASE("D3: an anonymous volume gets a name that a restart keeps, and an image is mounted as one") {
  const auto words = argv(
      one_service("    volumes: [\"/data\", { type: image, source: docker.io/library/i:1, target: /i }]\n"));
  const auto volumes = values(words, "-v");
  REQUIRE(volumes.size() == 1);
  CHECK_THAT(volumes[0], Catch::Matchers::Contains("s_a_"));
  CHECK(volumes[0].substr(volumes[0].find(':')) == ":/data");
  CHECK(values(words, "--mount") == Words{"type=image,src=docker.io/library/i:1,dst=/i"});
}

TEST_CASE("D4: an IPv6 host address is bracketed, and an address without a port asks for a random one") {
  CHECK(values(argv(one_service(
                   "    ports: [\"[::1]:6001:6001/tcp\", \"127.0.0.1::80\", { target: 81, host_ip: \"::1\", "
                   "published: \"82\" }]\n")),
               "-p") == Words{"[::1]:6001:6001", "127.0.0.1::80", "[::1]:82:81"});
}

TEST_CASE("D5: a healthcheck of one word stays a command") {
  CHECK(values(argv(one_service("    healthcheck: { test: [CMD, /hc] }\n")), "--health-cmd") ==
        Words{"CMD /hc"});
}

TEST_CASE("D6: quotes and backslashes in a command reach podman as JSON that reads back") {
  const Words test{"a\"b", "c\\d", "$x"};
  const auto words =
      argv(one_service("    entrypoint: ['a\"b', 'c\\d', '$$x']\n"
                       "    healthcheck: { test: [CMD, 'a\"b', 'c\\d', '$$x'] }\n"));
  CHECK(Json::parse(values(words, "--entrypoint").at(0)).get<Words>() == test);
  CHECK(Json::parse(values(words, "--health-cmd").at(0)).get<Words>() == test);
}

TEST_CASE("D7: nothing of a Compose file is live Nix") {
  const auto words = argv(
      one_service("    volumes: ['/srv/$${HOME}:/a']\n    user: '$${x}\"'\n"
                  "    labels: { '$${a}\"b': '\"; throw \"x' }\n    environment: { 'A': \"''$${b}\" }\n"));
  CHECK(values(words, "-v") == Words{"/srv/${HOME}:/a"});
  CHECK(values(words, "-u") == Words{"${x}\""});
  CHECK(values(words, "-e") == Words{"A=''${b}"});
  CHECK_THAT(refusal(one_service("") + "  b: { image: 'a$${HOME}' }\n"),
             Catch::Matchers::Contains("is no name of an image"));
}

TEST_CASE("D8: a text in a unit is escaped once, by systemd's rules") {
  const test::OciLab lab(test::oci_state(one_service(
      "    networks: [n]\n", "networks: { n: { labels: { x: \"50% $$a \\\"q\\\" \\u00e9\" } } }\n")));
  const auto calls = lab.unit_calls("podman-network-s_n", "[ \"$2\" != exists ] || exit 1\n");
  CHECK(values(calls.at(1), "--label").back() == "x=50% $a \"q\" \xc3\xa9");
}

TEST_CASE("D9: labels and options of networks and volumes reach podman as words, not as shell text") {
  const test::OciLab lab(test::oci_state(one_service("    volumes: [\"v:/v\"]\n",
                                                     "volumes: { v: { driver_opts: { o: \"a; touch /tmp/x "
                                                     "$$(id) `id`\" }, labels: { \"k k\": \"'\" } } }\n")));
  const auto calls = lab.unit_calls("podman-volume-s_v", "[ \"$2\" != exists ] || exit 1\n");
  REQUIRE(calls.size() == 2);
  CHECK(values(calls[1], "--opt") == Words{"o=a; touch /tmp/x $(id) `id`"});
  CHECK(values(calls[1], "--label").back() == "k k='");
  CHECK(calls[1].back() == "s_v");
}

TEST_CASE("D10: of several env files the last wins, and a missing optional one is none") {
  MemoryTree tree;
  tree.put("hwcsync.yaml", "version: 1\nhosts: { server: { flake: \"#server\", stacks: [s] } }\n");
  tree.put("stacks/s/stack.yaml", "style: oci\n");
  tree.put("stacks/s/z.env", "WHO=z\nONLY=z\n");
  tree.put("stacks/s/a.env", "WHO=a\n");
  tree.put("stacks/s/compose.yaml",
           one_service("    env_file: [z.env, a.env, { path: none.env, required: false }]\n"));
  layout::LoadCounters counters;
  const auto words = test::OciLab(layout::load_desired_state(tree, "server", counters)).argv("box");
  CHECK(values(words, "-e") == Words{"ONLY=z", "WHO=a"});
  CHECK(values(words, "--env-file").empty());
}

TEST_CASE("D11: the same files give the same bytes") {
  const auto compose = one_service("    labels: { c: 1, a: 2, b: 3 }\n    sysctls: { net.b: 1, net.a: 2 }\n");
  CHECK(nix::render(test::oci_state(compose)).files == nix::render(test::oci_state(compose)).files);
}

TEST_CASE("D12: the mode of a tmpfs is octal") {
  CHECK(values(argv(one_service("    volumes: [ { type: tmpfs, target: /t, tmpfs: { mode: 0755 } } ]\n")),
               "--tmpfs") == Words{"/t:mode=0755"});
}

TEST_CASE("D13: a service with a profile is there when stack.yaml asks for it, and named when not") {
  const std::string compose =
      one_service("") + "  b:\n    image: docker.io/library/b:1\n    profiles: [extra]\n";
  CHECK(test::oci_state(compose).stacks.at("s").project.disabled == std::set<std::string>{"b"});
  const test::OciLab lab(test::oci_state(compose, "style: oci\nprofiles: [extra]\n"));
  CHECK(lab.argv("s-b").back() == "docker.io/library/b:1");
}

TEST_CASE(
    "D14: a container that is not of the stack is no dependency of the module, a missing service an error") {
  const test::OciLab lab(test::oci_state(one_service("    network_mode: \"container:far\"\n")));
  CHECK(values(lab.argv("box"), "--network") == Words{"container:far"});
  CHECK(lab.unit("podman-box")["requires"].empty());
  CHECK_THAT(refusal(one_service("    network_mode: \"service:gone\"\n")), Catch::Matchers::Contains("gone"));
}

TEST_CASE("D15: keys that others drop are mapped or refused") {
  const auto words = argv(one_service(
      "    mem_limit: 1g\n    cpus: 2\n    read_only: true\n    working_dir: /w\n    stop_signal: SIGINT\n"
      "    stop_grace_period: 20s\n    pull_policy: always\n    userns_mode: keep-id\n    pids_limit: 5\n    "
      "tty: true\n"));
  for (const char* word : {"--memory=1g", "--cpus=2", "--read-only", "--stop-signal=SIGINT",
                           "--stop-timeout=20", "--userns=keep-id", "--pids-limit=5", "--tty"}) {
    INFO(word);
    CHECK(std::count(words.begin(), words.end(), word) == 1);
  }
  CHECK(values(words, "-w") == Words{"/w"});
  CHECK(values(words, "--pull") == Words{"always"});
  CHECK_THAT(refusal(one_service("    isolation: hyperv\n")), Catch::Matchers::Contains("isolation"));
}

TEST_CASE("D16: a stack's options stand under a name that is ours") {
  const auto& files = nix::render(test::oci_state(one_service(""))).files;
  CHECK_THAT(files.at("stacks/s/options.nix"),
             Catch::Matchers::Contains("options.hwc.server.containers.\"s\""));
}

TEST_CASE("D17: the environment of who runs it changes nothing") {
  const auto compose = one_service("    environment: { H: \"${HWCSYNC_D17:-unset}\" }\n");
  const auto before = nix::render(test::oci_state(compose)).files;
  ::setenv("HWCSYNC_D17", "leaked", 1);
  CHECK(nix::render(test::oci_state(compose)).files == before);
  ::unsetenv("HWCSYNC_D17");
}

TEST_CASE("D18: a module says where it comes from, and an edit by hand shows") {
  const auto& files = nix::render(test::oci_state(one_service(""))).files;
  const std::string& text = files.at("stacks/s/index.nix");
  CHECK_THAT(text, Catch::Matchers::Contains(
                       "# Generated by hwcsync - do not edit; change stacks/s in the Git repository"));
  CHECK(nix::marker_state(text) == nix::MarkerState::intact);
  CHECK(nix::marker_state(text + "\n") == nix::MarkerState::edited);
}
