#include "src/base/text.hpp"
#include "tests/nix/compose_stack_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <thread>
#include <vector>

using namespace hwcsync;
using Lab = hwcsync::test::Lab;

TEST_CASE(
    "up starts the stack with its files in order, pulls nothing that is here, and puts no secret in an "
    "argument") {
  const Lab lab;
  const auto result = lab.run("up");
  INFO(result.errors);
  CHECK(result.status.ok());
  CHECK_THAT(lab.calls(),
             Catch::Matchers::Contains("docker-compose -f " + lab.root() +
                                       "/etc/hwcsync/stacks/web/compose.yaml --env-file /view/web-stack.env "
                                       "--env-file /view/more.env up -d --remove-orphans --pull missing\n"));
  CHECK_THAT(lab.calls(),
             Catch::Matchers::Contains("podman --url unix:///run/user/1000/podman/podman.sock version"));
}

TEST_CASE("a podman that still keeps its things in the old place is not given containers") {
  Lab lab;
  lab.storage_conf = "/etc/storage.conf";
  lab.put("etc/storage.conf", "[storage]\ndriver = \"overlay\"\ngraphroot = \"/mnt/new place\"\n");
  const auto up = [&] { return lab.calls().find(" up -d ") != std::string::npos; };
  SECTION("it is in the right place") {
    lab.put("storage", "overlay /mnt/new place\n");
    CHECK(lab.run("up").status.ok());
    CHECK(lab.calls().find("restart") == std::string::npos);
    CHECK(up());
  }
  SECTION("a restart of its service brings it there") {
    lab.put("storage", "overlay /old\n");
    lab.put("storage-then", "overlay /mnt/new place\n");
    CHECK(lab.run("up").status.ok());
    CHECK_THAT(lab.calls(), Catch::Matchers::Contains("systemctl --user restart podman.service\n"));
    CHECK(up());
  }
  SECTION("nothing brings it there") {
    lab.put("storage", "overlay /old\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 69);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("podman's storage is 'overlay /old', and "
                                                        "/etc/storage.conf says 'overlay /mnt/new place'"));
    CHECK_FALSE(up());
  }
  SECTION("the place was begun with another driver, which podman keeps") {
    lab.put("storage", "vfs /mnt/new place\n");
    CHECK(lab.run("up").status.value == 69);
    CHECK_FALSE(up());
  }
}

TEST_CASE("a missing secret fails closed, before anything is asked of podman") {
  const Lab lab;
  lab.remove("view/web/key");
  const auto result = lab.run("up");
  CHECK(result.status.value == 66);
  CHECK_THAT(result.errors, Catch::Matchers::Contains("/view/web/key"));
  CHECK_THAT(result.errors,
             Catch::Matchers::Contains("systemctl status hwcsync-secrets.service hwcsync-view@"));
  CHECK(lab.calls().empty());
}

TEST_CASE("a provider that says all is well is not believed") {
  const Lab lab;
  SECTION("a container has died") {
    lab.put("after-up", "1 app web-app-1 exited 1\n2 migrate web-migrate-1 exited 0\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("service app: container web-app-1 is exited:1"));
    CHECK_THAT(result.errors, Catch::Matchers::Contains("    last words of"));
  }
  SECTION("a container was never made") {
    lab.put("after-up", "2 migrate web-migrate-1 exited 0\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("service app has no container"));
  }
  SECTION("what runs once has failed") {
    lab.put("after-up", "1 app web-app-1 running 0\n2 migrate web-migrate-1 exited 3\n");
    CHECK(lab.run("reload").status.value == 1);
  }
}

TEST_CASE("leftovers in the way are removed and the start is tried again, but no anonymous volume is lost") {
  const Lab lab;
  const std::string anonymous = "volume:" + std::string(64, 'a');
  lab.put("containers", "7 app web-app-1 created 0 bind:\n8 db web-db-1 exited 0 " + anonymous +
                            "\n9 old web-old-1 exited 0 volume:named\n");
  lab.put("up-fails", "");
  CHECK(lab.run("up").status.ok());
  const auto calls = lab.calls();
  CHECK_THAT(calls, Catch::Matchers::Contains(" rm -f --depend 7\n"));
  CHECK_THAT(calls, Catch::Matchers::Contains(" rm -f --depend 9\n"));
  CHECK(calls.find(" rm -f --depend 8\n") == std::string::npos);
}

TEST_CASE("without podman the start ends, and says so") {
  const Lab lab;
  lab.put("no-podman", "");
  const auto result = lab.run("up");
  CHECK(result.status.value == 69);
  CHECK_THAT(result.errors,
             Catch::Matchers::Contains("podman does not answer at unix:///run/user/1000/podman/podman.sock"));
}

TEST_CASE("a socket that a failing service took down is put up again, once") {
  const Lab lab;
  lab.put("socket-failed", "");
  const auto restarts = [&] {
    const std::string calls = lab.calls(), call = "systemctl --user restart podman.socket\n";
    std::size_t out = 0;
    for (auto at = calls.find(call); at != std::string::npos; at = calls.find(call, at + 1)) ++out;
    return out;
  };
  SECTION("what was wrong is mended") {
    lab.put("mended", "");
    CHECK(lab.run("up").status.ok());
  }
  SECTION("it is not") {
    const auto result = lab.run("up");
    CHECK(result.status.value == 69);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("status podman.socket podman.service"));
  }
  CHECK(restarts() == 1);
}

TEST_CASE("stop keeps the containers, without needing secrets") {
  const Lab lab;
  lab.put("containers", "1 app web-app-1 running 0\n");
  lab.remove("view");
  CHECK(lab.run("stop").status.ok());
  CHECK(lab.containers() == "1 app web-app-1 exited 0\n");
  CHECK(lab.calls().find(" rm ") == std::string::npos);
}

TEST_CASE("removing a stack that has left /etc takes its containers and networks, and keeps its volumes") {
  const Lab lab;
  lab.put("containers", "1 app web-app-1 running 0\n");
  lab.remove("etc/hwcsync/stacks/web");
  CHECK(lab.run("remove").status.ok());
  CHECK(lab.containers().empty());
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains("--filter label=io.hwcsync.stack=web"));
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains("network rm net1"));
  CHECK(lab.calls().find("volume") == std::string::npos);
}

TEST_CASE("a start that does not end is ended at its limit, and says what is not healthy") {
  const Lab lab;
  lab.append("etc/hwcsync/stacks/web/unit.conf", "limit=1\n");
  lab.put("hang", "");
  lab.put("not-healthy", "web-db-1 Up\n");
  const auto result = lab.run("up");
  CHECK(result.status.value == 1);
  CHECK_THAT(result.errors, Catch::Matchers::Contains("up: not done within 1 s"));
  CHECK_THAT(result.errors, Catch::Matchers::Contains("not healthy: web-db-1"));
}

TEST_CASE("several Compose files, profiles and a project directory reach the provider in their order") {
  const Lab lab;
  lab.append("etc/hwcsync/stacks/web/unit.conf",
             "directory=/srv/my "
             "web\ncompose-file=compose.1.yaml\ncompose-file=compose.2.yaml\nprofile=a\nprofile=b\n");
  CHECK(lab.run("up").status.ok());
  const std::string etc = lab.root() + "/etc/hwcsync/stacks/web/";
  CHECK_THAT(lab.calls(),
             Catch::Matchers::Contains(
                 "docker-compose -f " + etc + "compose.yaml -f " + etc + "compose.1.yaml -f " + etc +
                 "compose.2.yaml --env-file /view/web-stack.env --env-file /view/more.env --profile a "
                 "--profile b --project-directory /srv/my web up -d"));
}

TEST_CASE("commands run in their places, with the stack's environment, and a failing one is named") {
  const Lab lab;
  lab.append("etc/hwcsync/stacks/web/unit.conf", "env=PRICE=50% of $5\n");
  const std::string etc = "etc/hwcsync/stacks/web/";
  lab.put(etc + "prepare.sh", "echo \"prepare $PRICE\" >>\"$LAB/calls\"\n");
  lab.put(etc + "before.sh", "echo before >>\"$LAB/calls\"\n");
  lab.put(etc + "after.sh", "echo after >>\"$LAB/calls\"\n");
  SECTION("prepare does nothing else") {
    CHECK(lab.run("prepare").status.ok());
    CHECK(lab.calls() == "prepare 50% of $5\n");
  }
  SECTION("up runs the others around the provider") {
    CHECK(lab.run("up").status.ok());
    const auto calls = lab.calls();
    const auto provider = calls.find("docker-compose");
    CHECK(calls.find("before") < provider);
    CHECK(calls.find("after") > provider);
    CHECK(calls.find("after") != std::string::npos);
    CHECK(calls.find("prepare") == std::string::npos);
  }
  SECTION("a failing one keeps the stack down") {
    lab.put(etc + "before.sh", "exit 3\n");
    const auto result = lab.run("up");
    CHECK(result.status.value == 1);
    CHECK_THAT(result.errors, Catch::Matchers::Contains("before.sh failed"));
    CHECK(lab.calls().find("docker-compose") == std::string::npos);
  }
  SECTION("nor do they run without the secrets") {
    lab.remove("view/web/key");
    CHECK(lab.run("up").status.value == 66);
    CHECK(lab.calls().empty());
  }
}

TEST_CASE("timers of health checks whose container is gone are stopped, others are not") {
  const Lab lab;
  const std::string here(64, 'a');
  const std::string gone(64, 'b');
  lab.put("after-up", here + " app web-app-1 running 0\n2 migrate web-migrate-1 exited 0\n");
  lab.put("timers", here + "-1f.timer loaded active waiting x\n" + gone + ".timer loaded active waiting x\n" +
                        "logrotate.timer loaded active waiting x\n");
  CHECK(lab.run("up").status.ok());
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains("systemctl --user stop " + gone + ".timer"));
  CHECK(lab.calls().find("stop " + here) == std::string::npos);
  CHECK(lab.calls().find("stop logrotate") == std::string::npos);
}

TEST_CASE("a container that never became healthy is made anew, a young one is left alone") {
  const Lab lab;
  lab.put("containers", "5 db web-db-1 running 0\n6 cache web-cache-1 running 0\n");
  lab.put("not-healthy", "5 1000000000\n6 9999999999\n");
  CHECK(lab.run("reload").status.ok());
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains(" rm -f --depend 5\n"));
  CHECK(lab.calls().find(" rm -f --depend 6\n") == std::string::npos);
}

TEST_CASE("a reload restarts the containers that read new secrets as files, and no younger ones") {
  const Lab lab;
  const std::string now =
      "1 app web-app-1 running 0\n3 app web-app-2 running 0\n2 migrate web-migrate-1 exited 0\n4 db web-db-1 "
      "running 0\n";
  lab.put("after-up", now);
  lab.put("started/1", "1790000005\n");
  lab.put("started/2", "-62135596800\n");
  lab.put("started/3", "1790000000\n");
  lab.put("started/4", "1790000001\n");
  CHECK(lab.run("reload").status.ok());
  CHECK(lab.calls().find(" restart ") == std::string::npos);
  const std::string list = "run/hwcsync/rotated/web";
  lab.put(list, "since 1790000000\nrestart app\nrestart db\nrestart migrate\nrestart gone\n");
  CHECK(lab.run("reload").status.ok());
  const std::string calls = lab.calls();
  CHECK_THAT(calls, Catch::Matchers::Contains(" restart app migrate\n"));
  CHECK(calls.find(" restart ") > calls.find(" up -d "));
  CHECK_THAT(calls, Catch::Matchers::Contains("--env-file /view/web-stack.env"));
  // Nobody is old enough; but who ran before the run is, whatever its clock said then.
  lab.put(list, "since 1790000000\nrestart db\nwas 4:1\n");
  CHECK(lab.run("reload").status.ok());
  CHECK(lab.calls().find(" restart ") == std::string::npos);
  lab.put(list, "since 1790000000\nrestart db\nwas 4:14\n");
  CHECK(lab.run("reload").status.ok());
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains(" restart db\n"));
  // A provider that says that it is done is not believed.
  const auto is_old = [&](const std::string& id) {
    lab.remove("pid/" + id);
    lab.put("started/" + id, "1789999999\n");
  };
  is_old("4");
  lab.put("idle", "");
  const ProcessResult idle = lab.run("reload");
  CHECK(idle.status.value == 1);
  CHECK_THAT(idle.errors, Catch::Matchers::Contains("these still have the old secrets: db"));
  // Made anew; one that the first try did not come to is made in the second.
  for (const char* id : {"1", "3", "4"}) is_old(id);
  lab.put(list, "since 1790000000\nanew app\nanew db\n");
  lab.put("one-only", "");
  CHECK(lab.run("reload").status.ok());
  CHECK_THAT(lab.calls(),
             Catch::Matchers::Contains(" up -d --no-deps --force-recreate --pull missing app db\n"));
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains(" up -d --pull missing\n"));
  CHECK(lab.calls().rfind(" --force-recreate ") > lab.calls().find(" up -d --pull missing\n"));
  lab.put("ps-fails", "");
  CHECK(lab.run("reload").status.value == 69);
}

TEST_CASE("the pod of an older provider is removed where the stack says so") {
  const Lab lab;
  lab.put("pod", "");
  CHECK(lab.run("up").status.ok());
  CHECK(lab.calls().find(" pod ") == std::string::npos);
  lab.append("etc/hwcsync/stacks/web/unit.conf", "pod=pod_web\n");
  CHECK(lab.run("up").status.ok());
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains(" pod rm -f pod_web\n"));
}

TEST_CASE("a Compose file that nobody resolved is judged by the services that the provider names") {
  const Lab lab;
  lab.put("etc/hwcsync/stacks/web/unit.conf", "project=web\n");
  lab.put("services", "app\nmigrate\n");
  CHECK(lab.run("up").status.ok());
  lab.put("after-up", "1 app web-app-1 running 0\n");
  CHECK(lab.run("up").status.value == 1);
}

TEST_CASE(
    "the password of a registry comes from the view by stdin, and missing images are pulled with the login") {
  const Lab lab;
  lab.append("etc/hwcsync/stacks/web/unit.conf", "login=ghcr.io me /view/web/key\n");
  lab.put("images", "ghcr.io/me/here:1\n");
  const auto result = lab.run("up");
  INFO(result.errors);
  CHECK(result.status.ok());
  CHECK(read_file(lab.root() + "/password") == "k");
  const std::string auth = lab.root() + "/run/containers/auth.json";
  CHECK_THAT(lab.calls(), Catch::Matchers::Contains("podman login --authfile " + auth +
                                                    " --username me --password-stdin ghcr.io\n"));
  CHECK_THAT(lab.calls(),
             Catch::Matchers::Contains(" pull --quiet --authfile " + auth + " ghcr.io/me/app:1\n"));
  CHECK(lab.calls().find("auth.json ghcr.io/me/here:1\n") == std::string::npos);
}

TEST_CASE("of many stacks that start at once, at most three talk to podman") {
  const Lab lab;
  lab.put("bin/docker-compose",
          "#!/bin/sh\ncase \" $* \" in *' up '*) echo + >>\"$LAB/slots\"; sleep 0.3; echo - >>\"$LAB/slots\" "
          ";; esac\n");
  std::vector<std::thread> starts;
  for (int i = 0; i < 6; ++i) {
    const std::string stack = "s" + std::to_string(i);
    lab.put("etc/hwcsync/stacks/" + stack + "/compose.yaml", "services: {}\n");
    lab.put("etc/hwcsync/stacks/" + stack + "/unit.conf", "project=" + stack + "\n");
    starts.emplace_back([&lab, stack] { (void)lab.start("up", stack); });
  }
  for (auto& start : starts) start.join();
  int now = 0;
  int most = 0;
  int all = 0;
  for (const auto& line : split(read_file(lab.root() + "/slots"), '\n')) {
    if (line == "+") ++all;
    now += line == "+" ? 1 : line == "-" ? -1 : 0;
    most = std::max(most, now);
  }
  CHECK(all == 6);
  CHECK(most <= 3);
}

TEST_CASE("without a provider the start ends, and podman-compose is no provider") {
  const Lab lab;
  lab.remove("bin/docker-compose");
  const auto result = lab.run("up", "web", "/nonexistent");
  CHECK(result.status.value == 69);
  CHECK_THAT(result.errors, Catch::Matchers::Contains("no Compose provider: add pkgs.docker-compose"));
}

TEST_CASE("a name that is no stack is refused") {
  const Lab lab;
  CHECK(lab.run("up", "../etc").status.value == 64);
  CHECK(lab.run("down").status.value == 64);
  CHECK(lab.run("up", "nothing").status.value == 66);
}
