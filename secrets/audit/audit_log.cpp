#include "secrets/audit/audit_log.hpp"

#include "src/base/log.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

// Beyond this many different readers a first open is no news any more.
constexpr std::size_t kSeenLimit = 4096;

}  // namespace

std::string_view to_string(AuditOp op) noexcept {
  switch (op) {
    case AuditOp::open:
      return "open";
    case AuditOp::read:
      return "read";
    case AuditOp::deny:
      break;
  }
  return "deny";
}

Json to_json(const AuditRecord& record) {
  return {{"time", format_time(record.time)},
          {"op", std::string(to_string(record.op))},
          {"view", record.view},
          {"uid", record.uid},
          {"gid", record.gid},
          {"pid", record.pid},
          {"exe", record.exe},
          {"unit", record.unit},
          {"container", record.container},
          {"generation", record.generation},
          {"path", record.path},
          {"stack", record.stack},
          {"secret", record.secret},
          {"result", record.result}};
}

void AuditLog::add(AuditRecord record) noexcept {
  try {
    const std::scoped_lock lock(mutex_);
    switch (record.op) {
      case AuditOp::open:
        ++counts_.opens;
        break;
      case AuditOp::read:
        ++counts_.reads;
        break;
      case AuditOp::deny:
        ++counts_.denials;
        break;
    }
    record.time = clock_.now();
    if (worth_a_line(record)) write_line(record);
    auto& ring = share_of(record.op).ring;
    ring.push_back({next_++, std::move(record)});
    if (ring.size() > capacity_) {
      ring.pop_front();
      ++counts_.dropped;
    }
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    ++counts_.dropped;
  }
}

bool AuditLog::worth_a_line(const AuditRecord& record) {
  if (record.op != AuditOp::deny && record.result == "ok") {
    if (record.op == AuditOp::read || seen_.size() >= kSeenLimit) return false;
    const std::string key = record.generation + '\n' + std::to_string(record.view) + '\n' +
                            std::to_string(record.uid) + '\n' + record.path;
    if (!seen_.insert(key).second) return false;
  }
  Share& share = share_of(record.op);
  const auto now = clock_.steady_now();
  if (now - share.second >= std::chrono::seconds(1)) {
    share.second = now;
    share.lines = 0;
  }
  if (share.lines >= kLinesPerSecond) {
    ++left_out_;
    return false;
  }
  ++share.lines;
  return true;
}

void AuditLog::write_line(const AuditRecord& record) {
  const bool refused = record.op == AuditOp::deny || record.result != "ok";
  log(refused ? LogLevel::warning : LogLevel::info, refused ? "secret refused" : "secret opened",
      {{"view", std::to_string(record.view)},
       {"path", record.path},
       {"stack", record.stack},
       {"uid", std::to_string(record.uid)},
       {"gid", std::to_string(record.gid)},
       {"pid", std::to_string(record.pid)},
       {"exe", record.exe},
       {"unit", record.unit},
       {"container", record.container.substr(0, 12)},
       {"result", record.result}});
  if (left_out_ > 0)
    log(LogLevel::warning, "accesses not logged", {{"count", std::to_string(std::exchange(left_out_, 0))}});
}

std::vector<AuditRecord> AuditLog::query(const AuditQuery& query) const {
  const std::scoped_lock lock(mutex_);
  std::vector<AuditRecord> out;
  auto allowed = allowed_.ring.rbegin();
  auto denied = denied_.ring.rbegin();
  while (out.size() < query.limit && (allowed != allowed_.ring.rend() || denied != denied_.ring.rend())) {
    const bool take_denied = allowed == allowed_.ring.rend() ||
                             (denied != denied_.ring.rend() && denied->number > allowed->number);
    const AuditRecord& record = (take_denied ? denied++ : allowed++)->record;
    // The clock may have been set back: an older record does not mean that all before it are older.
    if (query.since && record.time < *query.since) continue;
    if (!query.stack || record.stack == *query.stack) out.push_back(record);
  }
  return out;
}

AuditCounts AuditLog::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

}  // namespace hwcsync::secrets
