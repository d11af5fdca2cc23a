#include "secrets/arena/secret_error.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

ErrorText with_reason(ErrorText text, SecretFailure failure, const std::string& detail) {
  text.reason = std::string(to_string(failure));
  if (!detail.empty()) text.reason += ": " + detail;
  return text;
}

}  // namespace

std::string_view to_string(SecretFailure failure) noexcept {
  switch (failure) {
    case SecretFailure::header_failure:
      return "header failure";
    case SecretFailure::hmac_failure:
      return "HMAC failure";
    case SecretFailure::no_match:
      return "no match";
    case SecretFailure::armor_failure:
      return "armor failure";
    case SecretFailure::payload_failure:
      return "payload failure";
    case SecretFailure::mac_mismatch:
      return "MAC mismatch";
    case SecretFailure::not_encrypted:
      return "not encrypted";
    case SecretFailure::malformed:
      return "malformed";
    case SecretFailure::unsupported:
      break;
  }
  return "this version cannot";
}

SecretError::SecretError(SecretFailure failure, ErrorText text, std::string detail)
    : Error(with_reason(std::move(text), failure, detail)), failure_(failure), detail_(std::move(detail)) {}

void throw_undecryptable(SecretFailure failure, std::string_view subject, std::string_view detail) {
  throw SecretError(failure, ErrorText{"cannot decrypt", std::string(subject), {}, {}}, std::string(detail));
}

}  // namespace hwcsync::secrets
