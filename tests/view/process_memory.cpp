#include "tests/view/process_memory.hpp"

#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::test {
namespace {

std::string hex(std::uintptr_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%lx", static_cast<unsigned long>(number));
  return text;
}

// Page by page: some of a mapping may not be readable.
std::string read_region(int memory, const MemoryRegion& region) {
  constexpr std::size_t kPage = 4096;
  std::string out(region.size(), '\0');
  for (std::size_t at = 0; at < out.size();) {
    const ssize_t count =
        ::pread(memory, out.data() + at, out.size() - at, static_cast<off_t>(region.begin + at));
    at += count > 0 ? static_cast<std::size_t>(count) : kPage;
  }
  return out;
}

}  // namespace

bool MemoryRegion::is_arena() const {
  return name.empty() && flags.find(" lo ") != std::string::npos && flags.find(" dd ") != std::string::npos &&
         flags.find(" wf ") != std::string::npos;
}

std::vector<MemoryRegion> memory_of(pid_t pid) {
  std::vector<MemoryRegion> out;
  for (const std::string& line : split(read_file("/proc/" + std::to_string(pid) + "/smaps"), '\n')) {
    unsigned long begin = 0;
    unsigned long end = 0;
    int used = 0;
    // 7f00-7f01 rw-p 00000000 00:00 0    [heap]
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %*s %*s %*s%n", &begin, &end, &used) >= 2 && used > 0) {
      const std::string rest = line.substr(static_cast<std::size_t>(used));
      out.push_back({.begin = begin, .end = end, .name = std::string(trim(rest))});
      continue;
    }
    if (out.empty()) continue;
    unsigned long size = 0;
    if (std::sscanf(line.c_str(), "Rss: %lu", &size) == 1) out.back().resident = size * 1024;
    if (std::sscanf(line.c_str(), "Locked: %lu", &size) == 1) out.back().locked = size * 1024;
    if (std::sscanf(line.c_str(), "Swap: %lu", &size) == 1) out.back().swapped = size * 1024;
    if (line.starts_with("VmFlags:")) out.back().flags = line.substr(8) + ' ';
  }
  return out;
}

MemorySearch search_memory(pid_t pid, std::string_view bytes) {
  MemorySearch out;
  const Fd memory = open_file("/proc/" + std::to_string(pid) + "/mem", O_RDONLY);
  for (const MemoryRegion& region : memory_of(pid)) {
    if (region.resident == 0 && region.swapped == 0) continue;
    const std::string content = read_region(memory.get(), region);
    out.searched += content.size();
    for (auto at = content.find(bytes); at != std::string::npos; at = content.find(bytes, at + 1)) {
      if (region.is_arena()) {
        ++out.inside;
      } else {
        out.outside.push_back((region.name.empty() ? hex(region.begin) : region.name) + "+0x" + hex(at) +
                              ": " + printable(content.substr(at > 64 ? at - 64 : 0, 192)));
      }
    }
  }
  return out;
}

std::vector<std::string> search_files(const std::string& directory, std::string_view bytes) {
  std::vector<std::string> out;
  // A view lets nobody in but its owner.
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, options)) {
    std::error_code code;
    if (!entry.is_regular_file(code)) continue;
    if (read_file(entry.path().string()).find(bytes) != std::string::npos)
      out.push_back(entry.path().string());
  }
  return out;
}

}  // namespace hwcsync::test
