#pragma once

#include "secrets/identity/identity.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::cli {

// Who can open a file: of each group one recipient has to. An empty name is one that the file does not tell.
using RecipientGroups = std::vector<std::vector<std::string>>;

// Of an encrypted file; nothing of one that cannot be read, which is told where it is decrypted.
[[nodiscard]] RecipientGroups groups_of(std::string_view ciphertext);

// The programs that print keys: SOPS_AGE_SSH_PRIVATE_KEY_CMD and SOPS_AGE_KEY_CMD. As sops does, they are run
// for one recipient at a time, which they find in SOPS_AGE_RECIPIENT; here only for groups that no key at
// hand opens, until one does, and never twice for the same one.
class KeyPrograms {
 public:
  // A program that fails, or prints no key, is told as "SOPS_AGE_KEY_CMD: it failed: ...".
  using Tell = std::function<void(const std::string& trouble)>;

  // From the environment.
  explicit KeyPrograms(Tell tell);
  void ask(const RecipientGroups& groups, std::vector<secrets::Identity>& keys);

 private:
  struct Program {
    std::string variable;
    std::string command;
  };
  void run(const std::string& recipient, std::vector<secrets::Identity>& keys);

  Tell tell_;
  std::vector<Program> programs_;
  std::set<std::string> asked_;  // recipients
};

}  // namespace hwcsync::cli
