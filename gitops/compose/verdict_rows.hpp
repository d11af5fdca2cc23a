#pragma once

#include "gitops/compose/verdicts.hpp"

// Internal to gitops/compose: how the rows of the table are written.
namespace hwcsync::compose {

constexpr StyleVerdict mapped(std::string_view words = {}) {
  return {Verdict::mapped, words};
}
constexpr StyleVerdict approximated(std::string_view words) {
  return {Verdict::approximated, words};
}
constexpr StyleVerdict ignored(std::string_view words) {
  return {Verdict::ignored, words};
}
constexpr StyleVerdict refused(std::string_view words) {
  return {Verdict::refused, words};
}
// The same in both styles.
constexpr KeyRow both(std::string_view scope, std::string_view key, StyleVerdict verdict = {}) {
  return {scope, key, verdict, verdict};
}

}  // namespace hwcsync::compose
