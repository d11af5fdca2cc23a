#include "gitops/compose/fields.hpp"
#include "gitops/compose/units.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

void read_cpus(Reading& reading, const Yaml& value, const std::string& path, Limits& out) {
  out.cpus = reading.number(value, path);
}

template <std::optional<std::int64_t> Limits::*Member>
void whole(Reading& reading, const Yaml& value, const std::string& path, Limits& out) {
  out.*Member = reading.integer(value, path);
}

template <std::optional<std::int64_t> Limits::*Member, std::int64_t Least, std::int64_t Most>
void within(Reading& reading, const Yaml& value, const std::string& path, Limits& out) {
  out.*Member = reading.integer(value, path);
  if (out.*Member && (*(out.*Member) < Least || *(out.*Member) > Most)) {
    reading.problems.add(value,
                         "expected a number from " + std::to_string(Least) + " to " + std::to_string(Most));
  }
}

// A bare number is in microseconds; a text may have a unit.
template <std::optional<std::int64_t> Limits::*Member>
void microseconds(Reading& reading, const Yaml& value, const std::string& path, Limits& out) {
  const std::string word = reading.plain(value, path);
  if (!value.is_scalar() || word.empty()) return;
  out.*Member = word.find_first_not_of("-0123456789") == std::string::npos ? reading.integer(value, path)
                                                                           : duration_microseconds(word);
  if (!(out.*Member))
    reading.problems.add(value, "expected a number of microseconds or a duration, found '" + word + "'");
}

constexpr std::array kLimits{
    Field<Limits>{"cpus", read_cpus},
    Field<Limits>{"mem_limit", read_size<&Limits::memory>},
    Field<Limits>{"mem_reservation", read_size<&Limits::memory_reservation>},
    Field<Limits>{"memswap_limit", read_size<&Limits::memory_swap>},
    Field<Limits>{"shm_size", read_size<&Limits::shm_size>},
    Field<Limits>{"cpuset", read_text<&Limits::cpuset>},
    Field<Limits>{"mem_swappiness", within<&Limits::memory_swappiness, 0, 100>},
    Field<Limits>{"cpu_shares", whole<&Limits::cpu_shares>},
    Field<Limits>{"cpu_period", microseconds<&Limits::cpu_period>},
    Field<Limits>{"cpu_quota", microseconds<&Limits::cpu_quota>},
    Field<Limits>{"cpu_rt_period", microseconds<&Limits::cpu_rt_period>},
    Field<Limits>{"cpu_rt_runtime", microseconds<&Limits::cpu_rt_runtime>},
    Field<Limits>{"pids_limit", whole<&Limits::pids>},
    Field<Limits>{"oom_score_adj", within<&Limits::oom_score_adj, -1000, 1000>},
    Field<Limits>{"oom_kill_disable", read_boolean<&Limits::oom_kill_disable>},
    Field<Limits>{"ulimits", [](Reading& reading, const Yaml& value, const std::string& path,
                                Limits& out) { read_ulimits(reading, value, path, out.ulimits); }},
};

constexpr std::array kUlimit{
    Field<Ulimit>{"soft", read_integer<&Ulimit::soft>},
    Field<Ulimit>{"hard", read_integer<&Ulimit::hard>},
};

}  // namespace

Fields<Limits> limit_fields() {
  return kLimits;
}

void read_ulimits(Reading& reading, const Yaml& value, const std::string& path,
                  std::map<std::string, Ulimit>& out) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    const std::string here = path + '.' + entry.key;
    Ulimit limit;
    if (entry.value.is_mapping()) {
      for (const char* needed : {"soft", "hard"}) {
        if (entry.value.find(needed) == nullptr)
          reading.problems.add(entry.value, "key '" + std::string(needed) + "' is missing here");
      }
      read_fields<Ulimit>(reading, entry.value, "ulimit", here, kUlimit, limit);
      const bool both = entry.value.find("soft") != nullptr && entry.value.find("hard") != nullptr;
      if (both && limit.hard != -1 && (limit.soft > limit.hard || limit.soft == -1))
        reading.problems.add(entry.value, "the soft limit is above the hard limit");
    } else {
      limit.soft = limit.hard = reading.integer(entry.value, here).value_or(0);
    }
    out[entry.key] = limit;
  }
}

}  // namespace hwcsync::compose
