#include "gitops/compose/container_path.hpp"
#include "gitops/compose/merge.hpp"
#include "gitops/compose/ports.hpp"
#include "src/base/text.hpp"

#include <string>
#include <unordered_map>
#include <utility>

// compose-go: override/uncity.go. Keys are made of the text as it is written: short and long forms give the
// same key where they mean the same thing.
namespace hwcsync::compose {
namespace {

constexpr std::size_t kMostPorts = 2 * 65'536;  // more than a host has: ranges are then left as they are

// "a:${B:-c:d}" -> "a", "${B:-c:d}": a colon inside of an expression separates nothing.
std::vector<std::string> fields_of(std::string_view text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (c == ':' && depth <= 0) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string text_of(const Yaml& mapping, std::string_view key, std::string otherwise) {
  const Yaml* found = mapping.find(key);
  return found == nullptr || !found->is_scalar() ? std::move(otherwise) : found->text;
}

// A published port in its parts; the ranges of the short form as they are written.
struct PortFields {
  std::string ip = "0.0.0.0";
  std::string published;
  std::string target;
  std::string protocol = "tcp";

  [[nodiscard]] std::string key() const { return ip + '|' + published + '|' + target + '/' + protocol; }
};

PortFields short_port(const std::string& text) {
  PortFields out;
  std::string rest = text;
  if (const auto slash = rest.rfind('/'); slash != std::string::npos && rest.find('}', slash) == rest.npos) {
    out.protocol = rest.substr(slash + 1);
    rest.erase(slash);
  }
  const auto take_last = [&rest] {
    const auto colon = rest.rfind(':');
    std::string last = rest.substr(colon == std::string::npos ? 0 : colon + 1);
    rest.erase(colon == std::string::npos ? 0 : colon);
    return last;
  };
  out.target = take_last();
  if (!rest.empty()) out.published = take_last();
  if (rest.empty() && out.published.find('.') != std::string::npos) {  // "127.0.0.1:80": any port there
    rest = std::exchange(out.published, {});
  }
  if (!rest.empty()) out.ip = rest;
  if (out.ip.front() == '[' && out.ip.back() == ']') out.ip = out.ip.substr(1, out.ip.size() - 2);
  return out;
}

// The ports of one item: several where the short form has ranges of one length.
std::vector<PortFields> port_fields(const Yaml& item) {
  if (item.is_mapping()) {
    return {{text_of(item, "host_ip", "0.0.0.0"), text_of(item, "published", ""), text_of(item, "target", ""),
             text_of(item, "protocol", "tcp")}};
  }
  const PortFields whole = short_port(item.text);
  const auto target = port_range(whole.target);
  const auto published = port_range(whole.published);
  const bool ranged = target && target->last > target->first;
  if (!ranged || (!whole.published.empty() &&
                  (!published || published->last - published->first != target->last - target->first))) {
    return {whole};
  }
  std::vector<PortFields> out;
  for (int i = 0; i <= target->last - target->first; ++i) {
    out.push_back(whole);
    out.back().target = std::to_string(target->first + i);
    if (published) out.back().published = std::to_string(published->first + i);
  }
  return out;
}

Yaml short_item(const Yaml& place, const PortFields& port) {
  Yaml out = place;
  out.style = Yaml::Style::quoted;
  out.text.clear();
  if (port.ip != "0.0.0.0") {
    out.text += (port.ip.find(':') == std::string::npos ? port.ip : '[' + port.ip + ']') + ':';
    if (port.published.empty()) out.text += ':';
  }
  if (!port.published.empty()) out.text += port.published + ':';
  out.text += port.target + '/' + port.protocol;
  return out;
}

// Takes ranges apart, but only where one of their ports is said twice.
void split_ranges(Yaml& list) {
  std::vector<std::vector<PortFields>> ports;
  std::unordered_map<std::string, int> uses;
  bool ranges = false;
  std::size_t total = 0;
  for (const Yaml& item : list.items) {
    ports.push_back(port_fields(item));
    ranges = ranges || ports.back().size() > 1;
    total += ports.back().size();
    if (total > kMostPorts) return;
    for (const PortFields& port : ports.back()) ++uses[port.key()];
  }
  if (!ranges) return;
  std::vector<Yaml> out;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    bool shared = false;
    for (const PortFields& port : ports[i]) shared = shared || uses[port.key()] > 1;
    if (!shared || ports[i].size() == 1) {
      out.push_back(std::move(list.items[i]));
    } else {
      for (const PortFields& port : ports[i]) out.push_back(short_item(list.items[i], port));
    }
  }
  list.items = std::move(out);
}

std::string grant_key(const Yaml& item, const std::string& directory) {
  std::string target = item.is_mapping() ? text_of(item, "target", text_of(item, "source", "")) : item.text;
  return clean_path(target.rfind('/', 0) == 0 ? target : directory + '/' + target);
}

std::string key_of(const Yaml& item, UnicityRule rule) {
  switch (rule) {
    case UnicityRule::key:
      return item.text.substr(0, item.text.find('='));
    case UnicityRule::mount:
    case UnicityRule::device: {
      if (item.is_mapping()) return clean_path(text_of(item, "target", ""));
      const std::vector<std::string> fields = fields_of(item.text);
      return clean_path(fields[fields.size() == 1 ? 0 : 1]);
    }
    case UnicityRule::port:
      return item.is_mapping() ? port_fields(item).front().key() : short_port(item.text).key();
    case UnicityRule::env_file:
      return item.is_mapping() ? text_of(item, "path", "") : item.text;
    case UnicityRule::secret:
      return grant_key(item, "/run/secrets");
    case UnicityRule::config:
      return grant_key(item, "");
    case UnicityRule::tmpfs:
      return clean_path(fields_of(item.text).front());
    case UnicityRule::expose:
    case UnicityRule::none:
      break;
  }
  return item.text;
}

void make_list_unique(Yaml& list, UnicityRule rule) {
  if (list.items.size() < 2) return;
  if (rule == UnicityRule::port) split_ranges(list);
  std::unordered_map<std::string, std::size_t> places;
  std::vector<Yaml> out;
  for (Yaml& item : list.items) {
    std::string key = key_of(item, rule);
    // What has no key (a mistake that the reader of the field tells) is not the same as another.
    const auto [found, fresh] =
        places.emplace(key.empty() ? "\n" + std::to_string(out.size()) : key, out.size());
    if (fresh) {
      out.push_back(std::move(item));
    } else {
      out[found->second] = std::move(item);
    }
  }
  list.items = std::move(out);
}

}  // namespace

void make_unique(Yaml& value, const RuleNode& rules) {
  if (value.is_sequence() && rules.unicity != UnicityRule::none) make_list_unique(value, rules.unicity);
  if (!value.is_mapping() || rules.children.empty()) return;
  for (Yaml::Entry& entry : value.entries) {
    if (const RuleNode* below = rules.below(entry.key); below != nullptr) make_unique(entry.value, *below);
  }
}

}  // namespace hwcsync::compose
