#include "src/cli/command.hpp"

#include "src/cli/commands.hpp"

namespace hwcsync::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      plan_command(),    apply_command(),   rollback_command(), retry_command(),
      sync_command(),    status_command(),  why_command(),      history_command(),
      log_command(),     suspend_command(), resume_command(),   accept_rewrite_command(),
      init_command(),    config_command(),  lint_command(),     explain_command(),
      render_command(),  secrets_command(), daemon_command(),   secretsd_command(),
      version_command(), worker_command()};
  return table;
}

}  // namespace hwcsync::cli
