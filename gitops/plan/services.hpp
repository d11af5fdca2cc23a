#pragma once

#include "gitops/plan/plan.hpp"

#include <string>
#include <vector>

namespace hwcsync::plan {

// What differs between two forms of one service, at the level a person thinks in: "image a -> b",
// "environment + NAME", "port + 8080:80". Empty: the same container.
[[nodiscard]] std::vector<std::string> differences(const compose::Service& before,
                                                   const compose::Service& after);

// Changes of all services of a stack that stands on both sides. A changed service is recreated; what shares
// its network namespace, waits on it with `restart: true`, or (style oci, where systemd propagates) depends
// on it at all, goes with it.
[[nodiscard]] std::vector<ServiceChange> compare_services(const layout::Stack& before,
                                                          const layout::Stack& after);

// Adds to `changes` the services that go along with those that are recreated.
void add_companions(std::vector<ServiceChange>& changes, const layout::Stack& stack);

[[nodiscard]] bool is_recreated(const std::vector<ServiceChange>& changes, const std::string& service);

// Marks a service as recreated for this reason, unless it is already.
void mark(std::vector<ServiceChange>& changes, const std::string& service, Action action,
          const std::string& reason);

}  // namespace hwcsync::plan
