#include "src/cli/become.hpp"

#include "src/base/error.hpp"

#include <cerrno>
#include <filesystem>

#include <unistd.h>

namespace hwcsync::cli {

void become(const std::string& program, const std::string& settings_file) {
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  const std::string file = settings_file.empty() ? "" : std::filesystem::absolute(settings_file).string();
  ::execl(path.c_str(), path.c_str(), file.empty() ? nullptr : file.c_str(), nullptr);
  throw SystemError("cannot start the service: cannot run", path, errno,
                    program + " is installed beside hwcsync");
}

}  // namespace hwcsync::cli
