#include "secrets/audit/caller_process.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <array>
#include <charconv>
#include <exception>

#include <unistd.h>

namespace hwcsync::secrets {
namespace {

// The path of the hierarchy that systemd keeps: "0::" (unified) or "N:name=systemd:".
std::string_view systemd_path(std::string_view line) {
  const auto first = line.find(':');
  const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) return {};
  const std::string_view controller = line.substr(first + 1, second - first - 1);
  return controller.empty() || controller == "name=systemd" ? line.substr(second + 1) : std::string_view{};
}

std::string container_id(std::string_view component) {
  for (const std::string_view prefix : {"libpod-conmon-", "libpod-", "docker-", "crun-"}) {
    if (!component.starts_with(prefix)) continue;
    component.remove_prefix(prefix.size());
    const auto end = component.find_first_not_of("0123456789abcdef");
    if (end == 64 || (end == std::string_view::npos && component.size() == 64)) {
      return std::string(component.substr(0, 64));
    }
    break;
  }
  return {};
}

}  // namespace

CgroupLabels parse_cgroup(std::string_view text) {
  CgroupLabels out;
  for (const std::string& line : split(text, '\n')) {
    CgroupLabels found;
    for (const std::string& component : split(systemd_path(line), '/')) {
      if (std::string id = container_id(component); !id.empty()) {
        found.container = std::move(id);
      } else if (component.ends_with(".service") || component.ends_with(".scope")) {
        found.unit = component;
      }
    }
    if (out.unit.empty()) out.unit = std::move(found.unit);
    if (out.container.empty()) out.container = std::move(found.container);
  }
  return out;
}

CallerProcess identify_caller(pid_t tid) noexcept {
  CallerProcess out;
  if (tid <= 0) return out;
  try {
    const std::string directory = "/proc/" + std::to_string(tid);
    std::array<char, 4096> link{};
    const ssize_t length = ::readlink((directory + "/exe").c_str(), link.data(), link.size());
    if (length > 0) out.exe.assign(link.data(), static_cast<std::size_t>(length));
    const std::string status = read_file(directory + "/status", 1U << 16U);
    if (const auto at = status.find("\nTgid:\t"); at != std::string::npos) {
      const char* digits = status.data() + at + 7;
      std::from_chars(digits, status.data() + status.size(), out.pid);
    }
    CgroupLabels labels = parse_cgroup(read_file(directory + "/cgroup", 1U << 16U));
    out.unit = std::move(labels.unit);
    out.container = std::move(labels.container);
  } catch (const std::exception&) {
    // Killed while it waited: what was read until then is what is known.
  }
  return out;
}

const CallerProcess& CallerMemory::identify(pid_t tid, std::string_view path, AuditOp op) {
  if (op != AuditOp::read || tid != tid_ || path != path_) {
    process_ = identify_caller(tid);
    tid_ = tid;
    path_ = path;
  }
  return process_;
}

}  // namespace hwcsync::secrets
