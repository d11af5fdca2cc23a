#include "gitops/compose/merge.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

namespace hwcsync::compose {
namespace {

bool is_tag(const Yaml& value) {
  return value.tag == "!reset" || value.tag == "!override";
}

// Keys are taken as they are, so a dollar sign in one is a literal one.
std::string key_text(const std::string& key) {
  if (key.find('$') == std::string::npos) return key;
  std::string out;
  for (const char c : key) {
    out += c;
    if (c == '$') out += c;
  }
  return out;
}

Yaml item_at(const Yaml& place, std::string text) {
  Yaml out = Yaml::scalar(std::move(text));
  out.file = place.file;
  out.line = place.line;
  out.column = place.column;
  return out;
}

class Merger {
 public:
  explicit Merger(Problems& problems) : problems_(problems) {}

  void merge(Yaml& base, Yaml over, const RuleNode* rules) {
    switch (rules == nullptr ? MergeRule::plain : rules->merge) {
      case MergeRule::replace:
        base = std::move(over);
        return;
      case MergeRule::key_values:
      case MergeRule::files:
        to_list(base, rules->merge);
        to_list(over, rules->merge);
        break;
      case MergeRule::dependencies:
      case MergeRule::names:
        to_mapping(base, rules->merge);
        to_mapping(over, rules->merge);
        break;
      case MergeRule::build:
        to_build(base);
        to_build(over);
        break;
      case MergeRule::extra_hosts:
        to_list(base, MergeRule::key_values);
        to_list(over, MergeRule::key_values);
        drop_known(over, base);
        break;
      case MergeRule::logging:
        if (other_driver(base, over)) {
          base = std::move(over);
          return;
        }
        break;
      case MergeRule::subnets:
        if (base.is_sequence() && over.is_sequence()) {
          merge_subnets(base, std::move(over));
          return;
        }
        break;
      case MergeRule::plain:
        break;
    }
    merge_plain(base, std::move(over), rules);
  }

 private:
  void merge_plain(Yaml& base, Yaml over, const RuleNode* rules) {
    if (over.is_null()) return;  // a key without a value says nothing
    if (base.is_mapping() && over.is_mapping()) {
      merge_mapping(base, std::move(over), rules);
    } else if (base.is_sequence() && over.is_sequence()) {
      for (Yaml& item : over.items) base.items.push_back(std::move(item));
    } else if (base.is_mapping() || base.is_sequence()) {
      problems_.add(over, std::string(over.kind_name()) + " cannot be merged with " +
                              std::string(base.kind_name()) + " at " + base.where().to_string() +
                              "; write it in the same form, or mark it with !override");
    } else {
      base = std::move(over);
    }
  }

  void merge_mapping(Yaml& base, Yaml over, const RuleNode* rules) {
    base.entries.reserve(base.entries.size() + over.entries.size());  // keeps the views below alive
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < base.entries.size(); ++i) places.emplace(base.entries[i].key, i);
    for (Yaml::Entry& entry : over.entries) {
      const auto found = places.find(entry.key);
      if (found == places.end()) {
        base.entries.push_back(std::move(entry));
      } else {
        Yaml::Entry& old = base.entries[found->second];
        const Location place = entry.value.where();
        merge(old.value, std::move(entry.value), rules == nullptr ? nullptr : rules->below(old.key));
        if (old.value.where() == place) {  // replaced: its key stands there too
          old.line = entry.line;
          old.column = entry.column;
        }
      }
    }
  }

  // { A: 1, B: null } -> [ "A=1", "B" ], in the order of the text.
  void to_list(Yaml& value, MergeRule rule) {
    if (value.is_sequence() || value.is_null()) return;
    Yaml out = Yaml::sequence();
    out.file = value.file;
    out.line = value.line;
    out.column = value.column;
    if (value.is_scalar() || rule == MergeRule::files) {
      out.items.push_back(std::move(value));
    } else {
      for (const Yaml::Entry& entry : value.entries) add_items(out, entry);
      std::stable_sort(out.items.begin(), out.items.end(),
                       [](const Yaml& a, const Yaml& b) { return a.text < b.text; });
    }
    value = std::move(out);
  }

  void add_items(Yaml& out, const Yaml::Entry& entry) {
    const std::string key = key_text(entry.key);
    if (entry.value.is_null()) {
      Yaml place = entry.value;
      place.line = entry.line;
      place.column = entry.column;
      out.items.push_back(item_at(place, key));
    } else if (entry.value.is_scalar()) {
      out.items.push_back(item_at(entry.value, key + '=' + entry.value.text));
    } else if (entry.value.is_sequence()) {
      for (const Yaml& item : entry.value.items) out.items.push_back(item_at(item, key + '=' + item.text));
    } else {
      problems_.add(entry.value, "expected text, found a mapping");
    }
  }

  void to_mapping(Yaml& value, MergeRule rule) {
    if (!value.is_sequence()) return;
    Yaml out = Yaml::mapping();
    out.file = value.file;
    out.line = value.line;
    out.column = value.column;
    for (const Yaml& item : value.items) {
      if (!item.is_scalar()) {
        problems_.add(item, "expected a name, found " + std::string(item.kind_name()));
        continue;
      }
      Yaml target;
      target.file = item.file;
      target.line = item.line;
      target.column = item.column;
      if (rule == MergeRule::dependencies) {
        target.set("condition", item_at(item, "service_started"));
        Yaml required = item_at(item, "true");
        required.style = Yaml::Style::plain;
        target.set("required", std::move(required));
      }
      out.entries.push_back({item.text, item.line, item.column, std::move(target)});
    }
    value = std::move(out);
  }

  static void to_build(Yaml& value) {
    if (!value.is_scalar()) return;
    Yaml out = Yaml::mapping();
    out.file = value.file;
    out.line = value.line;
    out.column = value.column;
    out.set("context", std::move(value));
    value = std::move(out);
  }

  static void drop_known(Yaml& over, const Yaml& base) {
    std::set<std::string_view> known;
    for (const Yaml& item : base.items) known.insert(item.text);
    std::erase_if(over.items, [&](const Yaml& item) { return known.count(item.text) != 0; });
  }

  static bool other_driver(const Yaml& base, const Yaml& over) {
    const Yaml* before = base.find("driver");
    const Yaml* after = over.find("driver");
    return before != nullptr && after != nullptr && before->text != after->text;
  }

  void merge_subnets(Yaml& base, Yaml over) {
    const auto subnet = [](const Yaml& item) {
      const Yaml* found = item.find("subnet");
      return found == nullptr ? std::string() : found->text;
    };
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < base.items.size(); ++i) places.emplace(subnet(base.items[i]), i);
    for (Yaml& item : over.items) {
      const auto found = places.find(subnet(item));
      if (found == places.end()) {
        base.items.push_back(std::move(item));
      } else {
        merge_plain(base.items[found->second], std::move(item), nullptr);
      }
    }
  }

  Problems& problems_;
};

// Keys that `marks` marks, out of a list of "KEY=value" or names.
void drop_items(Yaml& list, const Yaml& marks) {
  std::set<std::string> gone;
  for (const Yaml::Entry& entry : marks.entries) {
    if (is_tag(entry.value)) gone.insert(key_text(entry.key));
  }
  if (gone.empty()) return;
  std::erase_if(list.items,
                [&](const Yaml& item) { return gone.count(item.text.substr(0, item.text.find('='))) != 0; });
}

}  // namespace

void merge_into(Yaml& base, Yaml over, const RuleNode& rules, Problems& problems) {
  Merger(problems).merge(base, std::move(over), &rules);
}

void apply_tags(Yaml& base, const Yaml& over) {
  if (!over.is_mapping()) return;
  if (base.is_sequence()) {
    drop_items(base, over);
    return;
  }
  if (!base.is_mapping()) return;
  std::unordered_map<std::string_view, const Yaml*> marks;
  for (const Yaml::Entry& entry : over.entries) {
    if (is_tag(entry.value) || entry.value.is_mapping()) marks.emplace(entry.key, &entry.value);
  }
  std::erase_if(base.entries, [&](Yaml::Entry& entry) {
    const auto found = marks.find(entry.key);
    if (found == marks.end()) return false;
    if (is_tag(*found->second)) return true;
    apply_tags(entry.value, *found->second);
    return false;
  });
}

void strip_tags(Yaml& value) {
  if (value.tag == "!override") value.tag.clear();
  const auto reset = [](const Yaml& item) { return item.tag == "!reset"; };
  std::erase_if(value.items, reset);
  std::erase_if(value.entries, [&](const Yaml::Entry& entry) { return reset(entry.value); });
  for (Yaml& item : value.items) strip_tags(item);
  for (Yaml::Entry& entry : value.entries) strip_tags(entry.value);
}

bool has_tags(const Yaml& value) {
  return is_tag(value) || std::any_of(value.items.begin(), value.items.end(), has_tags) ||
         std::any_of(value.entries.begin(), value.entries.end(),
                     [](const Yaml::Entry& entry) { return has_tags(entry.value); });
}

bool same_content(const Yaml& a, const Yaml& b) {
  if (a.kind != b.kind || a.text != b.text || a.tag != b.tag || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_content(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same_content(a.entries[i].value, b.entries[i].value))
      return false;
  }
  return true;
}

}  // namespace hwcsync::compose
