#include "gitops/apply/podman_runtime.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <pwd.h>
#include <unistd.h>

namespace hwcsync::apply {
namespace {

constexpr const char* kStackLabel = "io.hwcsync.stack";
constexpr int kAttempts = 3;

struct Home {
  std::string directory;
  std::string group;
};

std::optional<Home> home_of(std::int64_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> buffer{};
  ::getpwuid_r(static_cast<uid_t>(uid), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return Home{entry.pw_dir, std::to_string(entry.pw_gid)};
}

std::string text_at(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

// Health stands under "Health" or, up to podman 3 and in some of 4, under "Healthcheck".
std::string health_of(const Json& state) {
  for (const char* key : {"Health", "Healthcheck"}) {
    if (state.contains(key) && state[key].is_object()) return text_at(state[key], "Status");
  }
  return {};
}

}  // namespace

std::vector<ContainerStatus> parse_inspect(const Account& account, std::string_view json) {
  std::vector<ContainerStatus> out;
  try {
    for (const Json& one : parse_json(json, "the output of podman inspect")) {
      const Json& state = one.at("State");
      ContainerStatus status{.name = one.at("Name").get<std::string>(),
                             .account = account,
                             .state = state.at("Status").get<std::string>(),
                             .health = health_of(state),
                             .started_at = text_at(state, "StartedAt"),
                             .restarts = one.value("RestartCount", std::int64_t{0}),
                             .exit_code = state.value("ExitCode", 0),
                             .instance = text_at(one, "Id") + ':' + std::to_string(state.value("Pid", 0))};
      const Json& config = one.at("Config");
      if (config.contains("Labels") && config["Labels"].is_object())
        status.stack = text_at(config["Labels"], kStackLabel);
      out.push_back(std::move(status));
    }
  } catch (const Json::exception& e) {
    throw Error("cannot read", "the output of podman inspect", e.what());
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

PodmanRuntime::PodmanRuntime(ProcessRunner& runner, PodmanPlaces places)
    : runner_(runner), places_(std::move(places)) {
  // newuidmap and newgidmap are set-uid wrappers on NixOS.
  if (places_.path.empty()) places_.path = "/run/wrappers/bin:/run/current-system/sw/bin";
  const std::string path = minimal_environment()["PATH"];
  if (!path.empty()) places_.path += ':' + path;
}

Presence PodmanRuntime::presence(const Account& account) {
  const auto folders = split(places_.path, ':');
  const bool podman = std::any_of(folders.begin(), folders.end(), [](const std::string& folder) {
    return ::access((folder + "/podman").c_str(), X_OK) == 0;
  });
  if (!podman) return Presence::no_podman;
  if (account.uid == 0) return Presence::there;
  const bool user = home_of(account.uid) &&
                    std::filesystem::exists(places_.user_runtimes + '/' + std::to_string(account.uid));
  return user ? Presence::there : Presence::no_user;
}

Invocation PodmanRuntime::as(const Account& account, std::vector<std::string> argv) {
  Invocation out{.argv = {}, .environment = minimal_environment()};
  // A word about cgroups v1 on stderr would hide the words that matter.
  out.environment["PODMAN_IGNORE_CGROUPSV1_WARNING"] = "1";
  out.environment["PATH"] = places_.path;
  if (account.uid != 0) {
    const std::string uid = std::to_string(account.uid);
    const std::string runtime = places_.user_runtimes + '/' + uid;
    const std::string socket = runtime + "/podman/podman.sock";
    if (std::filesystem::exists(socket)) {
      out.environment["CONTAINER_HOST"] = "unix://" + socket;
    } else {
      const Home home = home_of(account.uid).value_or(Home{"/", "100"});
      out.argv = {"setpriv", "--reuid=" + uid, "--regid=" + home.group, "--init-groups", "--"};
      out.environment["HOME"] = home.directory;
      const std::string storage = places_.user_settings + '/' + account.user + "/storage.conf";
      if (std::filesystem::exists(storage)) out.environment["CONTAINERS_STORAGE_CONF"] = storage;
      out.environment["XDG_RUNTIME_DIR"] = runtime;
      out.environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + runtime + "/bus";
    }
  }
  out.argv.insert(out.argv.end(), std::make_move_iterator(argv.begin()), std::make_move_iterator(argv.end()));
  return out;
}

Command PodmanRuntime::command(const Account& account, std::vector<std::string> arguments) {
  std::vector<std::string> argv{"podman"};
  Invocation invocation = as(account, {});
  if (const auto host = invocation.environment.extract("CONTAINER_HOST"))
    argv.insert(argv.end(), {"--url", host.mapped()});
  argv.insert(argv.begin(), invocation.argv.begin(), invocation.argv.end());
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = std::move(argv), .environment = std::move(invocation.environment), .directory = "/"};
}

bool PodmanRuntime::has_image(const Account& account, const std::string& image) {
  if (presence(account) != Presence::there) return false;
  const auto result = runner_.run(command(account, {"image", "exists", "--", image}));
  if (result.status.ok()) return true;
  if (result.status == ExitStatus{ExitStatus::Kind::exited, 1}) return false;
  throw Error("cannot look for image", image + " of " + account.user,
              result.status.to_string() + ": " + last_line(result.errors));
}

void PodmanRuntime::pull(const Account& account, const std::string& image,
                         std::chrono::milliseconds deadline) {
  Command pull = command(account, {"pull", "--quiet"});
  // Where a stack of this user has logged in to a registry: the client, not the service, says who asks.
  const std::string logins =
      places_.user_runtimes + '/' + std::to_string(account.uid) + "/containers/auth.json";
  if (account.uid != 0 && std::filesystem::exists(logins))
    pull.argv.insert(pull.argv.end(), {"--authfile", logins});
  pull.argv.insert(pull.argv.end(), {"--", image});
  pull.deadline = deadline;
  const auto result = runner_.run(pull);
  if (!result.status.ok()) {
    throw Error("podman pull", image, result.status.to_string() + ": " + std::string(trim(result.errors)));
  }
}

std::vector<ContainerStatus> PodmanRuntime::containers(const Account& account) {
  if (presence(account) != Presence::there) return {};
  for (int attempt = 1;; ++attempt) {
    const auto list = runner_.require(command(account, {"ps", "--all", "--quiet", "--no-trunc", "--filter",
                                                        std::string("label=") + kStackLabel}),
                                      "list the containers of " + account.user);
    std::vector<std::string> arguments{"container", "inspect"};
    for (const std::string& id : split(list.output, '\n')) {
      if (!trim(id).empty()) arguments.emplace_back(trim(id));
    }
    if (arguments.size() == 2) return {};
    const auto result = runner_.run(command(account, std::move(arguments)));
    if (result.status.ok()) return parse_inspect(account, result.output);
    // A container that went away between the two calls: look again.
    if (attempt == kAttempts) {
      throw Error("cannot inspect", "the containers of " + account.user,
                  result.status.to_string() + ": " + last_line(result.errors));
    }
  }
}

std::vector<std::string> PodmanRuntime::log_tail(const Account& account, const std::string& container,
                                                 int lines) {
  const auto result = runner_.run(command(account, {"logs", "--tail", std::to_string(lines), container}));
  std::vector<std::string> out;
  for (std::string& line : split(result.output + result.errors, '\n')) {
    if (!trim(line).empty()) out.push_back(std::move(line));
  }
  if (out.size() > static_cast<std::size_t>(lines)) out.erase(out.begin(), out.end() - lines);
  return out;
}

void PodmanRuntime::remove_stack(const Account& account, const std::string& stack) {
  const std::string what = "stack " + stack + " of " + account.user;
  const auto list = [&](std::vector<std::string> arguments) {
    std::set<std::string> out;
    for (const std::string& line :
         split(runner_.require(command(account, std::move(arguments)), "list what is left of " + what).output,
               '\n')) {
      // "<no value>": a container without that label.
      if (!trim(line).empty() && trim(line).front() != '<') out.emplace(trim(line));
    }
    return out;
  };
  const std::string filter = std::string("label=") + kStackLabel + '=' + stack;
  const auto containers = list({"ps", "--all", "--quiet", "--no-trunc", "--filter", filter});
  // A provider's networks carry the project, ours the stack.
  std::set<std::string> networks = list({"network", "ls", "--quiet", "--filter", filter});
  if (!containers.empty()) {
    std::vector<std::string> inspect{"container", "inspect", "--format",
                                     R"({{index .Config.Labels "com.docker.compose.project"}})"};
    // With those that share a network with them: they are of the same stack. Without --volumes.
    std::vector<std::string> remove{"rm", "--force", "--depend"};
    for (auto* arguments : {&inspect, &remove})
      arguments->insert(arguments->end(), containers.begin(), containers.end());
    for (const std::string& project : list(inspect)) {
      networks.merge(
          list({"network", "ls", "--quiet", "--filter", "label=com.docker.compose.project=" + project}));
    }
    (void)runner_.require(command(account, remove), "remove the containers of " + what);
  }
  // One that somebody else uses stays.
  for (const std::string& name : networks) (void)runner_.run(command(account, {"network", "rm", "--", name}));
}

}  // namespace hwcsync::apply
