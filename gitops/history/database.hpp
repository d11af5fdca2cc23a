#pragma once

#include "gitops/history/run_row.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace hwcsync::history {

// <state>/history.db: one row a run, for quick answers. Only a copy: the journals are what is true. One
// object per thread; several processes may have it open.
class Database {
 public:
  // Opens or creates it. A file that SQLite cannot read is put aside as history.db.broken and rebuilt.
  [[nodiscard]] static Database open(const std::string& state_dir);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  void upsert(const RunRow& row);
  // Newest first.
  [[nodiscard]] std::vector<RunRow> list(std::size_t limit = 50) const;
  [[nodiscard]] std::vector<RunRow> runs_of(const std::string& revision) const;
  [[nodiscard]] std::optional<RunRow> find(RunId id) const;

  // Brings rows that are missing or behind in line with the run directories; gives how many were written.
  std::size_t reconcile();
  // Keeps the newest `keep` runs, rows and directories; a run in `pinned` stays.
  void prune(std::size_t keep, const std::vector<RunId>& pinned);

 private:
  Database(std::string state_dir, std::unique_ptr<SQLite::Database> db);
  std::string state_dir_;
  std::unique_ptr<SQLite::Database> db_;
};

inline constexpr std::size_t kRunsKept = 1000;

}  // namespace hwcsync::history
