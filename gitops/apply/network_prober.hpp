#pragma once

#include "gitops/apply/prober.hpp"
#include "gitops/source/fetch.hpp"
#include "src/base/process.hpp"

#include <chrono>
#include <string>

namespace hwcsync::apply {

// Asks over the network: HTTP by cpp-httplib (plain, as for probes of the loopback interface), TCP by
// connecting, commands and the remote through the process runner.
class NetworkProber final : public Prober {
 public:
  NetworkProber(ProcessRunner& runner, git::FetchOptions remote, std::string branch,
                std::chrono::milliseconds deadline = std::chrono::seconds(5));
  // HTTP: any answer below 400. TCP: a connection. Command: exit status 0.
  [[nodiscard]] std::optional<ProbeTrouble> probe(const stack::Probe& probe) override;
  [[nodiscard]] std::optional<std::string> reach_remote() override;

 private:
  ProcessRunner& runner_;
  git::FetchOptions remote_;
  std::string branch_;
  std::chrono::milliseconds deadline_;
};

}  // namespace hwcsync::apply
