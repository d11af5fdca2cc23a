#include "gitops/apply/systemd_manager.hpp"

#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace hwcsync::apply {
namespace {

// CLD_EXITED of siginfo.h, which is what ExecMainCode tells.
constexpr int kExited = 1;
constexpr std::chrono::milliseconds kQuick{60'000};
constexpr std::chrono::milliseconds kRestart{std::chrono::minutes(15)};

Command command(std::vector<std::string> argv, std::chrono::milliseconds deadline = kQuick) {
  Command out{.argv = std::move(argv), .environment = minimal_environment(), .deadline = deadline};
  out.environment["SYSTEMD_COLORS"] = "0";
  out.environment["SYSTEMD_PAGER"] = "";
  return out;
}

int number(std::string_view text) {
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

bool is_ours(std::string_view unit) {
  constexpr std::array<std::string_view, 4> kPrefixes{"hwcsync-run-", "hwcsync-build-", "hwcsync-switch-",
                                                      "hwcsync-rollback-"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return unit.rfind(prefix, 0) == 0; });
}

}  // namespace

std::vector<std::string> parse_failed_units(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = trim(line);
    // systemd before 246 marks failed units with a dot even in plain output.
    if (rest.rfind("\u25cf", 0) == 0) rest = trim(rest.substr(3));
    const std::string name(rest.substr(0, rest.find(' ')));
    if (!name.empty() && !is_ours(name)) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<UnitStatus> parse_unit_status(const std::string& name, std::string_view text) {
  UnitStatus out{.name = name};
  std::string load;
  for (const std::string& line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals);
    const std::string value = line.substr(equals + 1);
    if (key == "LoadState") load = value;
    if (key == "ActiveState") out.active = value;
    if (key == "SubState") out.sub = value;
    if (key == "Result") out.result = value;
    if (key == "ReloadResult") out.reload_result = value;
    if (key == "InvocationID") out.invocation = value;
    if (key == "ExecMainCode") out.exited = number(value) == kExited;
    if (key == "ExecMainStatus") out.exit_code = number(value);
  }
  // A unit whose file went away while it ran is "not-found" and still active.
  if ((load.empty() || load == "not-found") && (out.active.empty() || out.active == "inactive"))
    return std::nullopt;
  return out;
}

std::vector<std::string> SystemdManager::failed_units() {
  const auto result = runner_.require(command({"systemctl", "list-units", "--state=failed", "--all",
                                               "--plain", "--no-legend", "--no-pager", "--full"}),
                                      "list failed units");
  return parse_failed_units(result.output);
}

std::optional<UnitStatus> SystemdManager::unit(const std::string& name) {
  const auto result = runner_.require(
      command({"systemctl", "show", "--no-pager",
               "--property=LoadState,ActiveState,SubState,Result,ReloadResult,InvocationID,ExecMainCode,"
               "ExecMainStatus",
               "--", name}),
      "ask systemd about " + name);
  return parse_unit_status(name, result.output);
}

void SystemdManager::start_transient(const TransientUnit& unit) {
  const auto there = this->unit(unit.name);
  if (there && (there->busy() || (there->active == "active" && there->sub != "exited"))) {
    throw BusyError("cannot start", unit.name, "the one that was started before is still at work");
  }
  remove_transient(unit.name);
  std::vector<std::string> argv{
      "systemd-run", "--no-block", "--quiet", "--no-ask-password", "--unit=" + unit.name,
      "--description=" + unit.description, "--property=Type=oneshot",
      // The result can be read even if we are dead when it ends.
      "--property=RemainAfterExit=yes",
      // These are answers, not failures: no failed unit that the next switch would report.
      "--property=SuccessExitStatus=1 2 4 11 100 101", "--property=StandardInput=null",
      "--property=StandardError=inherit", "--property=StandardOutput=append:" + unit.output_file};
  if (!unit.directory.empty()) argv.push_back("--property=WorkingDirectory=" + unit.directory);
  for (const auto& [name, value] : unit.environment) argv.push_back("--setenv=" + name + '=' + value);
  argv.emplace_back("--");
  argv.insert(argv.end(), unit.argv.begin(), unit.argv.end());
  runner_.require(command(std::move(argv)), "start " + unit.name);
}

void SystemdManager::remove_transient(const std::string& name) {
  if (!unit(name)) return;
  // Either may find nothing to do.
  (void)runner_.run(command({"systemctl", "stop", "--", name}, kRestart));
  (void)runner_.run(command({"systemctl", "reset-failed", "--", name}));
}

void SystemdManager::restart_units(std::span<const std::string> names) {
  for_units("restart", names);
}

void SystemdManager::reload_units(std::span<const std::string> names) {
  for_units("reload", names);
}

void SystemdManager::for_units(const std::string& verb, std::span<const std::string> names) {
  std::vector<std::string> argv{"systemctl", verb, "--"};
  argv.insert(argv.end(), names.begin(), names.end());
  runner_.require(command(std::move(argv), kRestart), verb + ' ' + join(names, ", "));
}

std::vector<std::string> SystemdManager::log_tail(const std::string& unit, int lines) {
  const auto result = runner_.run(command({"journalctl", "--no-pager", "--quiet", "--output=cat",
                                           "--lines=" + std::to_string(lines), "--unit=" + unit}));
  std::vector<std::string> out;
  for (std::string& line : split(result.output, '\n')) {
    if (!trim(line).empty()) out.push_back(std::move(line));
  }
  return out;
}

}  // namespace hwcsync::apply
