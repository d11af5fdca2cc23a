#include "gitops/lint/secret_inventory.hpp"

#include "gitops/layout/secrets.hpp"
#include "gitops/lint/plaintext_scan.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <optional>

namespace hwcsync::lint {
namespace {

Finding finding(const char* rule, stack::Severity severity, Location where, std::string message,
                std::string fix) {
  return {rule, severity, std::move(where), {}, {}, std::move(message), std::move(fix)};
}

class Inventory {
 public:
  explicit Inventory(const Tree& tree) : tree_(tree) { out_.config = stack::read_repository_config(tree); }

  SecretInventory take() {
    walk("");
    for (const TreeEntry& entry : tree_.list(out_.config.stacks).value_or(std::vector<TreeEntry>{})) {
      if (entry.kind == EntryKind::directory) read_stack(entry.name);
    }
    for (const auto& [name, host] : out_.config.hosts) {
      for (const std::string& stack : host.stacks) load(host, stack);
    }
    return std::move(out_);
  }

 private:
  void walk(const std::string& directory) {
    for (const TreeEntry& entry : tree_.list(directory).value_or(std::vector<TreeEntry>{})) {
      const std::string path = directory.empty() ? entry.name : directory + '/' + entry.name;
      if (entry.kind == EntryKind::directory) {
        if (entry.name != ".git" && path != out_.config.generated) walk(path);
      } else if (!entry_fault(entry.kind, path)) {
        look_at(path);
      }
    }
  }

  void look_at(const std::string& path) {
    std::optional<std::string> content;
    try {
      content = tree_.read(path);
    } catch (const SystemError&) {
      return;  // too large for a secret, or not ours to read
    }
    if (!content) return;
    if (const auto format = secrets::detect_source_format(*content, path)) {
      out_.files.emplace(path, SecretSourceFile{*format, std::move(*content), {}, {}});
      return;
    }
    for (const PlaintextHit& hit : scan_plaintext(path, *content)) {
      add(finding(
          "secret-plaintext", stack::Severity::error, {path, hit.line, hit.column},
          hit.what + " stands here in clear",
          "move it into an encrypted file, refer to that, and change the value: it is in the history"));
    }
  }

  void add(Finding one) {
    const auto same = [&](const Finding& other) {
      return other.where == one.where && other.message == one.message;
    };
    if (std::none_of(out_.findings.begin(), out_.findings.end(), same))
      out_.findings.push_back(std::move(one));
  }

  void add(const std::string& stack, const ConfigError& error) {
    for (const Problem& problem : error.problems()) {
      Finding one = finding("secret-unusable", stack::Severity::error, problem.where, problem.message, "");
      one.stack = stack;
      add(std::move(one));
    }
  }

  void read_stack(const std::string& name) {
    const std::string directory = out_.config.stacks + '/' + name;
    try {
      const auto config = stack::read_stack_config(tree_, directory);
      Problems problems;
      const auto found = layout::find_secrets(tree_, out_.config, directory, config, problems);
      for (const layout::Secret& secret : found) {
        const auto file = out_.files.find(secret.source);
        if (file == out_.files.end()) continue;
        file->second.used_by.insert(name + '/' + secret.name);
        for (const auto& [host_name, host] : out_.config.hosts) {
          const bool runs = std::find(host.stacks.begin(), host.stacks.end(), name) != host.stacks.end();
          if (runs) file->second.hosts.insert(host_name);
        }
      }
      problems.throw_if_any(ConfigKind::repository);
    } catch (const ConfigError& error) {
      add(name, error);
    }
  }

  void load(const stack::Host& host, const std::string& name) {
    try {
      layout::LoadCounters counters;
      const layout::Stack stack =
          layout::load_stack(tree_, out_.config, host, name, counters, layout::Limits::kept);
      for (const layout::Secret& secret : stack.secrets) {
        if (!secret.services.empty() || is_mentioned(stack, secret)) continue;
        Finding one =
            finding("secret-unused", stack::Severity::warn, stack.config.secrets.at(secret.name).where,
                    "no service uses the secret '" + secret.name + "'",
                    "grant it under 'secrets' in the Compose file, or remove it");
        one.stack = name;
        add(std::move(one));
      }
    } catch (const ConfigError& error) {
      add(name, error);
    }
  }

  // By a template, the registry login, or by its name somewhere in the stack's files: then nobody can say
  // that it is not used.
  [[nodiscard]] bool is_mentioned(const layout::Stack& stack, const layout::Secret& secret) const {
    const auto& login = stack.config.registry_login;
    if (login && login->password == secret.name) return true;
    for (const layout::Secret& other : stack.secrets) {
      for (const secrets::TemplatePart& part : other.parts) {
        if (part.secret == secret.name) return true;
      }
    }
    const auto names = [&](const std::string& text) { return text.find(secret.name) != std::string::npos; };
    const auto& commands = stack.config.prepare.commands;
    return std::any_of(commands.begin(), commands.end(), names) ||
           names(tree_.read(stack.compose_file).value_or(""));
  }

  const Tree& tree_;
  SecretInventory out_;
};

}  // namespace

SecretInventory take_secret_inventory(const Tree& tree) {
  return Inventory(tree).take();
}

std::vector<std::string> wanted_recipients(const SecretInventory& inventory, const SecretSourceFile& file) {
  std::vector<std::string> out;
  for (const std::string& host : file.hosts) {
    for (const std::string& recipient : inventory.config.hosts.at(host).recipients) {
      if (std::find(out.begin(), out.end(), recipient) == out.end()) out.push_back(recipient);
    }
  }
  return out;
}

}  // namespace hwcsync::lint
