#include "src/base/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace hwcsync {
namespace {

bool in_journal() {
  return std::getenv("JOURNAL_STREAM") != nullptr;
}

// Synchronous on purpose: an asynchronous logger loses its thread in a child.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto out = std::make_shared<spdlog::logger>("hwcsync", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    out->set_pattern(in_journal() ? "%v" : "%H:%M:%S.%e %l %v");
    return out;
  }();
  return *instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// syslog priorities, as the journal reads them from "<N>".
std::string_view prefix_of(LogLevel level) {
  if (!in_journal()) return "";
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      break;
  }
  return "<3>";
}

void append_value(std::string& line, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && c > ' ' && c != '"' && c != '\\' && c != 127;
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else {
      line += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
  line += '"';
}

}  // namespace

void log(LogLevel level, std::string_view verb, std::initializer_list<LogField> fields) {
  if (!logger().should_log(level_of(level))) return;
  std::string line(prefix_of(level));
  line += verb;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  logger().log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

void set_log_level(LogLevel level) {
  logger().set_level(level_of(level));
}

}  // namespace hwcsync
