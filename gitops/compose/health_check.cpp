#include "gitops/compose/fields.hpp"
#include "gitops/compose/units.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

void read_test(Reading& reading, const Yaml& value, const std::string& path, HealthCheck& out, Draft& draft) {
  if (value.is_sequence()) {
    draft.health_test = reading.provider_list(value, path);
    if (value.items.empty()) return;  // the image's own
    const std::string first = draft.health_test.empty() ? "" : draft.health_test.front().compose_text();
    if (first == "NONE") {
      out.disabled = true;
    } else if (first != "CMD" && first != "CMD-SHELL") {
      reading.problems.add(value,
                           "a health check's list begins with CMD, CMD-SHELL or NONE, not '" + first + "'");
    } else if (draft.health_test.size() < 2 || (first == "CMD-SHELL" && draft.health_test.size() != 2)) {
      reading.problems.add(value, first == "CMD" ? "a command is missing after CMD"
                                                 : "CMD-SHELL takes exactly one command line");
    }
  } else {
    draft.health_test = {Template::literal("CMD-SHELL"), reading.provider_text(value, path)};
  }
  if (out.disabled) draft.health_test.clear();
  for (const Template& word : draft.health_test) {
    out.test.push_back(word.tainted() ? word.compose_text() : word.plain());
  }
}

void read_condition(Reading& reading, const Yaml& value, const std::string& path, Dependency& out) {
  const std::string word = reading.plain(value, path);
  if (word == "service_healthy") {
    out.condition = Dependency::Condition::healthy;
  } else if (word == "service_completed_successfully") {
    out.condition = Dependency::Condition::completed;
  } else if (word != "service_started" && value.is_scalar()) {
    reading.problems.add(
        value, "expected one of service_started, service_healthy, service_completed_successfully, found '" +
                   word + "'");
  }
}

constexpr std::array kDependency{
    Field<Dependency>{"condition", read_condition},
    Field<Dependency>{"restart", read_boolean<&Dependency::restart>},
    Field<Dependency>{"required", read_boolean<&Dependency::required>},
};

void read_retries(Reading& reading, const Yaml& value, const std::string& path, HealthCheck& out) {
  out.retries = reading.integer(value, path);
  if (out.retries && *out.retries < 0) reading.problems.add(value, "a number of tries is not negative");
}

void read_disable(Reading& reading, const Yaml& value, const std::string& path, HealthCheck& out) {
  out.disabled = reading.boolean(value, path) || out.disabled;
}

constexpr std::array kHealthCheck{
    Field<HealthCheck>{"interval", read_duration<&HealthCheck::interval>},
    Field<HealthCheck>{"timeout", read_duration<&HealthCheck::timeout>},
    Field<HealthCheck>{"start_period", read_duration<&HealthCheck::start_period>},
    Field<HealthCheck>{"start_interval", read_duration<&HealthCheck::start_interval>},
    Field<HealthCheck>{"retries", read_retries},
    Field<HealthCheck>{"disable", read_disable},
};

// For Docker a zero asks for the default; podman would take it at its word, and never check again.
void settle_zeros(Reading& reading, const Yaml& value, HealthCheck& out) {
  for (std::string* text : {&out.interval, &out.timeout, &out.start_interval}) {
    if (duration_microseconds(*text) == 0) text->clear();
  }
  if (out.retries == 0) out.retries.reset();
  constexpr std::int64_t kSecond = 1'000'000;
  if (!out.timeout.empty() && duration_microseconds(out.timeout).value_or(kSecond) < kSecond)
    reading.limit_both(*value.find("timeout"), "podman takes no timeout of a health check below 1s");
}

}  // namespace

void read_health_check(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  HealthCheck out;
  if (const Yaml* test = value.find("test"); test != nullptr && !test->is_null())
    read_test(reading, *test, path + ".test", out, draft);
  read_fields<HealthCheck>(reading, value, "health check", path, kHealthCheck, out);
  if (reading.context.setting == Context::Setting::stack) settle_zeros(reading, value, out);
  draft.service.health_check = std::move(out);
}

void read_dependencies(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  auto& out = draft.service.depends_on;
  if (value.is_sequence()) {
    for (const std::string& name : reading.plain_list(value, path)) out.emplace(name, Dependency{});
    return;
  }
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    Dependency dependency;
    if (!entry.value.is_null()) {
      read_fields<Dependency>(reading, entry.value, "dependency", path + '.' + entry.key, kDependency,
                              dependency);
    }
    out.emplace(entry.key, dependency);
  }
}

}  // namespace hwcsync::compose
