#pragma once

#include <string>

namespace hwcsync::secrets {

// mkdir -p, and then this mode on the last directory, whatever the umask and its former mode were: for those
// that others have to pass through on their way to a view. Throws SystemError.
void open_directory_up(const std::string& path, unsigned mode);

}  // namespace hwcsync::secrets
