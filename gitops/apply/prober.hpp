#pragma once

#include "gitops/stack/stack_config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::apply {

struct ProbeTrouble {
  std::string what;                 // "exit status 1", "answered with status 503"
  std::vector<std::string> output;  // a command's last lines: may hold secrets, for the run's health.log only
};

// The seam for questions to services and to the remote. Each answers with what went wrong, or nothing.
class Prober {
 public:
  virtual ~Prober() = default;
  [[nodiscard]] virtual std::optional<ProbeTrouble> probe(const stack::Probe& probe) = 0;
  // Can the Git remote be reached from here, in a fresh connection?
  [[nodiscard]] virtual std::optional<std::string> reach_remote() = 0;
};

// "http://127.0.0.1:2283/ping", "tcp 127.0.0.1:5432", or the command, for messages.
[[nodiscard]] std::string probe_name(const stack::Probe& probe);

}  // namespace hwcsync::apply
