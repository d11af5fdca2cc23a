#include "src/base/atomic_file.hpp"

#include "src/base/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hwcsync {
namespace {

std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(std::string path, unsigned mode) : AtomicFile(path, mode, path + '.') {}

AtomicFile::AtomicFile(std::string path, unsigned mode, const std::string& scratch)
    : path_(std::move(path)), temporary_(scratch + "XXXXXX") {
  fd_ = Fd(::mkostemp(temporary_.data(), O_CLOEXEC));
  if (!fd_.valid()) throw_errno("cannot create a temporary file for", path_);
  if (::fchmod(fd_.get(), mode) != 0) {
    const int code = errno;
    ::unlink(temporary_.c_str());
    throw SystemError("cannot set the mode of", temporary_, code);
  }
}

AtomicFile::~AtomicFile() {
  if (fd_.valid()) ::unlink(temporary_.c_str());
}

void AtomicFile::give_to(uid_t uid, gid_t gid) {
  if (::fchown(fd_.get(), uid, gid) != 0) throw_errno("cannot give away", temporary_);
}

void AtomicFile::write(std::string_view data) {
  write_all(fd_.get(), data, temporary_);
}

void AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) throw_errno("cannot sync", temporary_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_errno("cannot replace", path_);
  fd_.reset();
  sync_directory(parent(path_));
}

void make_directories(const std::string& path, unsigned mode) {
  if (path.empty() || path == "/" || path == ".") return;
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  if (errno != ENOENT) throw_errno("cannot create directory", path);
  make_directories(parent(path), mode);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) throw_errno("cannot create directory", path);
}

void sync_directory(const std::string& path) {
  const Fd fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (::fsync(fd.get()) != 0) throw_errno("cannot sync directory", path);
}

}  // namespace hwcsync
