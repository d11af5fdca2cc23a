#include "gitops/nix/health_options.hpp"

#include "gitops/nix/encoders.hpp"
#include "gitops/nix/stack_parts.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hwcsync::nix {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// podman (pkg/specgenutil, MakeHealthCheckFromCli) compares the first word with these, in any case.
bool is_keyword(std::string_view word) {
  const std::string name = upper(word);
  return name == "CMD" || name == "NONE" || name == "CMD-SHELL";
}

bool has_space(std::string_view word) {
  return word.empty() || std::any_of(word.begin(), word.end(),
                                     [](unsigned char c) { return std::isspace(c) != 0 || c >= 0x80; });
}

std::string shell_form(const std::string& script) {
  const auto first = script.substr(0, script.find(' '));
  const bool as_it_stands = !script.empty() && script.front() != '[' && !is_keyword(first);
  return as_it_stands ? script : json_words({"CMD-SHELL", script});
}

// Go's durations have no days and weeks.
std::string go_duration(const std::string& text) {
  return text.find_first_of("dw") == std::string::npos ? text
                                                       : std::to_string(seconds(text, "healthcheck")) + "s";
}

// Three years in seconds: more than anybody waits, and far from overflow.
constexpr std::int64_t kMost = 100'000'000;

}  // namespace

std::string health_command(const std::vector<std::string>& test) {
  const std::vector<std::string> words(test.begin() + 1, test.end());
  if (test.front() == "CMD-SHELL") return shell_form(words.front());
  // A JSON array of several words is a command and its arguments. Of one word it would be shell text, while
  // the bare words "CMD x" are a command again.
  if (words.size() > 1 && !is_keyword(words.front())) return json_words(words);
  if (words.size() == 1 && !has_space(words.front())) return "CMD " + words.front();
  std::string script;
  for (const auto& word : words) script += (script.empty() ? "" : " ") + shell_word(word);
  return shell_form(script);
}

std::vector<std::string> health_options(const compose::Service& service) {
  const auto& check = *service.health_check;
  if (check.disabled) return {"--no-healthcheck"};
  std::vector<std::string> out;
  const auto add = [&](std::string_view flag, const std::string& value) {
    if (!value.empty()) out.push_back(std::string(flag) + "=" + value);
  };
  const std::string command = check.test.size() >= 2 ? health_command(check.test) : std::string();
  add("--health-cmd", command);
  add("--health-interval", go_duration(check.interval));
  add("--health-timeout", go_duration(check.timeout));
  if (check.retries) add("--health-retries", std::to_string(std::max<std::int64_t>(1, *check.retries)));
  add("--health-start-period", go_duration(check.start_period));
  if (!check.start_interval.empty()) {
    if (command.empty()) {
      refuse(service.where, "start_interval of the healthcheck of '" + service.name +
                                "' needs a 'test': podman checks at start with a command of its own");
    }
    // Without a startup command podman takes no notice of the interval.
    add("--health-startup-cmd", command);
    add("--health-startup-interval", go_duration(check.start_interval));
    add("--health-startup-retries", "0");
  }
  return out;
}

std::int64_t seconds_to_health(const compose::Service& service) {
  if (!service.health_check || service.health_check->disabled) return 0;
  const auto& check = *service.health_check;
  const auto or_default = [](const std::string& text, std::int64_t other) {
    return text.empty() ? other : seconds(text, "healthcheck");
  };
  const auto bounded = [](std::int64_t value) { return std::clamp<std::int64_t>(value, 0, kMost); };
  const std::int64_t round = bounded(or_default(check.interval, 30)) + bounded(or_default(check.timeout, 30));
  return bounded(bounded(or_default(check.start_period, 0)) + bounded(check.retries.value_or(3)) * round);
}

}  // namespace hwcsync::nix
