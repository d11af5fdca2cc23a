#include "gitops/compose/reading.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

void read_test(Reading& reading, const Yaml& value, const std::string& path, HealthCheck& out, Draft& draft) {
  if (value.is_sequence()) {
    draft.health_test = reading.provider_list(value, path);
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

Dependency read_dependency(Reading& reading, const Yaml& value, const std::string& path) {
  Dependency out;
  for (const Yaml::Entry& entry : value.entries) {
    const std::string here = path + '.' + entry.key;
    if (entry.key == "condition") {
      const std::string word = reading.plain(entry.value, here);
      if (word == "service_healthy") {
        out.condition = Dependency::Condition::healthy;
      } else if (word == "service_completed_successfully") {
        out.condition = Dependency::Condition::completed;
      } else if (word != "service_started") {
        reading.problems.add(
            entry.value,
            "expected one of service_started, service_healthy, service_completed_successfully, found '" +
                word + "'");
      }
    } else if (entry.key == "restart") {
      out.restart = reading.boolean(entry.value, here);
    } else if (entry.key == "required") {
      out.required = reading.boolean(entry.value, here);
    } else if (!is_extension(entry.key)) {
      reading.refuse_key(value, entry, "dependency");
    }
  }
  return out;
}

}  // namespace

void read_health_check(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  if (!reading.expect_mapping(value)) return;
  HealthCheck out;
  for (const Yaml::Entry& entry : value.entries) {
    const std::string here = path + '.' + entry.key;
    if (entry.value.is_null()) continue;
    if (entry.key == "test") {
      read_test(reading, entry.value, here, out, draft);
    } else if (entry.key == "interval") {
      out.interval = reading.duration(entry.value, here);
    } else if (entry.key == "timeout") {
      out.timeout = reading.duration(entry.value, here);
    } else if (entry.key == "start_period") {
      out.start_period = reading.duration(entry.value, here);
    } else if (entry.key == "retries") {
      out.retries = reading.integer(entry.value, here);
      if (out.retries && *out.retries < 1) reading.problems.add(entry.value, "at least one try is needed");
    } else if (entry.key == "disable") {
      out.disabled = reading.boolean(entry.value, here) || out.disabled;
    } else if (!is_extension(entry.key)) {
      reading.refuse_key(value, entry, "health check");
    }
  }
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
    if (!entry.value.is_null() && !reading.expect_mapping(entry.value)) continue;
    out.emplace(entry.key, read_dependency(reading, entry.value, path + '.' + entry.key));
  }
}

}  // namespace hwcsync::compose
