#pragma once

#include "gitops/apply/system_manager.hpp"
#include "src/base/process.hpp"

namespace hwcsync::apply {

// systemd through systemctl, systemd-run and journalctl.
class SystemdManager final : public SystemManager {
 public:
  explicit SystemdManager(ProcessRunner& runner) : runner_(runner) {}
  [[nodiscard]] std::vector<std::string> failed_units() override;
  [[nodiscard]] std::optional<UnitStatus> unit(const std::string& name) override;
  void start_transient(const TransientUnit& unit) override;
  void remove_transient(const std::string& name) override;
  void restart_units(std::span<const std::string> names) override;
  void reload_units(std::span<const std::string> names) override;
  [[nodiscard]] std::vector<std::string> log_tail(const std::string& unit, int lines) override;

 private:
  void for_units(const std::string& verb, std::span<const std::string> names);
  ProcessRunner& runner_;
};

// The output of `systemctl show` for one unit; nothing for a unit that is not loaded.
[[nodiscard]] std::optional<UnitStatus> parse_unit_status(const std::string& name, std::string_view text);
// First words of `systemctl list-units --state=failed --plain --no-legend`, without our own transient units.
[[nodiscard]] std::vector<std::string> parse_failed_units(std::string_view text);

}  // namespace hwcsync::apply
