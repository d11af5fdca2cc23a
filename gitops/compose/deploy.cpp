#include "gitops/compose/fields.hpp"
#include "gitops/compose/units.hpp"

#include <array>

// `deploy`: what one host can do of it, folded into the service's own fields.
namespace hwcsync::compose {
namespace {

struct Deploy {
  std::string mode;
  std::string cpus;
  std::string memory;
  std::string memory_reservation;
  std::optional<std::int64_t> pids;
  std::optional<std::int64_t> replicas;
  std::optional<RestartPolicy> restart_policy;
  std::vector<DeviceRequest> devices;
};

void read_condition(Reading& reading, const Yaml& value, const std::string& path, RestartPolicy& out) {
  const std::string word = reading.plain(value, path);
  if (word == "none") {
    out.condition = RestartPolicy::Condition::none;
  } else if (word == "on-failure") {
    out.condition = RestartPolicy::Condition::on_failure;
  } else if (word != "any" && value.is_scalar()) {
    reading.problems.add(value, "expected one of none, on-failure, any, found '" + word + "'");
  }
}

constexpr std::array kRestartPolicy{
    Field<RestartPolicy>{"condition", read_condition},
    Field<RestartPolicy>{"delay", read_duration<&RestartPolicy::delay>},
    Field<RestartPolicy>{"window", read_duration<&RestartPolicy::window>},
    Field<RestartPolicy>{"max_attempts",
                         [](Reading& reading, const Yaml& value, const std::string& path,
                            RestartPolicy& out) { out.max_attempts = reading.integer(value, path); }},
};

void read_cpus(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  out.cpus = reading.number(value, path);
}
void read_pids(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  out.pids = reading.integer(value, path);
}
void read_devices(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  read_device_requests(reading, value, path, out.devices);
  for (std::size_t i = 0; i < out.devices.size(); ++i) {
    if (out.devices[i].capabilities.empty())
      reading.problems.add(value.items[i], "key 'capabilities' is missing here");
  }
}

constexpr std::array kLimits{
    Field<Deploy>{"cpus", read_cpus},
    Field<Deploy>{"memory", read_size<&Deploy::memory>},
    Field<Deploy>{"pids", read_pids},
};
constexpr std::array kReservations{
    Field<Deploy>{"memory", read_size<&Deploy::memory_reservation>},
    Field<Deploy>{"devices", read_devices},
};

void read_limits(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  read_fields<Deploy>(reading, value, "deploy's limits", path, kLimits, out);
}
void read_reservations(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  read_fields<Deploy>(reading, value, "deploy's reservations", path, kReservations, out);
}
constexpr std::array kResources{
    Field<Deploy>{"limits", read_limits},
    Field<Deploy>{"reservations", read_reservations},
};

// One host has one node, so `global` is one container; jobs are something else than a service.
void read_mode(Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
  out.mode = reading.plain(value, path);
  if (out.mode == "replicated-job" || out.mode == "global-job") {
    reading.limit_both(value, "the mode '" + out.mode + "' of " + path +
                                  " is for a swarm's jobs; use restart: \"no\" and wait for the service with "
                                  "service_completed_successfully");
  } else if (out.mode != "replicated" && out.mode != "global" && value.is_scalar()) {
    reading.problems.add(
        value, "expected one of replicated, global, replicated-job, global-job, found '" + out.mode + "'");
  }
}

constexpr std::array kDeploy{
    Field<Deploy>{"mode", read_mode},
    Field<Deploy>{"replicas", [](Reading& reading, const Yaml& value, const std::string& path,
                                 Deploy& out) { out.replicas = reading.integer(value, path); }},
    Field<Deploy>{"resources",
                  [](Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
                    read_fields<Deploy>(reading, value, "deploy's resources", path, kResources, out);
                  }},
    Field<Deploy>{"restart_policy",
                  [](Reading& reading, const Yaml& value, const std::string& path, Deploy& out) {
                    out.restart_policy.emplace();
                    read_fields<RestartPolicy>(reading, value, "deploy's restart policy", path,
                                               kRestartPolicy, *out.restart_policy);
                  }},
};

// The service's own key and the one of `deploy` may both stand there, but must say the same.
struct Fold {
  Reading& reading;
  const Yaml& where;

  void operator()(const char* own, const char* other, std::string& to, const std::string& from,
                  bool equal) const {
    if (from.empty()) return;
    if (!to.empty() && !equal) {
      reading.problems.add(where, "'" + std::string(own) + "' says " + to + " and deploy." + other +
                                      " says " + from + "; keep one of them");
    }
    if (to.empty()) to = from;
  }
};

}  // namespace

void read_deploy(Reading& reading, const Yaml& value, const std::string& path, const Yaml& service,
                 Service& out) {
  Deploy deploy;
  read_fields<Deploy>(reading, value, "deploy", path, kDeploy, deploy);
  const Fold fold{reading, value};
  Limits& limits = out.limits;
  const auto same_size = [](const std::string& a, const std::string& b) {
    return size_bytes(a) == size_bytes(b);
  };
  const auto same_number = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && std::stod(a) == std::stod(b);
  };
  fold("cpus", "resources.limits.cpus", limits.cpus, deploy.cpus, same_number(limits.cpus, deploy.cpus));
  fold("mem_limit", "resources.limits.memory", limits.memory, deploy.memory,
       same_size(limits.memory, deploy.memory));
  fold("mem_reservation", "resources.reservations.memory", limits.memory_reservation,
       deploy.memory_reservation, same_size(limits.memory_reservation, deploy.memory_reservation));
  std::string pids = limits.pids ? std::to_string(*limits.pids) : "";
  if (deploy.pids) {
    fold("pids_limit", "resources.limits.pids", pids, std::to_string(*deploy.pids),
         limits.pids == deploy.pids);
    limits.pids = limits.pids ? limits.pids : deploy.pids;
  }
  if (deploy.replicas) {
    const Yaml* scale = service.find("scale");
    if (scale != nullptr && !scale->is_null() && out.scale != *deploy.replicas) {
      reading.problems.add(value, "'scale' says " + std::to_string(out.scale) + " and deploy.replicas says " +
                                      std::to_string(*deploy.replicas) + "; keep one of them");
    }
    out.scale = *deploy.replicas;
  }
  for (DeviceRequest& request : deploy.devices) out.device_requests.push_back(std::move(request));
  out.restart_policy = std::move(deploy.restart_policy);
}

}  // namespace hwcsync::compose
