#include "src/base/yaml.hpp"

#include "src/base/utf8.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace hwcsync {
namespace {

constexpr std::size_t kSizeLimit = 1U << 20U;
constexpr std::size_t kNodeLimit = 100'000;

// Builds our values from yaml-cpp's events. The library itself keeps duplicate keys, knows no merge keys and
// makes cyclic graphs of an alias inside its own anchor; all three are settled here.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const std::string> file, ConfigKind kind) : file_(std::move(file)), kind_(kind) {}

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(make(mark, Yaml::Kind::null), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(mark, "an alias stands inside its own anchor");
    count(mark, found->second.nodes);
    Yaml copy = found->second.value;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    place(std::move(copy));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Yaml out = make(mark, Yaml::Kind::scalar);
    out.style = tag == "!" ? Yaml::Style::quoted : Yaml::Style::plain;
    if (tag != "?" && tag != "!") out.tag = tag;
    const bool null_word =
        value == "~" || value == "null" || value == "Null" || value == "NULL" || value.empty();
    if (out.style == Yaml::Style::plain && out.tag.empty() && null_word) {
      out.kind = Yaml::Kind::null;
    } else {
      out.text = value;
    }
    leaf(std::move(out), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Yaml::Kind::mapping);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  Yaml take() { return std::exchange(root_, {}); }

 private:
  struct Anchor {
    Yaml value;
    std::size_t nodes = 0;
  };
  struct Open {
    Yaml value;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    Yaml::Entry entry;                // the key that waits for its value
    std::vector<Yaml::Entry> merged;  // what `<<` brought, in order of precedence
    std::set<std::string> keys;
    std::size_t nodes_before = 0;
  };

  [[noreturn]] void fail(const YAML::Mark& mark, std::string message) const {
    throw ConfigError(kind_, {{{*file_, mark.line + 1, mark.column + 1}, std::move(message)}});
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kNodeLimit) fail(mark, "the file expands to more than 100000 values (an alias bomb?)");
  }

  Yaml make(const YAML::Mark& mark, Yaml::Kind kind) {
    count(mark, 1);
    Yaml out;
    out.kind = kind;
    out.file = file_;
    out.line = mark.line + 1;
    out.column = mark.column + 1;
    return out;
  }

  void leaf(Yaml value, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {value, 1};
    place(std::move(value));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Yaml::Kind kind) {
    if (!stack_.empty() && stack_.back().value.is_mapping() && !stack_.back().has_key) {
      fail(mark, "a key must be plain text, not a list or a mapping");
    }
    Open next;
    next.nodes_before = nodes_;
    next.value = make(mark, kind);
    if (tag != "?" && tag != "!") next.value.tag = tag;
    next.anchor = anchor;
    stack_.push_back(std::move(next));
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    for (Yaml::Entry& entry : done.merged) {  // explicit keys win, then the earlier merge source
      if (done.keys.insert(entry.key).second) done.value.entries.push_back(std::move(entry));
    }
    if (done.anchor != 0) anchors_[done.anchor] = {done.value, nodes_ - done.nodes_before};
    place(std::move(done.value));
  }

  void place(Yaml value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = stack_.back();
    if (parent.value.is_sequence()) {
      parent.value.items.push_back(std::move(value));
      return;
    }
    if (!parent.has_key) {
      take_key(parent, value);
      return;
    }
    parent.has_key = false;
    if (parent.entry.key == "<<" && value.kind != Yaml::Kind::scalar) {
      merge(parent, std::move(value));
      return;
    }
    parent.entry.value = std::move(value);
    parent.value.entries.push_back(std::move(parent.entry));
  }

  void take_key(Open& parent, const Yaml& key) {
    if (!key.is_scalar()) fail_at(key, "a key must be plain text");
    parent.entry = {key.text, key.line, key.column, {}};
    parent.has_key = true;
    const bool merge_key = key.text == "<<" && key.style == Yaml::Style::plain;
    if (!merge_key && !parent.keys.insert(key.text).second) {
      fail_at(key, "key '" + key.text + "' stands twice in this mapping");
    }
  }

  void merge(Open& parent, Yaml value) {
    if (value.is_mapping()) {
      for (Yaml::Entry& entry : value.entries) parent.merged.push_back(std::move(entry));
      return;
    }
    for (Yaml& item : value.items) {
      if (!item.is_mapping()) fail_at(item, "'<<' takes a mapping or a list of mappings");
      for (Yaml::Entry& entry : item.entries) parent.merged.push_back(std::move(entry));
    }
  }

  [[noreturn]] void fail_at(const Yaml& where, std::string message) const {
    throw ConfigError(kind_, {{where.where(), std::move(message)}});
  }

  std::shared_ptr<const std::string> file_;
  ConfigKind kind_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  Yaml root_;
  std::size_t nodes_ = 0;
};

}  // namespace

Location Yaml::where() const {
  return {file ? *file : "", line, column};
}

const Yaml* Yaml::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Yaml* Yaml::find(std::string_view key) noexcept {
  return const_cast<Yaml*>(std::as_const(*this).find(key));
}

void Yaml::set(std::string_view key, Yaml value) {
  kind = Kind::mapping;
  if (Yaml* found = find(key); found != nullptr) {
    *found = std::move(value);
  } else {
    const int at_line = value.line;
    const int at_column = value.column;
    entries.push_back({std::string(key), at_line, at_column, std::move(value)});
  }
}

void Yaml::erase(std::string_view key) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; });
}

std::string_view Yaml::kind_name() const noexcept {
  switch (kind) {
    case Kind::mapping:
      return "a mapping";
    case Kind::sequence:
      return "a list";
    case Kind::scalar:
      return "text";
    case Kind::null:
      break;
  }
  return "nothing";
}

Yaml Yaml::scalar(std::string text) {
  Yaml out;
  out.kind = Kind::scalar;
  out.style = Style::quoted;
  out.text = std::move(text);
  return out;
}

Yaml Yaml::mapping() {
  Yaml out;
  out.kind = Kind::mapping;
  return out;
}

Yaml Yaml::sequence() {
  Yaml out;
  out.kind = Kind::sequence;
  return out;
}

std::vector<Yaml> parse_yaml_documents(std::string_view text, const std::string& file, ConfigKind kind) {
  auto name = std::make_shared<const std::string>(file);
  if (text.size() > kSizeLimit) throw ConfigError(kind, {{{file, 0, 0}, "the file is larger than 1 MiB"}});
  if (auto problem = utf8_problem(text, file)) throw ConfigError(kind, {std::move(*problem)});
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Builder builder(name, kind);
    std::vector<Yaml> out;
    while (parser.HandleNextDocument(builder)) out.push_back(builder.take());
    if (out.empty()) {
      out.emplace_back();
      out.back().file = name;
      out.back().line = out.back().column = 1;
    }
    return out;
  } catch (const YAML::Exception& error) {
    const bool known = !error.mark.is_null();
    throw ConfigError(
        kind, {{{file, known ? error.mark.line + 1 : 0, known ? error.mark.column + 1 : 0}, error.msg}});
  }
}

Yaml parse_yaml(std::string_view text, const std::string& file, ConfigKind kind) {
  std::vector<Yaml> documents = parse_yaml_documents(text, file, kind);
  if (documents.size() > 1) {
    throw ConfigError(kind, {{documents[1].where(), "a second document; only one is read"}});
  }
  return std::move(documents.front());
}

}  // namespace hwcsync
