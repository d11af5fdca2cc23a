#include "src/cli/become.hpp"

#include "src/base/error.hpp"

#include <filesystem>

#include <unistd.h>

namespace hwcsync::cli {

void become(const std::string& program, const std::string& settings_file) {
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  const char* file = settings_file.empty() ? nullptr : settings_file.c_str();
  ::execl(path.c_str(), path.c_str(), file, nullptr);
  throw_errno("cannot start the service: cannot run", path);
}

}  // namespace hwcsync::cli
