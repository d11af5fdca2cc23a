#include "secrets/sops/rule_matcher.hpp"

#include <algorithm>

namespace hwcsync::secrets {

RuleMatcher::RuleMatcher(const EncryptionRules& rules) : rules_(rules) {
  for (const std::string* pattern : {&rules.unencrypted_regex, &rules.encrypted_regex,
                                     &rules.unencrypted_comment_regex, &rules.encrypted_comment_regex}) {
    if (!pattern->empty()) pattern_.emplace(*pattern);
  }
}

void RuleMatcher::enter_key(std::string_view key) {
  named_.push_back((!named_.empty() && named_.back()) || key_fits(key));
}

bool RuleMatcher::key_fits(std::string_view key) const {
  if (!rules_.unencrypted_suffix.empty()) return key.ends_with(rules_.unencrypted_suffix);
  if (!rules_.encrypted_suffix.empty()) return key.ends_with(rules_.encrypted_suffix);
  const bool by_key = !rules_.unencrypted_regex.empty() || !rules_.encrypted_regex.empty();
  return by_key && pattern_->search(as_bytes(key));
}

bool RuleMatcher::is_commented() const {
  return std::ranges::find(commented_, true) != commented_.end();
}

bool RuleMatcher::encrypts_comment(Bytes text) {
  const bool by_comment =
      !rules_.encrypted_comment_regex.empty() || !rules_.unencrypted_comment_regex.empty();
  if (!by_comment) return encrypts_value();
  // The line that switches encryption on stays in clear itself; the one that switches it off does, too.
  const bool before = is_commented();
  if (pattern_->search(text)) commented_.back() = true;
  return rules_.encrypted_comment_regex.empty() ? !is_commented() : before;
}

bool RuleMatcher::encrypts_value() const {
  if (!rules_.encrypted_comment_regex.empty()) return is_commented();
  if (!rules_.unencrypted_comment_regex.empty()) return !is_commented();
  const bool named = !named_.empty() && named_.back();
  const bool encrypts_named = !rules_.encrypted_suffix.empty() || !rules_.encrypted_regex.empty();
  return named == encrypts_named;
}

}  // namespace hwcsync::secrets
