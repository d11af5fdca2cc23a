#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace hwcsync {

// One field of a log line. Values are quoted when they hold a space, a quote or a control character.
struct LogField {
  std::string_view key;
  std::string value;
};

enum class LogLevel { debug, info, warning, error };

// A line on stderr: a verb and key=value pairs; under systemd with the "<N>" prefix that the journal reads.
void log(LogLevel level, std::string_view verb, std::initializer_list<LogField> fields = {});

void set_log_level(LogLevel level);

}  // namespace hwcsync
