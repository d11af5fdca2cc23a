#include "gitops/compose/fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

// How the process of a container runs, and what it is kept from.
namespace hwcsync::compose {
namespace {

void read_cgroup(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.cgroup = reading.plain(value, path);
  if (value.is_scalar() && out.cgroup != "host" && out.cgroup != "private")
    reading.problems.add(value, "expected one of host, private, found '" + out.cgroup + "'");
}

// "SIGTERM", "term", "15", "SIGRTMIN+3".
bool is_signal(std::string text) {
  static constexpr std::array kNames{
      "ABRT", "ALRM", "BUS",  "CHLD", "CLD",  "CONT",   "FPE",    "HUP",   "ILL",  "INT",  "IO",   "IOT",
      "KILL", "PIPE", "POLL", "PROF", "PWR",  "QUIT",   "SEGV",   "STOP",  "SYS",  "TERM", "TRAP", "TSTP",
      "TTIN", "TTOU", "URG",  "USR1", "USR2", "STKFLT", "VTALRM", "WINCH", "XCPU", "XFSZ"};
  const auto number = [](std::string_view digits, int most) {
    int out = 0;
    const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return code == std::errc() && stop == digits.data() + digits.size() && out >= 0 && out <= most;
  };
  if (number(text, 64)) return text != "0";
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (text.rfind("SIG", 0) == 0) text.erase(0, 3);
  if (text == "RTMIN" || text == "RTMAX") return true;
  if (text.rfind("RTMIN+", 0) == 0 || text.rfind("RTMAX-", 0) == 0) return number(text.substr(6), 30);
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end();
}

void read_stop_signal(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.stop_signal = reading.plain(value, path);
  if (!out.stop_signal.empty() && !is_signal(out.stop_signal))
    reading.problems.add(value, "'" + out.stop_signal + "' is no signal; write a name such as SIGTERM");
}

constexpr std::array kProcess{
    Field<Service>{"annotations", read_provider_map<&Service::annotations>},
    Field<Service>{"cap_add", read_list<&Service::cap_add>},
    Field<Service>{"cap_drop", read_list<&Service::cap_drop>},
    Field<Service>{"cgroup", read_cgroup},
    Field<Service>{"cgroup_parent", read_text<&Service::cgroup_parent>},
    Field<Service>{"group_add", read_list<&Service::group_add>},
    Field<Service>{"init", read_boolean<&Service::init>},
    Field<Service>{"ipc", read_text<&Service::ipc>},
    Field<Service>{"pid", read_text<&Service::pid>},
    Field<Service>{"platform", read_text<&Service::platform>},
    Field<Service>{"privileged", read_boolean<&Service::privileged>},
    Field<Service>{"read_only", read_boolean<&Service::read_only>},
    Field<Service>{"runtime", read_text<&Service::runtime>},
    Field<Service>{"security_opt", read_list<&Service::security_opt>},
    Field<Service>{"stdin_open", read_boolean<&Service::stdin_open>},
    Field<Service>{"stop_grace_period", read_duration<&Service::stop_grace_period>},
    Field<Service>{"stop_signal", read_stop_signal},
    Field<Service>{"sysctls", read_map<&Service::sysctls>},
    Field<Service>{"tty", read_boolean<&Service::tty>},
    Field<Service>{"use_api_socket", read_boolean<&Service::use_api_socket>},
    Field<Service>{"user", read_text<&Service::user>},
    Field<Service>{"userns_mode", read_text<&Service::userns_mode>},
    Field<Service>{"uts", read_text<&Service::uts>},
    Field<Service>{"working_dir", read_text<&Service::working_dir>},
};

}  // namespace

Fields<Service> process_fields() {
  return kProcess;
}

}  // namespace hwcsync::compose
