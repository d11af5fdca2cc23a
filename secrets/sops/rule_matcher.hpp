#pragma once

#include "secrets/sops/metadata.hpp"
#include "secrets/sops/pattern.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// Says for each value and comment of a file, in document order, whether it is encrypted. The walker reports
// what it enters; the matcher remembers the keys above and which levels have a comment that the comment rule
// names. One thread.
class RuleMatcher {
 public:
  // Throws SecretError for a pattern that cannot be read. Keeps a reference to the rules.
  explicit RuleMatcher(const EncryptionRules& rules);

  void enter_container() { commented_.push_back(false); }
  void leave_container() { commented_.pop_back(); }
  void enter_key(std::string_view key);
  void leave_key() { named_.pop_back(); }

  // For a comment, by its text as it stands in the file; it then counts for what follows it on its level.
  [[nodiscard]] bool encrypts_comment(Bytes text);
  [[nodiscard]] bool encrypts_value() const;
  // After a value (or a container) that is no comment: the comments above it have had their effect.
  void value_done() { commented_.back() = false; }

 private:
  [[nodiscard]] bool key_fits(std::string_view key) const;
  [[nodiscard]] bool is_commented() const;

  const EncryptionRules& rules_;
  std::optional<Pattern> pattern_;
  std::vector<bool> named_;      // by key of the path: whether the rule names it or one above it
  std::vector<bool> commented_;  // by container: whether an active comment fits the comment rule
};

}  // namespace hwcsync::secrets
