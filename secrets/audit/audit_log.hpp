#pragma once

#include "src/base/clock.hpp"
#include "src/base/json.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/types.h>

namespace hwcsync::secrets {

enum class AuditOp { open, read, deny };
[[nodiscard]] std::string_view to_string(AuditOp op) noexcept;

// One access to a view. Never a value, never its length.
struct AuditRecord {
  WallTime time{};
  AuditOp op = AuditOp::open;
  uid_t view = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  std::string exe{};
  std::string unit{};
  std::string container{};
  std::string generation{};
  std::string path{};
  std::string stack{};
  std::string secret{};
  std::string result = "ok";  // or why not: "Permission denied"
};

[[nodiscard]] Json to_json(const AuditRecord& record);

struct AuditQuery {
  std::size_t limit = 100;  // the newest that many
  std::optional<std::string> stack{};
  std::optional<WallTime> since{};  // none that are older
};

struct AuditCounts {
  std::uint64_t opens = 0;
  std::uint64_t reads = 0;
  std::uint64_t denials = 0;
  std::uint64_t dropped = 0;  // records that the ring no longer has, or that memory was lacking for
};

// The last accesses, in memory: so many that were allowed and so many that were denied, so that nobody who is
// refused can push out who was not. Denials, failures and the first open of each (generation, view, uid,
// path) also go to the log, at most kLinesPerSecond of either; what was left out is counted in a line of its
// own. Thread-safe.
class AuditLog {
 public:
  static constexpr unsigned kLinesPerSecond = 20;

  AuditLog(const Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {}

  // Sets the record's time. Never throws: an access is not refused because it could not be written down.
  void add(AuditRecord record) noexcept;

  // The newest first.
  [[nodiscard]] std::vector<AuditRecord> query(const AuditQuery& query) const;
  [[nodiscard]] AuditCounts counts() const;

 private:
  struct Kept {
    std::uint64_t number = 0;
    AuditRecord record;
  };
  // What one kind of access may take of memory and log.
  struct Share {
    std::deque<Kept> ring;
    std::chrono::steady_clock::time_point second{};
    unsigned lines = 0;
  };
  [[nodiscard]] Share& share_of(AuditOp op) noexcept { return op == AuditOp::deny ? denied_ : allowed_; }
  [[nodiscard]] bool worth_a_line(const AuditRecord& record);
  void write_line(const AuditRecord& record);

  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  Share allowed_;
  Share denied_;
  std::uint64_t next_ = 0;
  AuditCounts counts_;
  std::unordered_set<std::string> seen_;
  std::uint64_t left_out_ = 0;
};

}  // namespace hwcsync::secrets
