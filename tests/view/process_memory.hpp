#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace hwcsync::test {

// One mapping of a process, as /proc/PID/smaps tells it.
struct MemoryRegion {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string name;          // "[heap]", a path, empty
  std::string flags;         // " rd wr lo dd wf "
  std::size_t resident = 0;  // bytes
  std::size_t locked = 0;
  std::size_t swapped = 0;

  [[nodiscard]] std::size_t size() const { return end - begin; }
  // Memory of the arena and of nothing else: locked, out of core dumps, wiped in children.
  [[nodiscard]] bool is_arena() const;
};
[[nodiscard]] std::vector<MemoryRegion> memory_of(pid_t pid);

struct MemorySearch {
  std::size_t inside = 0;            // occurrences in the arena
  std::vector<std::string> outside;  // "[heap]+0x1234: ...", one an occurrence
  std::size_t searched = 0;          // bytes
};
// Looks for these bytes in all that the process has mapped. Takes root.
[[nodiscard]] MemorySearch search_memory(pid_t pid, std::string_view bytes);

// Files below the directory that hold these bytes.
[[nodiscard]] std::vector<std::string> search_files(const std::string& directory, std::string_view bytes);

}  // namespace hwcsync::test
