#pragma once

#include "src/base/process.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace hwcsync::test {

// Records what would be run and answers with what the test put in.
class FakeProcessRunner final : public ProcessRunner {
 public:
  [[nodiscard]] ProcessResult run(const Command& command) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    std::string line;
    for (const std::string& word : command.argv) line += (line.empty() ? "" : " ") + word;
    lines.push_back(line);
    environment = command.environment;
    for (const auto& [word, output] : answers_) {
      if (line.find(word) != std::string::npos) return {.status = status, .output = output, .errors = errors};
    }
    return {.status = status, .output = {}, .errors = errors};
  }
  // The output of every command whose line holds `word`.
  void answer(const std::string& word, const std::string& output) { answers_[word] = output; }
  [[nodiscard]] std::string last_line() const { return lines.empty() ? std::string() : lines.back(); }

  ExitStatus status;
  std::string errors;
  std::vector<std::string> lines;
  std::map<std::string, std::string> environment;  // of the last one

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
};

}  // namespace hwcsync::test
