#pragma once

#include "src/base/fd.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace hwcsync {

// Writes a file so that readers see the old content or the new one, never a part. The destructor discards;
// commit() syncs the file, renames it over `path` and syncs the directory. Parent directories must exist.
class AtomicFile {
 public:
  AtomicFile(std::string path, unsigned mode);
  // Written as `scratch` and six letters, which must be on the same file system: what a killed process leaves
  // is then where the caller looks for it, and not beside `path`.
  AtomicFile(std::string path, unsigned mode, const std::string& scratch);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Whose it will be: before it has its name, behind which somebody could put a link.
  void give_to(uid_t uid, gid_t gid);
  void write(std::string_view data);
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  Fd fd_;
};

// mkdir -p with this mode for the directories that are made; throws SystemError.
void make_directories(const std::string& path, unsigned mode);

// fsync of a directory, so that a rename or a new name in it survives a power cut.
void sync_directory(const std::string& path);

}  // namespace hwcsync
