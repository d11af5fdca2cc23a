#pragma once

#include "src/base/schema.hpp"

#include <string>
#include <utility>

// Rows for keys that are known and yet not read: of the design but not of this version, or of another file.
namespace hwcsync::stack {

// What a refused key's schema says: nothing is valid there.
[[nodiscard]] Json refused_schema();

template <class T>
Row<T> unsupported_row(std::string key, std::string doc) {
  Row<T> out;
  out.key = std::move(key);
  out.doc = std::move(doc) + " (not supported by this version yet)";
  out.read = [](const Row<T>& row, const Yaml& value, T& /*out*/, Problems& problems) {
    problems.add(value, "'" + row.key + "' is not supported by this version yet");
  };
  out.schema = &refused_schema;
  return out;
}

// A key of the host's own configuration.
template <class T>
Row<T> host_row(std::string key) {
  Row<T> out;
  out.key = std::move(key);
  out.doc = "Belongs into /etc/hwcsync/config.yaml on the host (services.hwcsync), not into the repository.";
  out.read = [](const Row<T>& row, const Yaml& value, T& /*out*/, Problems& problems) {
    problems.add(value,
                 "'" + row.key +
                     "' belongs into /etc/hwcsync/config.yaml on the host (services.hwcsync in its NixOS "
                     "configuration), not into hwcsync.yaml: a revision may not say whom the host trusts");
  };
  out.schema = &refused_schema;
  return out;
}

}  // namespace hwcsync::stack
