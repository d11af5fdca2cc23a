#pragma once

#include "src/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a reader of --json gets: exactly one document on stdout, whatever happens (docs/formats.md).
namespace hwcsync::cli {

// Why a command did not do what it was asked for.
struct Failure {
  std::string message;
  std::string hint = {};
  std::vector<Problem> problems = {};  // of a file that is wrong
};

// Whether these words ask for JSON, also where they are no valid command line.
[[nodiscard]] bool asks_for_json(const std::vector<std::string>& words);

// `written` is what the command sent to stdout: its own document, text for people (help), or nothing.
[[nodiscard]] std::string json_answer(const std::string& command, int status, std::string_view written,
                                      const std::optional<Failure>& failure);

}  // namespace hwcsync::cli
