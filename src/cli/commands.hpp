#pragma once

#include "src/cli/command.hpp"

// One function a command; each stands in a file of its own name.
namespace hwcsync::cli {

[[nodiscard]] Command accept_rewrite_command();
[[nodiscard]] Command apply_command();
[[nodiscard]] Command config_command();
[[nodiscard]] Command daemon_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command history_command();
[[nodiscard]] Command init_command();
[[nodiscard]] Command lint_command();
[[nodiscard]] Command log_command();
[[nodiscard]] Command plan_command();
[[nodiscard]] Command render_command();
[[nodiscard]] Command resume_command();
[[nodiscard]] Command retry_command();
[[nodiscard]] Command rollback_command();
[[nodiscard]] Command secrets_command();
[[nodiscard]] Command secretsd_command();
[[nodiscard]] Command status_command();
[[nodiscard]] Command suspend_command();
[[nodiscard]] Command sync_command();
[[nodiscard]] Command version_command();
[[nodiscard]] Command why_command();
[[nodiscard]] Command worker_command();

}  // namespace hwcsync::cli
