#include "src/daemon/lock_probe.hpp"

#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace hwcsync::daemon {

std::optional<pid_t> flock_holder_in(std::string_view locks, unsigned device_major, unsigned device_minor,
                                     unsigned long inode) {
  std::array<char, 64> wanted{};
  std::snprintf(wanted.data(), wanted.size(), "%02x:%02x:%lu", device_major, device_minor, inode);
  for (const std::string& line : split(locks, '\n')) {
    // "1: FLOCK  ADVISORY  WRITE 708 08:02:13421 0 EOF"; a waiter has "->" as its second word.
    std::vector<std::string> words;
    for (std::string& word : split(line, ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    if (words.size() < 6 || words[1] != "FLOCK" || words[5] != wanted.data()) continue;
    return static_cast<pid_t>(std::atol(words[4].c_str()));
  }
  return std::nullopt;
}

std::optional<pid_t> lock_holder(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const Fd locks = open_file("/proc/locks", O_RDONLY);
  return flock_holder_in(read_all(locks.get(), "/proc/locks"), major(info.st_dev), minor(info.st_dev),
                         info.st_ino);
}

}  // namespace hwcsync::daemon
