#include "secrets/service/retries.hpp"

namespace hwcsync::secrets {
namespace {

// A try decrypts a whole generation; whoever waits for a view asks five times a second.
constexpr std::chrono::seconds kPause{5};

}  // namespace

bool Retries::due(const std::string& circumstances, std::chrono::steady_clock::time_point now) {
  if (tried_ && circumstances == circumstances_ && now - last_ < kPause) return false;
  tried_ = true;
  circumstances_ = circumstances;
  last_ = now;
  return true;
}

bool Retries::is_news(const std::string& reason) {
  now_.insert(reason);
  return !before_.contains(reason);
}

}  // namespace hwcsync::secrets
