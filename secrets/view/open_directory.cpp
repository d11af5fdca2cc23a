#include "secrets/view/open_directory.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <sys/stat.h>

namespace hwcsync::secrets {

void open_directory_up(const std::string& path, unsigned mode) {
  make_directories(path, mode);
  if (::chmod(path.c_str(), mode) != 0) throw_errno("cannot open up", path);
}

}  // namespace hwcsync::secrets
