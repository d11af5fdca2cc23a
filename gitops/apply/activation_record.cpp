#include "gitops/apply/activation_record.hpp"

#include "src/base/error.hpp"

#include <cctype>
#include <utility>

namespace hwcsync::apply {
namespace {

// "90s", "2min", "1m30s": stack.yaml was checked when it was read, so anything else counts as nothing.
std::chrono::milliseconds parse_timeout(const std::string& text) {
  std::chrono::milliseconds total{0};
  for (std::size_t i = 0; i < text.size();) {
    std::int64_t number = 0;
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i) {
      if (number > 1'000'000'000) return std::chrono::milliseconds{0};
      number = number * 10 + (text[i] - '0');
    }
    std::string unit;
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) == 0; ++i) {
      if (text[i] != ' ') unit += text[i];
    }
    if (unit == "ms") {
      total += std::chrono::milliseconds(number);
    } else if (unit == "s" || unit == "sec") {
      total += std::chrono::seconds(number);
    } else if (unit == "m" || unit == "min") {
      total += std::chrono::minutes(number);
    } else if (unit == "h") {
      total += std::chrono::hours(number);
    }
  }
  return total;
}

OrderedJson side_json(const Generation& side) {
  return {{"store_path", side.store_path},
          {"revision", side.revision},
          {"generated", side.generated},
          {"secrets_generation", side.secrets}};
}

Generation side_from(const Json& value) {
  return {.store_path = value.at("store_path").get<std::string>(),
          .revision = value.at("revision").get<std::string>(),
          .generated = value.at("generated").get<std::string>(),
          .secrets = value.at("secrets_generation").get<std::string>()};
}

OrderedJson account_json(const Account& account) {
  return {{"user", account.user}, {"uid", account.uid}};
}

Account account_from(const Json& value) {
  return {value.at("user").get<std::string>(), value.at("uid").get<std::int64_t>()};
}

OrderedJson stack_json(const TouchedStack& stack) {
  OrderedJson probes = OrderedJson::array();
  for (const stack::Probe& probe : stack.probes) {
    probes.push_back({{"http", probe.http}, {"tcp", probe.tcp}, {"command", probe.command}});
  }
  return {{"name", stack.name},
          {"account", account_json(stack.account)},
          {"units", stack.units},
          {"containers", stack.containers},
          {"completing", stack.completing},
          {"replicas", stack.replicas},
          {"probes", probes},
          {"timeout_ms", stack.timeout.count()}};
}

TouchedStack stack_from(const Json& value) {
  TouchedStack out{.name = value.at("name").get<std::string>(),
                   .account = account_from(value.at("account")),
                   .units = value.at("units").get<std::vector<std::string>>(),
                   .containers = value.at("containers").get<std::vector<std::string>>(),
                   .completing = value.at("completing").get<std::set<std::string>>(),
                   .probes = {},
                   .timeout = std::chrono::milliseconds(value.at("timeout_ms").get<std::int64_t>()),
                   .replicas = value.value("replicas", std::map<std::string, std::int64_t>{})};
  for (const Json& probe : value.at("probes")) {
    out.probes.push_back({.http = probe.at("http").get<std::string>(),
                          .tcp = probe.at("tcp").get<std::string>(),
                          .command = probe.at("command").get<std::vector<std::string>>()});
  }
  return out;
}

}  // namespace

Json to_json(const ContainerStatus& container) {
  return {{"name", container.name},
          {"stack", container.stack},
          {"user", container.account.user},
          {"uid", container.account.uid},
          {"state", container.state},
          {"health", container.health},
          {"started_at", container.started_at},
          {"restarts", container.restarts},
          {"exit_code", container.exit_code},
          {"instance", container.instance}};
}

ContainerStatus container_from_json(const Json& value) {
  return {.name = value.at("name").get<std::string>(),
          .stack = value.at("stack").get<std::string>(),
          .account = account_from(value),
          .state = value.at("state").get<std::string>(),
          .health = value.at("health").get<std::string>(),
          .started_at = value.at("started_at").get<std::string>(),
          .restarts = value.at("restarts").get<std::int64_t>(),
          .exit_code = value.at("exit_code").get<int>(),
          .instance = value.value("instance", "")};
}

OrderedJson to_json(const ActivationRecord& record) {
  OrderedJson stacks = OrderedJson::array();
  for (const TouchedStack& stack : record.touched) stacks.push_back(stack_json(stack));
  OrderedJson accounts = OrderedJson::array();
  for (const Account& account : record.accounts) accounts.push_back(account_json(account));
  OrderedJson containers = OrderedJson::array();
  for (const ContainerStatus& container : record.baseline.containers)
    containers.emplace_back(to_json(container));
  OrderedJson in_place = OrderedJson::object();
  for (const auto& [unit, entry] : record.rotation.in_place)
    in_place[unit] = {{"stack", entry.stack},
                      {"restarted", entry.services.restarted},
                      {"recreated", entry.services.recreated}};
  return {{"version", 1},
          {"from", side_json(record.from)},
          {"to", side_json(record.to)},
          {"switches", record.switches},
          {"touched", stacks},
          {"rotated_units", record.rotation.units},
          {"rotated_in_place", in_place},
          {"accounts", accounts},
          {"baseline",
           {{"failed_units", record.baseline.failed_units},
            {"containers", containers},
            {"invocations", record.baseline.invocations},
            {"remote_reachable", record.baseline.remote_reachable}}}};
}

ActivationRecord record_from_json(const Json& value) {
  try {
    ActivationRecord out{.from = side_from(value.at("from")),
                         .to = side_from(value.at("to")),
                         .switches = true,
                         .touched = {},
                         .rotation = {},
                         .accounts = {},
                         .baseline = {}};
    out.rotation.units = value.at("rotated_units").get<std::set<std::string>>();
    // Older records lack it: all units restarted whole.
    const Json in_place = value.value("rotated_in_place", Json::object());
    for (const auto& [unit, entry] : in_place.items())
      out.rotation.in_place[unit] = {entry.at("stack").get<std::string>(),
                                     {entry.at("restarted").get<std::set<std::string>>(),
                                      entry.at("recreated").get<std::set<std::string>>()}};
    // Records of 0.1 lack it: there the store path alone decided.
    out.switches = value.value("switches", out.from.store_path != out.to.store_path);
    for (const Json& stack : value.at("touched")) out.touched.push_back(stack_from(stack));
    for (const Json& account : value.at("accounts")) out.accounts.push_back(account_from(account));
    const Json& baseline = value.at("baseline");
    out.baseline.failed_units = baseline.at("failed_units").get<std::vector<std::string>>();
    for (const Json& one : baseline.at("containers"))
      out.baseline.containers.push_back(container_from_json(one));
    out.baseline.invocations = baseline.at("invocations").get<std::map<std::string, std::string>>();
    out.baseline.remote_reachable = baseline.at("remote_reachable").get<bool>();
    return out;
  } catch (const Json::exception& e) {
    throw Error("cannot read", "the record of a switch", e.what());
  }
}

std::string unit_file_name(const std::string& unit) {
  return unit.find('.') == std::string::npos ? unit + ".service" : unit;
}

Account account_of(const layout::Stack& stack) {
  return {stack.user, stack.account.uid};
}

TouchedStack touched_stack(const layout::Stack& stack) {
  TouchedStack out{.name = stack.name, .account = account_of(stack), .probes = stack.config.health.probes};
  for (const std::string& unit : stack.units()) out.units.push_back(unit + ".service");
  out.timeout = parse_timeout(stack.config.health.timeout);
  // What stands for a service: its container, or what the names of several begin with.
  const auto subject = [&](const compose::Service& service) {
    return service.scale == 1 ? stack.container(service) : stack.project.name + '-' + service.name + '-';
  };
  for (const auto& [name, service] : stack.project.services) {
    if (service.scale == 1) {
      out.containers.push_back(subject(service));
    } else if (service.scale > 1) {
      out.replicas[subject(service)] = service.scale;
    }
    if (service.restart == "no") out.completing.insert(subject(service));
    for (const auto& [other, dependency] : service.depends_on) {
      const auto found = stack.project.services.find(other);
      if (dependency.condition != compose::Dependency::Condition::completed) continue;
      if (found != stack.project.services.end()) out.completing.insert(subject(found->second));
    }
  }
  return out;
}

}  // namespace hwcsync::apply
