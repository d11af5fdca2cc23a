#include "gitops/compose/verdict_rows.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

constexpr std::string_view kService = "service";

constexpr KeyRow of(std::string_view key, StyleVerdict verdict = {}) {
  return both(kService, key, verdict);
}
constexpr KeyRow of(std::string_view key, StyleVerdict provider, StyleVerdict containers) {
  return {kService, key, provider, containers};
}

constexpr StyleVerdict kWindows = refused("it is for Windows containers; remove it");
constexpr StyleVerdict kCgroupV1 =
    approximated("the kernel knows it on cgroup v1 only; with cgroup v2 it has no effect");

constexpr std::array kRows{
    of("annotations"),
    of("attach", ignored("it says whose output `up` shows; here all output is in the journal")),
    of("blkio_config"),
    of("build",
       approximated("only with 'build: true' in stack.yaml: the host builds the image before the start, "
                    "and again when what it is made from has changed")),
    of("cap_add"),
    of("cap_drop"),
    of("cgroup"),
    of("cgroup_parent"),
    of("command"),
    of("configs"),
    of("container_name"),
    of("cpu_count", ignored("it is for Windows containers")),
    of("cpu_percent", ignored("it is for Windows containers")),
    of("cpu_period"),
    of("cpu_quota"),
    of("cpu_rt_period", kCgroupV1),
    of("cpu_rt_runtime", kCgroupV1),
    of("cpu_shares"),
    of("cpus"),
    of("cpuset"),
    of("credential_spec", kWindows),
    of("depends_on"),
    of("deploy", mapped("its keys have verdicts of their own")),
    of("develop", ignored("it is for working on sources; a deployed stack changes by a commit")),
    of("device_cgroup_rules"),
    of("devices"),
    of("dns"),
    of("dns_opt"),
    of("dns_search"),
    of("domainname", approximated("podman's Docker API has no domain name; set hostname to name.domain"),
       approximated("becomes part of the host name: name.domain")),
    of("entrypoint"),
    of("env_file",
       mapped("a tracked file, read when the stack is planned; its variables join 'environment'")),
    of("environment"),
    of("expose"),
    of("extends", mapped("resolved before anything else")),
    of("external_links", refused("a container of another project is reached over a shared external network; "
                                 "declare one under 'networks'")),
    of("extra_hosts"),
    of("gpus",
       approximated("written as a reservation of devices; podman's Docker API takes those of driver cdi"),
       mapped("as CDI devices")),
    of("group_add"),
    of("healthcheck"),
    of("hostname"),
    of("image"),
    of("init"),
    of("ipc"),
    of("isolation", kWindows),
    of("label_file", mapped("a tracked file, read when the stack is planned; 'labels' wins over it")),
    of("labels"),
    of("links", approximated("an alias becomes one of the linked service on the networks that both share, so "
                             "that every service there sees it")),
    of("logging", mapped(),
       approximated("json-file and local become journald; drivers that podman has not are refused")),
    of("mac_address"),
    of("mem_limit"),
    of("mem_reservation"),
    of("mem_swappiness", kCgroupV1),
    of("memswap_limit"),
    of("models", refused("a model needs Docker's own runner; run the model server as a service")),
    of("network_mode"),
    of("networks"),
    of("oom_kill_disable", kCgroupV1),
    of("oom_score_adj"),
    of("pid"),
    of("pids_limit"),
    of("platform"),
    of("ports"),
    of("post_start", mapped("run by docker-compose, from 2.30 on"), mapped("run by the container's unit")),
    of("pre_start",
       refused("neither docker-compose nor podman has it; make it a service of its own and wait for it "
               "with 'condition: service_completed_successfully'")),
    of("pre_stop", mapped("run by docker-compose, from 2.30 on"), mapped("run by the container's unit")),
    of("privileged"),
    of("profiles", mapped("'profiles' in stack.yaml says which are active; other services are left out")),
    of("provider",
       refused("it runs a program of the machine instead of a container; make it a unit of the host")),
    of("pull_policy", mapped(),
       approximated("daily, weekly and every_N look for a newer image at each start")),
    of("pull_refresh_after", ignored("no implementation has it")),
    of("read_only"),
    of("restart", mapped(), mapped("as Restart= of the unit")),
    of("runtime"),
    of("scale", mapped(), approximated("one container a service; more is refused")),
    of("secrets"),
    of("security_opt"),
    of("shm_size"),
    of("stdin_open"),
    of("stop_grace_period"),
    of("stop_signal"),
    of("storage_opt", approximated("its effect depends on podman's storage driver")),
    of("sysctls"),
    of("tmpfs"),
    of("tty"),
    of("ulimits"),
    of("use_api_socket", refused("it gives the container the power of the user who runs it; mount podman's "
                                 "socket under 'volumes' where that is meant")),
    of("user"),
    of("userns_mode"),
    of("uts"),
    of("volumes"),
    of("volumes_from"),
    of("working_dir"),
};

}  // namespace

std::span<const KeyRow> service_keys() {
  return kRows;
}

}  // namespace hwcsync::compose
