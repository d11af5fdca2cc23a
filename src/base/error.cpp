#include "src/base/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace hwcsync {
namespace {

std::string join(const ErrorText& text) {
  std::string out = text.context;
  if (!text.subject.empty()) {
    if (!out.empty()) out += ' ';
    out += text.subject;
  }
  if (!text.reason.empty()) {
    if (!out.empty()) out += ": ";
    out += text.reason;
  }
  return out;
}

std::string join(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    if (!out.empty()) out += '\n';
    out += problem.where.to_string() + ": " + problem.message;
  }
  return out;
}

}  // namespace

Error::Error(ErrorText text) : std::runtime_error(join(text)), text_(std::move(text)) {}

Error::Error(std::string_view context, std::string_view subject, std::string_view reason)
    : Error(ErrorText{std::string(context), std::string(subject), std::string(reason), {}}) {}

SystemError::SystemError(std::string_view context, std::string_view subject, int code, std::string_view hint)
    : Error(ErrorText{std::string(context), std::string(subject), std::strerror(code), std::string(hint)}),
      code_(code) {}

void throw_errno(std::string_view context, std::string_view subject) {
  throw SystemError(context, subject, errno);
}

std::string Location::to_string() const {
  std::string out = file;
  if (line > 0) out += ':' + std::to_string(line);
  if (line > 0 && column > 0) out += ':' + std::to_string(column);
  return out;
}

ConfigError::ConfigError(ConfigKind kind, std::vector<Problem> problems)
    : Error(ErrorText{{}, {}, join(problems), {}}), kind_(kind), problems_(std::move(problems)) {}

}  // namespace hwcsync
