#pragma once

#include "gitops/stack/repository_config.hpp"
#include "src/base/error.hpp"

#include <string>

namespace hwcsync::lint {

// Something a rule found. `fix` tells what to do, in words.
struct Finding {
  std::string rule;
  stack::Severity severity = stack::Severity::warn;
  Location where;
  std::string stack;
  std::string service;
  std::string message;
  std::string fix;
};

}  // namespace hwcsync::lint
