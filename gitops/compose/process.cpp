#include "gitops/compose/fields.hpp"

#include <array>

// How the process of a container runs, and what it is kept from.
namespace hwcsync::compose {
namespace {

void read_cgroup(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.cgroup = reading.plain(value, path);
  if (value.is_scalar() && out.cgroup != "host" && out.cgroup != "private")
    reading.problems.add(value, "expected one of host, private, found '" + out.cgroup + "'");
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
    Field<Service>{"stop_signal", read_text<&Service::stop_signal>},
    Field<Service>{"sysctls", read_map<&Service::sysctls>},
    Field<Service>{"tmpfs", read_one_or_many<&Service::tmpfs>},
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
