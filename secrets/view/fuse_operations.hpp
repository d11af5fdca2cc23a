#pragma once

// libfuse's newest interface that Debian 12 (3.14) and newer ones have in common.
#define FUSE_USE_VERSION 35
#include "secrets/view/fuse_server.hpp"

#include <fuse_lowlevel.h>

namespace hwcsync::secrets {

// One function per FUSE operation, each with the C signature that libfuse wants. They never throw and answer
// each request exactly once. There is none that writes: the mount is read-only, the kernel says EROFS by
// itself.
struct FuseOperations {
  [[nodiscard]] static const fuse_lowlevel_ops& table() noexcept;

  static void init(void* data, fuse_conn_info* connection) noexcept;
  static void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept;
  static void forget(fuse_req_t request, fuse_ino_t node, std::uint64_t count) noexcept;
  static void forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* nodes) noexcept;
  static void getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) noexcept;
  static void open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) noexcept;
  static void read(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset,
                   fuse_file_info* file) noexcept;
  static void release(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) noexcept;
  static void opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) noexcept;
  static void readdir(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset,
                      fuse_file_info* file) noexcept;
  static void releasedir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) noexcept;
  static void statfs(fuse_req_t request, fuse_ino_t node) noexcept;
  static void access(fuse_req_t request, fuse_ino_t node, int mask) noexcept;
};

}  // namespace hwcsync::secrets
