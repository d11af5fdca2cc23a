#pragma once

#include "gitops/compose/reading.hpp"

#include <span>
#include <string>
#include <string_view>

// Internal to gitops/compose: a mapping is read from a table of its keys, and the table of verdicts says
// which keys there are.
namespace hwcsync::compose {

template <class T>
struct Field {
  std::string_view key;
  // `path`: "services.web.cpu_shares".
  void (*read)(Reading& reading, const Yaml& value, const std::string& path, T& out);
};

template <class T>
using Fields = std::span<const Field<T>>;

// False when the table has no such key.
template <class T>
bool read_field(Reading& reading, const Yaml::Entry& entry, const std::string& path, Fields<T> fields,
                T& out) {
  for (const Field<T>& field : fields) {
    if (field.key != entry.key) continue;
    field.read(reading, entry.value, path + '.' + entry.key, out);
    return true;
  }
  return false;
}

template <class T>
void read_fields(Reading& reading, const Yaml& mapping, std::string_view scope, const std::string& path,
                 Fields<T> fields, T& out) {
  if (!reading.expect_mapping(mapping)) return;
  for (const Yaml::Entry& entry : mapping.entries) {
    if (reading.takes(mapping, entry, scope, path)) read_field(reading, entry, path, fields, out);
  }
}

namespace detail {
template <class C, class M>
C owner_of(M C::*);
template <auto Member>
using Owner = decltype(owner_of(Member));
}  // namespace detail

// Readers of members of plain kinds.
template <auto Member>
void read_text(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.plain(value, path);
}
template <auto Member>
void read_boolean(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.boolean(value, path);
}
template <auto Member>
void read_integer(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.integer(value, path).value_or(0);
}
template <auto Member>
void read_duration(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.duration(value, path);
}
template <auto Member>
void read_size(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.size(value, path);
}
template <auto Member>
void read_list(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.plain_list(value, path);
}
template <auto Member>
void read_one_or_many(Reading& reading, const Yaml& value, const std::string& path,
                      detail::Owner<Member>& out) {
  out.*Member = reading.one_or_many(value, path);
}
template <auto Member>
void read_map(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.plain_map(value, path);
}
template <auto Member>
void read_provider_map(Reading& reading, const Yaml& value, const std::string& path,
                       detail::Owner<Member>& out) {
  out.*Member = reading.provider_map(value, path);
}

// The tables of a service, by subject.
[[nodiscard]] Fields<Limits> limit_fields();
[[nodiscard]] Fields<Service> network_fields();
[[nodiscard]] Fields<Service> device_fields();
[[nodiscard]] Fields<Service> hook_fields();
[[nodiscard]] Fields<Service> process_fields();

void read_ulimits(Reading& reading, const Yaml& value, const std::string& path,
                  std::map<std::string, Ulimit>& out);
void read_device_requests(Reading& reading, const Yaml& value, const std::string& path,
                          std::vector<DeviceRequest>& out);
void read_hosts(Reading& reading, const Yaml& value, const std::string& path, std::vector<std::string>& out);
void read_build(Reading& reading, const Yaml& value, const std::string& path, Draft& draft);
// "10.0.0.1", "fd00::1": the letters of an address, not more.
[[nodiscard]] bool is_address(std::string_view text);
// `default_directory`: where a target that is no absolute path lies ("/run/secrets/").
std::vector<Grant> read_grants(Reading& reading, const Yaml& value, const std::string& path,
                               const std::string& default_directory);

}  // namespace hwcsync::compose
