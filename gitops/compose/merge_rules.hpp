#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace hwcsync::compose {

// How two values at one place of a Compose document become one, where it is not the plain way: mappings merge
// key by key, lists append, anything else is replaced (compose-spec: 13-merge; compose-go: override).
enum class MergeRule {
  plain,
  replace,       // the later value alone
  key_values,    // mapping or list: a list of "KEY=value"
  files,         // one name, or a list of names and mappings
  dependencies,  // list or mapping: a mapping of conditions
  names,         // list or mapping: a mapping by name
  build,         // text is the context
  logging,       // options merge only for the same driver
  extra_hosts,   // key_values in which one key may stand twice with different values
  subnets,       // list of mappings with the key `subnet`
};

// What makes two items of a list the same thing, so that the later takes the place of the earlier.
enum class UnicityRule { none, key, mount, device, port, expose, env_file, secret, config, tmpfs };

// One step of the tree of rules. A document is walked together with it, so that no path is ever spelled out.
struct RuleNode {
  MergeRule merge = MergeRule::plain;
  UnicityRule unicity = UnicityRule::none;
  std::vector<std::pair<std::string_view, RuleNode>> children;  // "*" stands for any key

  // The rules below `key`; nullptr where there are none.
  [[nodiscard]] const RuleNode* below(std::string_view key) const noexcept;
};

// Rules of a whole document, and of one service.
[[nodiscard]] const RuleNode& document_rules();
[[nodiscard]] const RuleNode& service_rules();

}  // namespace hwcsync::compose
