#include "gitops/compose/fields.hpp"

#include <array>

namespace hwcsync::compose {
namespace {

void read_command(Reading& reading, const Yaml& value, const std::string& path, Hook& out) {
  out.command = reading.command(value, path);
}

constexpr std::array kHook{
    Field<Hook>{"command", read_command},
    Field<Hook>{"environment", read_provider_map<&Hook::environment>},
    Field<Hook>{"user", read_text<&Hook::user>},
    Field<Hook>{"working_dir", read_text<&Hook::working_dir>},
    Field<Hook>{"image", read_text<&Hook::image>},
    Field<Hook>{"privileged", read_boolean<&Hook::privileged>},
    Field<Hook>{"per_replica", read_boolean<&Hook::per_replica>},
};

template <std::vector<Hook> Service::*Member>
void hooks(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    Hook hook;
    read_fields<Hook>(reading, item, "hook", path + '[' + std::to_string(i) + ']', kHook, hook);
    const bool before = Member == &Service::pre_start;
    if (!before && (!hook.image.empty() || hook.per_replica)) {
      reading.problems.add(item, "'image' and 'per_replica' are for pre_start only");
    }
    if (hook.command.empty() && (!before || hook.image.empty()))
      reading.problems.add(item, "key 'command' is missing here");
    (out.*Member).push_back(std::move(hook));
  }
}

constexpr std::array kLogging{
    Field<Logging>{"driver", read_text<&Logging::driver>},
    Field<Logging>{"options", read_provider_map<&Logging::options>},
};

constexpr std::array kHooks{
    Field<Service>{"pre_start", hooks<&Service::pre_start>},
    Field<Service>{"post_start", hooks<&Service::post_start>},
    Field<Service>{"pre_stop", hooks<&Service::pre_stop>},
    Field<Service>{"logging",
                   [](Reading& reading, const Yaml& value, const std::string& path, Service& out) {
                     out.logging.emplace();
                     read_fields<Logging>(reading, value, "logging", path, kLogging, *out.logging);
                   }},
};

}  // namespace

Fields<Service> hook_fields() {
  return kHooks;
}

}  // namespace hwcsync::compose
