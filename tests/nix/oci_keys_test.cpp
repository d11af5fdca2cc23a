// Each key of a service that style oci maps, and the words that podman gets for it: read from Compose text,
// evaluated by Nix, run by a shell.
#include "gitops/nix/render.hpp"
#include "tests/nix/need_nix.hpp"
#include "tests/nix/oci_lab.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace hwcsync;

namespace {

const test::NeedNix kNeedNix;

using Words = std::vector<std::string>;

struct KeyRow {
  const char* key;
  const char* yaml;  // lines of the service, indented by four
  Words words;       // beyond those of a service with nothing but an image; @ stands for the service's name
  Words without;     // words of such a service that are not there
};

const Words kDefaultNetwork{"--network=s_default:alias=@"};

const std::vector<KeyRow>& rows() {
  static const std::vector<KeyRow> table{
      {"annotations",
       "annotations: { b: \"2\", a: \"x y\" }",
       {"--annotation=a=x y", "--annotation=b=2"},
       {}},
      {"blkio_config",
       "blkio_config:\n      weight: 300\n      weight_device: [ { path: /dev/sda, weight: 400 } ]\n"
       "      device_read_bps: [ { path: /dev/sdb, rate: 12mb } ]\n"
       "      device_write_iops: [ { path: /dev/sdb, rate: 30 } ]",
       {"--blkio-weight=300", "--blkio-weight-device=/dev/sda:400", "--device-read-bps=/dev/sdb:12582912",
        "--device-write-iops=/dev/sdb:30"},
       {}},
      {"cap_add, cap_drop",
       "cap_drop: [ALL]\n    cap_add: [NET_ADMIN, CHOWN]",
       {"--cap-add=CHOWN", "--cap-add=NET_ADMIN", "--cap-drop=ALL"},
       {}},
      {"cgroup", "cgroup: host", {"--cgroupns=host"}, {}},
      {"cgroup_parent", "cgroup_parent: my.slice", {"--cgroup-parent=my.slice"}, {}},
      {"command, a string is split",
       "command: sh -c \"echo 'a  b' $$HOME\"",
       {"sh", "-c", "echo 'a  b' $HOME"},
       {}},
      {"command, a list", "command: [\"a b\", \"\", \"it's\"]", {"a b", "", "it's"}, {}},
      {"cpu_period, cpu_quota",
       "cpu_period: 50000\n    cpu_quota: 25000",
       {"--cpu-period=50000", "--cpu-quota=25000"},
       {}},
      {"cpu_shares", "cpu_shares: 73", {"--cpu-shares=73"}, {}},
      {"cpus", "cpus: 1.5", {"--cpus=1.5"}, {}},
      {"cpuset", "cpuset: 0-2", {"--cpuset-cpus=0-2"}, {}},
      {"device_cgroup_rules", "device_cgroup_rules: [\"c 1:3 mr\"]", {"--device-cgroup-rule=c 1:3 mr"}, {}},
      {"devices",
       "devices: [\"/dev/dri:/dev/dri\", \"/dev/a:/dev/b:rw\"]",
       {"--device=/dev/dri:/dev/dri", "--device=/dev/a:/dev/b:rw"},
       {}},
      {"dns, dns_opt, dns_search in order",
       "dns: [8.8.8.8, 8.8.4.4]\n    dns_opt: [use-vc, no-tld-query]\n    dns_search: [z.example, a.example]",
       {"--dns=8.8.8.8", "--dns=8.8.4.4", "--dns-option=use-vc", "--dns-option=no-tld-query",
        "--dns-search=z.example", "--dns-search=a.example"},
       {}},
      {"domainname", "hostname: h\n    domainname: example.org", {"--hostname=h.example.org"}, {}},
      {"entrypoint, one word", "entrypoint: [/bin/tini]", {"--entrypoint=/bin/tini"}, {}},
      {"entrypoint, several words",
       "entrypoint: [\"/bin/sh\", \"-c\", \"a \\\"b\\\"\"]",
       {"--entrypoint=[\"/bin/sh\",\"-c\",\"a \\\"b\\\"\"]"},
       {}},
      {"entrypoint, none", "entrypoint: []", {"--entrypoint="}, {}},
      {"environment",
       "environment: { B: \"x = y\", A: \"it's $$5\" }",
       {"-e", "A=it's $5", "-e", "B=x = y"},
       {}},
      {"expose", "expose: [\"3000\", \"8000/udp\"]", {"--expose=3000", "--expose=8000/udp"}, {}},
      {"extra_hosts",
       "extra_hosts: [\"b=10.0.0.1\", \"a:10.0.0.2\", \"host.docker.internal:host-gateway\"]",
       {"--add-host=b:10.0.0.1", "--add-host=a:10.0.0.2", "--add-host=host.docker.internal:host-gateway"},
       {}},
      {"gpus", "gpus: all", {"--device=nvidia.com/gpu=all"}, {}},
      {"group_add", "group_add: [video, \"44\"]", {"--group-add=video", "--group-add=44"}, {}},
      {"healthcheck in exec form",
       "healthcheck: { test: [CMD, curl, -f, \"http://x/?a=b c\"], interval: 1m30s, timeout: 5s, retries: 4, "
       "start_period: 20s }",
       {"--health-cmd=[\"curl\",\"-f\",\"http://x/?a=b c\"]", "--health-interval=1m30s",
        "--health-timeout=5s", "--health-retries=4", "--health-start-period=20s"},
       {}},
      {"healthcheck as shell text",
       "healthcheck: { test: \"a || exit 1\" }",
       {"--health-cmd=a || exit 1"},
       {}},
      {"healthcheck start_interval",
       "healthcheck: { test: \"t\", start_interval: 2s }",
       {"--health-cmd=t", "--health-startup-cmd=t", "--health-startup-interval=2s",
        "--health-startup-retries=0"},
       {}},
      {"healthcheck with zeros, which are defaults",
       "healthcheck: { test: \"t\", interval: 0s, timeout: 0s, retries: 0, start_interval: 0s }",
       {"--health-cmd=t"},
       {}},
      {"healthcheck off", "healthcheck: { disable: true }", {"--no-healthcheck"}, {}},
      {"hostname", "hostname: web1", {"--hostname=web1"}, {}},
      {"init", "init: true", {"--init"}, {}},
      {"ipc host", "ipc: host", {"--ipc=host"}, {}},
      {"ipc of a service", "ipc: \"service:other\"", {"--ipc=container:s-other"}, {}},
      {"labels", "labels: { b: \"1\", a: \"Host(`x`)\" }", {"-l", "a=Host(`x`)", "-l", "b=1"}, {}},
      {"links", "links: [\"other:peer\"]", {}, {}},
      {"logging",
       "logging: { driver: k8s-file, options: { max-size: 10m } }",
       {"--log-driver=k8s-file", "--log-opt=max-size=10m"},
       {"--log-driver=journald"}},
      {"logging, docker's files go to the journal",
       "logging: { driver: json-file, options: { max-size: 10m, tag: t } }",
       {"--log-opt=tag=t"},
       {}},
      {"mac_address",
       "mac_address: \"02:42:ac:11:00:03\"",
       {"--network=s_default:alias=@,mac=02:42:ac:11:00:03"},
       kDefaultNetwork},
      {"limits of zero, which are none",
       "mem_limit: 0\n    memswap_limit: -1\n    cpus: 0\n    shm_size: 0\n    cpu_shares: 0\n    cpu_quota: "
       "0",
       {},
       {}},
      {"mem_limit and friends",
       "mem_limit: 512m\n    mem_reservation: 256m\n    memswap_limit: 1g",
       {"--memory=512m", "--memory-reservation=256m", "--memory-swap=1g"},
       {}},
      {"network_mode host", "network_mode: host", {"--network=host"}, kDefaultNetwork},
      {"network_mode of a service",
       "network_mode: \"service:other\"",
       {"--network=container:s-other"},
       kDefaultNetwork},
      {"network_mode of podman's own",
       "network_mode: \"pasta:-T,5201\"",
       {"--network=pasta:-T,5201"},
       kDefaultNetwork},
      {"networks with their options, by priority",
       "networks:\n      net1: { aliases: [x, y], ipv4_address: 10.90.1.5, priority: 5 }\n"
       "      net2: { mac_address: \"02:42:ac:11:00:04\", priority: 10, interface_name: eth9 }",
       {"--network=s_net2:alias=@,mac=02:42:ac:11:00:04,interface_name=eth9",
        "--network=s_net1:alias=@,alias=x,alias=y,ip=10.90.1.5"},
       kDefaultNetwork},
      {"oom_score_adj", "oom_score_adj: -500", {"--oom-score-adj=-500"}, {}},
      {"pid", "pid: host", {"--pid=host"}, {}},
      {"pids_limit", "pids_limit: -1", {"--pids-limit=-1"}, {}},
      {"pids_limit", "pids_limit: 0", {"--pids-limit=-1"}, {}},
      {"platform", "platform: linux/arm64", {"--platform=linux/arm64"}, {}},
      {"ports",
       "ports: [\"127.0.0.1:8001:81\", \"9000-9002:90-92/udp\", \"[::1]:6001:6001\", \"83\"]",
       {"-p", "127.0.0.1:8001:81", "-p", "9000-9002:90-92/udp", "-p", "[::1]:6001:6001", "-p", "83"},
       {}},
      {"post_start", "post_start: [ { command: [a] } ]", {}, {}},
      {"privileged", "privileged: true", {"--privileged"}, {}},
      {"pull_policy", "pull_policy: always", {"--pull", "always"}, {"--pull", "missing"}},
      {"read_only", "read_only: true", {"--read-only", "--read-only-tmpfs=false"}, {}},
      {"runtime", "runtime: crun", {"--runtime", "crun"}, {}},
      {"security_opt",
       "security_opt: [\"label:disable\", \"seccomp=unconfined\", \"no-new-privileges:true\"]",
       {"--security-opt=label=disable", "--security-opt=seccomp=unconfined",
        "--security-opt=no-new-privileges"},
       {}},
      {"shm_size", "shm_size: 64m", {"--shm-size=64m"}, {}},
      {"stdin_open, tty", "stdin_open: true\n    tty: true", {"--interactive", "--tty"}, {}},
      {"stop_grace_period", "stop_grace_period: 1m30s", {"--stop-timeout=90"}, {}},
      {"stop_signal", "stop_signal: SIGINT", {"--stop-signal=SIGINT"}, {}},
      {"storage_opt", "storage_opt: { size: 1G }", {"--storage-opt", "size=1G"}, {}},
      {"sysctls",
       "sysctls: { net.ipv4.ip_forward: 1, net.core.somaxconn: 1024 }",
       {"--sysctl=net.core.somaxconn=1024", "--sysctl=net.ipv4.ip_forward=1"},
       {}},
      {"sysctls with a comma, at which podman would split",
       "sysctls: { net.ipv4.ip_local_reserved_ports: \"8080,9148\" }",
       {"--sysctl=\"net.ipv4.ip_local_reserved_ports=8080,9148\""},
       {}},
      {"tmpfs",
       "tmpfs: [/run, \"/tmp:size=64m,mode=1777\"]",
       {"--tmpfs=/run", "--tmpfs=/tmp:size=64m,mode=1777"},
       {}},
      {"ulimits",
       "ulimits: { nproc: 65535, nofile: { soft: 1024, hard: 2048 } }",
       {"--ulimit=nofile=1024:2048", "--ulimit=nproc=65535:65535"},
       {}},
      {"user", "user: \"1000:100\"", {"-u", "1000:100"}, {}},
      {"userns_mode", "userns_mode: \"keep-id:uid=1\"", {"--userns=keep-id:uid=1"}, {}},
      {"uts", "uts: host", {"--uts=host"}, {}},
      {"volumes",
       "volumes: [\"/srv/a:/a:ro,U\", \"vol:/v\", \"/srv/b c:/b\"]",
       {"-v", "/srv/a:/a:ro,U", "-v", "s_vol:/v", "-v", "/srv/b c:/b"},
       {}},
      {"volumes in long form",
       "volumes:\n      - { type: bind, source: /srv/a, target: /a, read_only: true, bind: { propagation: "
       "rslave, selinux: z } }\n"
       "      - { type: volume, source: vol, target: /v, volume: { nocopy: true } }\n"
       "      - { type: tmpfs, target: /t, tmpfs: { size: 1m, mode: 0700 } }",
       {"-v", "/srv/a:/a:ro,rslave,z", "-v", "s_vol:/v:nocopy", "--tmpfs=/t:size=1m,mode=0700"},
       {}},
      {"volumes with a subpath",
       "volumes: [ { type: volume, source: vol, target: /v, volume: { subpath: d } } ]",
       {"--mount=type=volume,src=s_vol,dst=/v,subpath=d"},
       {}},
      {"volumes of an image",
       "volumes: [ { type: image, source: docker.io/library/a:1, target: /i } ]",
       {"--mount=type=image,src=docker.io/library/a:1,dst=/i"},
       {}},
      {"volumes_from",
       "volumes_from: [\"other:ro\", \"container:far\"]",
       {"--volumes-from=s-other:ro", "--volumes-from=far"},
       {}},
      {"working_dir", "working_dir: /w d", {"-w", "/w d"}, {}},
      {"configs",
       "configs: [ { source: conf, target: /etc/c } ]",
       {"-v", "/etc/hwcsync/stacks/s/configs/conf:/etc/c:ro", "-l", "io.hwcsync.config.conf=5891b5b522d5"},
       {}},
      {"deploy.resources",
       "deploy:\n      resources:\n        limits: { cpus: \"0.5\", memory: 50M, pids: 100 }\n"
       "        reservations: { memory: 20M, devices: [ { driver: cdi, device_ids: [\"vendor.com/d=x\"], "
       "capabilities: [gpu] } ] }",
       {"--device=vendor.com/d=x", "--cpus=0.5", "--memory=50M", "--memory-reservation=20M",
        "--pids-limit=100"},
       {}},
  };
  return table;
}

std::string name_of(std::size_t row) {
  return "k" + std::to_string(row);
}

std::string compose_file() {
  std::string out = "services:\n  other:\n    image: docker.io/library/o:1\n";
  for (std::size_t i = 0; i < rows().size(); ++i) {
    out +=
        "  " + name_of(i) + ":\n    image: docker.io/library/a:1\n    " + std::string(rows()[i].yaml) + "\n";
  }
  return out +
         "volumes: { vol: {} }\nconfigs: { conf: { content: \"hello\\n\" } }\n"
         "networks: { net1: { ipam: { config: [ { subnet: 10.90.1.0/24 } ] } }, net2: {} }\n";
}

void put_name(Words& words, const std::string& name) {
  for (auto& word : words) {
    for (auto at = word.find('@'); at != std::string::npos; at = word.find('@')) word.replace(at, 1, name);
  }
}

// The words of a service with nothing but an image, in the order of NixOS' module.
Words least(const std::string& name) {
  Words out{"run",
            "--name=s-@",
            "--log-driver=journald",
            "--cidfile=/run/s-@/ctr-id",
            "--cgroups=enabled",
            "--sdnotify=conmon",
            "-d",
            "--replace",
            "-l",
            "io.hwcsync.stack=s",
            "--rm",
            "--pull",
            "missing",
            "--network=s_default:alias=@",
            "docker.io/library/a:1"};
  put_name(out, name);
  return out;
}

// What is in `words` beside `base`, whose words must all be there in their order.
Words beside(const Words& words, const Words& base) {
  Words out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // "-l" and "-e" stand before each of several: the pair counts.
    const bool pair = at + 1 < base.size() && base[at].size() == 2 && base[at][0] == '-' && base[at] != "-d";
    const bool same = at < base.size() && words[i] == base[at] &&
                      (!pair || (i + 1 < words.size() && words[i + 1] == base[at + 1]));
    if (same) {
      ++at;
    } else {
      out.push_back(words[i]);
    }
  }
  if (at != base.size()) out.push_back("(missing: " + base[at] + ")");
  return out;
}

}  // namespace

TEST_CASE("each mapped key of a service reaches podman as the words that the reference gives") {
  const test::OciLab lab(test::oci_state(compose_file()));
  for (std::size_t i = 0; i < rows().size(); ++i) {
    const KeyRow& row = rows()[i];
    INFO(row.key);
    Words base = least(name_of(i));
    Words without = row.without;
    put_name(without, name_of(i));
    // A pair of words is left out as a pair.
    for (std::size_t w = 0; w < without.size();) {
      const std::size_t size = without[w] == "--pull" ? 2 : 1;
      const auto first = without.begin() + static_cast<std::ptrdiff_t>(w);
      const auto found =
          std::search(base.begin(), base.end(), first, first + static_cast<std::ptrdiff_t>(size));
      REQUIRE(found != base.end());
      base.erase(found, found + static_cast<std::ptrdiff_t>(size));
      w += size;
    }
    Words should = row.words;
    put_name(should, name_of(i));
    CHECK(beside(lab.argv("s-" + name_of(i)), base) == should);
  }
}

TEST_CASE("what a NixOS release lacks as an option is said by flags with the same meaning") {
  const std::string compose =
      "services:\n  a:\n    image: docker.io/library/a:1\n    container_name: web\n    pull_policy: always\n "
      "   privileged: true\n"
      "    cap_add: [CHOWN]\n    devices: [\"/dev/x:/dev/x\"]\n    healthcheck: { test: [CMD, a, b] }\n"
      "  b:\n    image: docker.io/library/b:1\n    depends_on: { a: { condition: service_healthy } }\n";
  const auto words = [&](const std::string& host) {
    const test::OciLab lab(test::oci_state(compose, "style: oci\n", host));
    // podman takes the last of two: NixOS before 25.05 says --sdnotify=conmon and no --pull.
    Words out = lab.argv("web");
    return std::pair(out, lab.unit("podman-web")["config"]);
  };
  const auto [modern, modern_unit] = words("");
  const auto [old, old_unit] = words("    nixpkgs: \"24.05\"\n");
  const auto has = [](const Words& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  CHECK(has(modern, "--sdnotify=healthy"));
  CHECK(has(modern, "always"));
  for (const char* word : {"--sdnotify=healthy", "--pull=always", "--privileged", "--cap-add=CHOWN",
                           "--device=/dev/x:/dev/x", "--network=s_default:alias=a"}) {
    INFO(word);
    CHECK(has(old, word));
  }
  CHECK(old_unit["Delegate"] == Json::array({"1"}));
  const auto options =
      nix::render(test::oci_state(compose, "style: oci\n", "    nixpkgs: \"24.05\"\n"))
          .intended.at("stacks/s/index.nix")["virtualisation"]["oci-containers"]["containers"]["web"];
  for (const char* name : {"pull", "capabilities", "devices", "networks", "privileged", "podman"}) {
    INFO(name);
    CHECK_FALSE(options.contains(name));
  }
}
