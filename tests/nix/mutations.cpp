#include "tests/nix/mutations.hpp"

#include "src/base/yaml.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace hwcsync::test {
namespace {

struct Step {
  std::string key;  // of a mapping
  std::size_t index = 0;
  bool is_item = false;
};
using Path = std::vector<Step>;

Yaml& at(Yaml& root, const Path& path, std::size_t length) {
  Yaml* node = &root;
  for (std::size_t i = 0; i < length; ++i)
    node = path[i].is_item ? &node->items[path[i].index] : node->find(path[i].key);
  return *node;
}

// Words of which there are few, each with another one of the same kind.
const std::map<std::string, std::string>& other_words() {
  static const std::map<std::string, std::string> words{
      {"true", "false"},
      {"false", "true"},
      {"compose", "oci"},
      {"oci", "compose"},
      {"homelab", "friend"},
      {"service_healthy", "service_started"},
      {"service_started", "service_healthy"},
      {"service_completed_successfully", "service_started"},
      {"always", "missing"},
      {"unless-stopped", "always"},
      {"on-failure", "any"},
      {"bridge", "macvlan"},
      {"private", "host"},
      {"host", "private"},
      {"none", "host"},
      {"shareable", "private"},
      {"tcp", "udp"},
      {"rslave", "rprivate"},
      {"z", "Z"},
      {"disabled", "enabled"},
      {"warn", "error"},
      {"raw", ""},
      {"SIGINT", "SIGTERM"},
      {"XDG_RUNTIME_DIR", "USER"},
      {"gpu", "tpu"},
      {"journald", "k8s-file"},
      {"Europe/Berlin", "Europe/Paris"},
  };
  return words;
}

std::vector<std::string> others_than(const std::string& text) {
  std::set<std::string> seen{text};
  std::vector<std::string> out;
  const auto add = [&](std::string other) {
    if (seen.insert(other).second) out.push_back(std::move(other));
  };
  if (const auto found = other_words().find(text); found != other_words().end()) add(found->second);
  // Each number of the text, one more.
  for (std::size_t i = text.size(); i > 0;) {
    --i;
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
    const std::size_t end = i + 1;
    while (i > 0 && std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0) --i;
    if (end - i > 9) continue;
    add(text.substr(0, i) + std::to_string(std::stol(text.substr(i, end - i)) + 1) + text.substr(end));
  }
  if (const auto brace = text.find('}'); brace == std::string::npos) add(text + "x");
  add(text + "/x");
  add("x" + text);
  return out;
}

class Walker {
 public:
  explicit Walker(const std::string& text) : root_(parse_yaml(text, "mutated.yaml")) {}

  std::vector<Mutation> run() {
    walk(root_, {}, "", "");
    return std::move(out_);
  }

 private:
  void walk(const Yaml& node, const Path& path, const std::string& name, const std::string& scope) {
    if (!path.empty()) remove(path, name, scope);
    for (const Yaml::Entry& entry : node.entries) {
      Path below = path;
      below.push_back({.key = entry.key});
      const std::string dot = path.empty() ? "" : ".";
      walk(entry.value, below, name + dot + entry.key, scope + dot + entry.key);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      Path below = path;
      below.push_back({.key = {}, .index = i, .is_item = true});
      walk(node.items[i], below, name + '[' + std::to_string(i) + ']', scope + "[]");
    }
    if (node.items.size() > 1) reverse(path, name, scope);
    if (node.is_scalar()) change(node, path, name, scope);
  }

  void remove(const Path& path, const std::string& name, const std::string& scope) {
    Yaml copy = root_;
    Yaml& parent = at(copy, path, path.size() - 1);
    const Step& last = path.back();
    if (last.is_item) {
      parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(last.index));
    } else {
      parent.erase(last.key);
    }
    out_.push_back({name, scope, "removed", {write_yaml(copy)}});
  }

  void reverse(const Path& path, const std::string& name, const std::string& scope) {
    Yaml copy = root_;
    std::vector<Yaml>& items = at(copy, path, path.size()).items;
    std::reverse(items.begin(), items.end());
    out_.push_back({name, scope, "in another order", {write_yaml(copy)}});
  }

  void change(const Yaml& node, const Path& path, const std::string& name, const std::string& scope) {
    Mutation one{name, scope, "changed", {}};
    for (const std::string& text : others_than(node.text)) {
      Yaml copy = root_;
      at(copy, path, path.size()).text = text;
      one.texts.push_back(write_yaml(copy));
    }
    out_.push_back(std::move(one));
  }

  Yaml root_;
  std::vector<Mutation> out_;
};

}  // namespace

std::vector<Mutation> mutations_of(const std::string& yaml) {
  return Walker(yaml).run();
}

}  // namespace hwcsync::test
