#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/source.hpp"

#include <filesystem>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

namespace fs = std::filesystem;

// Becomes the program beside this one: the process with the keys holds nothing of what the command line
// needs.
[[noreturn]] void become_secret_service(const std::string& settings_file) {
  const std::string program = fs::read_symlink("/proc/self/exe").parent_path() / "hwcsync-secretsd";
  const char* file = fs::exists(settings_file) ? settings_file.c_str() : nullptr;
  ::execl(program.c_str(), program.c_str(), file, nullptr);
  throw_errno("cannot start the secret service: cannot run", program);
}

}  // namespace

Command secretsd_command() {
  return {"secretsd",
          "the secret service: holds the keys, shows the view (started by systemd; elsewhere it starts "
          "itself again)",
          "", [](CLI::App&, Context& context) {
            return [&context]() -> int {
              // Read here too, so that what is wrong with them is told as everywhere.
              static_cast<void>(load_settings(context));
              become_secret_service(settings::settings_path(context.config));
            };
          }};
}

}  // namespace hwcsync::cli
