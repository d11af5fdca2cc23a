#pragma once

#include "gitops/compose/merge_rules.hpp"
#include "src/base/schema.hpp"
#include "src/base/yaml.hpp"

namespace hwcsync::compose {

// Puts `over` on top of `base`; what cannot be merged is a problem at its place in `over`, and `base` stays
// there. Both without the tags `!reset` and `!override`. Pure.
void merge_into(Yaml& base, Yaml over, const RuleNode& rules, Problems& problems);

// Takes out of `base` what `over` marks with `!reset` or `!override`: to be called before merge_into.
void apply_tags(Yaml& base, const Yaml& over);
// Leaves out what is marked with `!reset`, and the mark of what is marked with `!override`.
void strip_tags(Yaml& value);
[[nodiscard]] bool has_tags(const Yaml& value);

// Items of a list that mean the same thing become one: the last, in the place of the first. "8000-8001:80-81"
// is taken apart where one of its ports stands elsewhere too.
void make_unique(Yaml& value, const RuleNode& rules);

// Equal but for places and styles.
[[nodiscard]] bool same_content(const Yaml& a, const Yaml& b);

}  // namespace hwcsync::compose
