#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/render.hpp"
#include "src/base/json.hpp"
#include "tests/support/temporary_directory.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::test {

// A host "server" with the one stack "s" of style oci, read from the text of its files.
[[nodiscard]] layout::DesiredState oci_state(const std::string& compose,
                                             const std::string& stack = "style: oci\n",
                                             const std::string& host = "");

// The module set evaluated as a NixOS host would (lab/), and its scripts run by a real shell with a `podman`
// that writes down its arguments.
class OciLab {
 public:
  // `extra` is one more module, as Nix text.
  explicit OciLab(const nix::Rendered& rendered, const std::string& extra = "{ }");
  explicit OciLab(const layout::DesiredState& state, const std::string& extra = "{ }")
      : OciLab(nix::render(state), extra) {}

  // Of unit "podman-<container>": the words that podman gets, without the program's own.
  [[nodiscard]] std::vector<std::string> argv(const std::string& container) const;
  // Every call of podman that a generated script, by its path below generated/<host>/, makes.
  [[nodiscard]] std::vector<std::vector<std::string>> script_calls(const std::string& file) const;
  // The same for the command of a unit's ExecStart=, decoded as systemd does, with an answering podman:
  // `answers` is shell text that the recorder runs after recording.
  [[nodiscard]] std::vector<std::vector<std::string>> unit_calls(const std::string& unit,
                                                                 const std::string& answers = "") const;
  [[nodiscard]] const Json& json() const noexcept { return json_; }
  [[nodiscard]] const Json& unit(const std::string& name) const { return json_["units"].at(name); }

 private:
  [[nodiscard]] std::vector<std::vector<std::string>> run(const std::vector<std::string>& command,
                                                          const std::string& answers) const;

  TemporaryDirectory directory_;
  std::map<std::string, std::string> files_;
  Json json_;
};

// The words of a systemd command line, by systemd's own rules (systemd.service(5), "Command lines"; %% and
// $$).
[[nodiscard]] std::vector<std::string> systemd_words(const std::string& line);

}  // namespace hwcsync::test
