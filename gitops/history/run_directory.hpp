#pragma once

#include "gitops/history/journal.hpp"
#include "gitops/history/request.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::history {

// <state>/runs/<id>: everything about one run. Files: request.json (written once, by whoever asks),
// plan.json, activation.json (what a crash must not lose), journal.jsonl, build.log, switch.log, cancel (its
// presence asks the worker to stop).
class RunDirectory {
 public:
  // Takes the next free id by mkdir, so that two askers never get the same one, and writes the request with
  // it.
  [[nodiscard]] static RunDirectory allocate(const std::string& state_dir, Request request);
  // Throws Error when there is no such run.
  [[nodiscard]] static RunDirectory open(const std::string& state_dir, RunId id);
  // The ids that are there, ascending.
  [[nodiscard]] static std::vector<RunId> list(const std::string& state_dir);

  [[nodiscard]] RunId id() const noexcept { return id_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] std::string journal_path() const { return file("journal.jsonl"); }
  [[nodiscard]] std::string switch_log() const { return file("switch.log"); }
  [[nodiscard]] std::string build_log() const { return file("build.log"); }

  // Nothing when the asker died before it wrote the request.
  [[nodiscard]] std::optional<Request> request() const;
  // A JSON file of this run; nothing when it is not there.
  [[nodiscard]] std::optional<Json> read_json(const std::string& name) const;
  // Atomic and synced.
  void write_json(const std::string& name, const OrderedJson& value) const;

  [[nodiscard]] bool cancel_requested() const;
  void request_cancel() const;
  // Removes the run with all its files.
  void remove() const;

 private:
  RunDirectory(std::string path, RunId id) : path_(std::move(path)), id_(id) {}
  std::string path_;
  RunId id_;
};

}  // namespace hwcsync::history
