#include "gitops/history/journal.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::history {
namespace {

std::optional<JournalLine> parse_line(std::string_view text) {
  const Json value = Json::parse(text, nullptr, false);
  if (!value.is_object() || !value.contains("state") || !value["state"].is_string()) return std::nullopt;
  const auto state = parse_state(value["state"].get<std::string>());
  if (!state) return std::nullopt;
  JournalLine line{.state = *state};
  if (value.contains("detail") && value["detail"].is_object()) line.detail = value["detail"];
  try {
    line.at = parse_time(value.value("at", ""));
  } catch (const Error&) {
    return std::nullopt;
  }
  return line;
}

}  // namespace

std::vector<JournalLine> parse_journal(std::string_view text) {
  std::vector<JournalLine> lines;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (auto line = parse_line(text.substr(0, end))) lines.push_back(std::move(*line));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<JournalLine> read_journal(const std::string& path) {
  if (!std::filesystem::exists(path)) return {};
  return parse_journal(read_file(path));
}

std::optional<Outcome> outcome_of(const std::vector<JournalLine>& lines) {
  if (lines.empty() || !is_terminal(lines.back().state)) return std::nullopt;
  return outcome_from(lines.back().state, lines.back().detail);
}

Journal::Journal(const std::string& path)
    : path_(path), fd_(open_file(path, O_RDWR | O_CREAT | O_APPEND, 0640)) {
  const std::string text = read_all(fd_.get(), path_);
  const auto newline = text.rfind('\n');
  const std::size_t whole = newline == std::string::npos ? 0 : newline + 1;
  if (whole != text.size() && ::ftruncate(fd_.get(), static_cast<off_t>(whole)) != 0) {
    throw_errno("cannot cut the torn last line of", path_);
  }
  lines_ = parse_journal(std::string_view(text).substr(0, whole));
  // The name of the file must survive a power cut as surely as its lines.
  sync_directory(std::filesystem::path(path_).parent_path().string());
}

std::optional<RunState> Journal::state() const {
  if (lines_.empty()) return std::nullopt;
  return lines_.back().state;
}

const JournalLine& Journal::append(WallTime at, RunState state, Json detail) {
  const auto last = this->state();
  if (!may_follow(last, state)) {
    throw Error("cannot write the state " + std::string(state_name(state)) + " to", path_,
                "a run cannot go there from " + std::string(last ? state_name(*last) : "its request"));
  }
  const Json value{{"version", 1}, {"at", format_time(at)}, {"state", state_name(state)}, {"detail", detail}};
  const off_t before = ::lseek(fd_.get(), 0, SEEK_END);
  try {
    write_all(fd_.get(), canonical_json(value) + '\n', path_);
    if (::fsync(fd_.get()) != 0) throw_errno("cannot sync", path_);
  } catch (const Error&) {
    // Half a line, or one that may not be on disk, must not be read as a step taken.
    if (before >= 0 && ::ftruncate(fd_.get(), before) != 0) throw_errno("cannot take back a line of", path_);
    throw;
  }
  lines_.push_back({.at = at, .state = state, .detail = std::move(detail)});
  return lines_.back();
}

}  // namespace hwcsync::history
