#pragma once

#include "gitops/layout/desired_state.hpp"

#include <map>
#include <string>
#include <vector>

// What the units of one stack have to do with those of the others on the host.
namespace hwcsync::layout {

// What others may be tied to: the stack's units, and in style oci the networks that it makes for its user.
struct Offer {
  std::string user;
  std::vector<std::string> units;     // without ".service"
  std::vector<std::string> networks;  // by the name that podman knows
  bool operator==(const Offer&) const = default;
};
using Offers = std::map<std::string, Offer>;  // by stack

[[nodiscard]] Offer offer_of(const Stack& stack);

// Service -> the units of other stacks that it starts after, by start-after or by an external network that
// another one makes.
[[nodiscard]] std::map<std::string, std::vector<std::string>> ties_of(const Stack& stack,
                                                                      const Offers& offers);

}  // namespace hwcsync::layout
