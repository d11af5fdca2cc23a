#include "gitops/history/database.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/log.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace hwcsync::history {
namespace {

constexpr int kBusyMilliseconds = 5000;

// Version 1 (docs/formats.md). Later versions add columns with a default and never take one away.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY, host TEXT NOT NULL, from_rev TEXT NOT NULL, to_rev TEXT NOT NULL, summary TEXT NOT NULL,
  author TEXT NOT NULL, trigger_kind TEXT NOT NULL, who TEXT NOT NULL, operation TEXT NOT NULL, state TEXT NOT NULL,
  code TEXT NOT NULL, reason TEXT NOT NULL, transient INTEGER NOT NULL, started TEXT NOT NULL, ended TEXT NOT NULL,
  phases TEXT NOT NULL, store_path TEXT NOT NULL, generated TEXT NOT NULL, secrets_generation TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS runs_to_rev ON runs (to_rev, id);
)";

constexpr const char* kColumns =
    "id, host, from_rev, to_rev, summary, author, trigger_kind, who, operation, state, code, reason, "
    "transient, "
    "started, ended, phases, store_path, generated, secrets_generation";

std::string path_of(const std::string& state_dir) {
  return state_dir + "/history.db";
}

std::unique_ptr<SQLite::Database> open_file(const std::string& path) {
  // It tells why runs failed: not for everybody. SQLite itself would ask for 0644.
  if (const Fd file = hwcsync::open_file(path, O_RDWR | O_CREAT, 0640); ::fchmod(file.get(), 0640) != 0) {
    throw_errno("cannot set the mode of", path);
  }
  auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                               kBusyMilliseconds);
  db->exec("PRAGMA synchronous = NORMAL");
  db->exec(kSchema);
  return db;
}

RunRow row_at(SQLite::Statement& query) {
  const auto text = [&](int column) { return query.getColumn(column).getString(); };
  return {.id = query.getColumn(0).getInt64(),
          .host = text(1),
          .from_rev = text(2),
          .to_rev = text(3),
          .summary = text(4),
          .author = text(5),
          .trigger = text(6),
          .who = text(7),
          .operation = text(8),
          .state = text(9),
          .code = text(10),
          .reason = text(11),
          .transient = query.getColumn(12).getInt() != 0,
          .started = text(13),
          .ended = text(14),
          .phases = parse_json(text(15), "the phases of a run"),
          .store_path = text(16),
          .generated = text(17),
          .secrets_generation = text(18)};
}

std::vector<RunRow> rows_of(SQLite::Statement& query) {
  std::vector<RunRow> rows;
  while (query.executeStep()) rows.push_back(row_at(query));
  return rows;
}

// A run with a broken file has no row; it must not cost the others theirs.
std::optional<RunRow> readable_row(const std::string& state_dir, RunId id) {
  try {
    return row_of(RunDirectory::open(state_dir, id));
  } catch (const std::exception& e) {
    log(LogLevel::warning, "cannot list", {{"run", std::to_string(id)}, {"reason", e.what()}});
    return std::nullopt;
  }
}

// SQLite's exceptions do not leave this file.
template <typename Work>
auto guarded(const char* doing, const std::string& state_dir, Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    throw Error(doing, path_of(state_dir), e.what());
  }
}

}  // namespace

Database::Database(std::string state_dir, std::unique_ptr<SQLite::Database> db)
    : state_dir_(std::move(state_dir)), db_(std::move(db)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database Database::open(const std::string& state_dir) {
  make_directories(state_dir, 0755);
  const std::string path = path_of(state_dir);
  const bool fresh = !std::filesystem::exists(path);
  try {
    Database database(state_dir, open_file(path));
    if (fresh) database.reconcile();
    return database;
  } catch (const SQLite::Exception& e) {
    // SQLITE_CORRUPT and SQLITE_NOTADB: the file is of no use to anybody. Anything else (locked, no space)
    // may pass.
    if (e.getErrorCode() != 11 && e.getErrorCode() != 26) throw Error("cannot open", path, e.what());
  }
  std::filesystem::rename(path, path + ".broken");
  return guarded("cannot rebuild", state_dir, [&] {
    Database database(state_dir, open_file(path));
    database.reconcile();
    return database;
  });
}

void Database::upsert(const RunRow& row) {
  guarded("cannot write to", state_dir_, [&] {
    SQLite::Statement insert(*db_, std::string("INSERT OR REPLACE INTO runs (") + kColumns +
                                       ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.bind(1, row.id);
    const std::string phases = canonical_json(row.phases);
    int column = 2;
    for (const std::string* text :
         {&row.host, &row.from_rev, &row.to_rev, &row.summary, &row.author, &row.trigger, &row.who,
          &row.operation, &row.state, &row.code, &row.reason}) {
      insert.bind(column++, *text);
    }
    insert.bind(column++, row.transient ? 1 : 0);
    for (const std::string* text :
         {&row.started, &row.ended, &phases, &row.store_path, &row.generated, &row.secrets_generation}) {
      insert.bind(column++, *text);
    }
    insert.exec();
  });
}

std::vector<RunRow> Database::list(std::size_t limit) const {
  return guarded("cannot read", state_dir_, [&] {
    SQLite::Statement query(*db_, std::string("SELECT ") + kColumns + " FROM runs ORDER BY id DESC LIMIT ?");
    query.bind(1, static_cast<std::int64_t>(limit));
    return rows_of(query);
  });
}

std::vector<RunRow> Database::runs_of(const std::string& revision) const {
  return guarded("cannot read", state_dir_, [&] {
    SQLite::Statement query(
        *db_, std::string("SELECT ") + kColumns + " FROM runs WHERE to_rev = ? ORDER BY id DESC");
    query.bind(1, revision);
    return rows_of(query);
  });
}

std::optional<RunRow> Database::find(RunId id) const {
  return guarded("cannot read", state_dir_, [&]() -> std::optional<RunRow> {
    SQLite::Statement query(*db_, std::string("SELECT ") + kColumns + " FROM runs WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) return std::nullopt;
    return row_at(query);
  });
}

std::size_t Database::reconcile() {
  std::size_t written = 0;
  for (const RunId id : RunDirectory::list(state_dir_)) {
    const auto known = find(id);
    // A finished row is final; reading a thousand journals at each start would cost for nothing.
    if (known && !known->ended.empty()) continue;
    if (const auto now = readable_row(state_dir_, id); now && known != now) {
      upsert(*now);
      ++written;
    }
  }
  return written;
}

void Database::prune(std::size_t keep, const std::vector<RunId>& pinned) {
  const auto ids = RunDirectory::list(state_dir_);
  if (ids.size() <= keep) return;
  for (const RunId id : std::vector<RunId>(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(keep))) {
    if (std::find(pinned.begin(), pinned.end(), id) != pinned.end()) continue;
    RunDirectory::open(state_dir_, id).remove();
    guarded("cannot write to", state_dir_, [&] {
      SQLite::Statement erase(*db_, "DELETE FROM runs WHERE id = ?");
      erase.bind(1, id);
      erase.exec();
    });
  }
}

}  // namespace hwcsync::history
