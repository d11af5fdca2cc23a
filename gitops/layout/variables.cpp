#include "gitops/layout/variables.hpp"

#include "src/base/tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hwcsync::layout {
namespace {

// One level on top of those below it; `place` tells where the variable of a name stands.
template <class Place>
void add_level(compose::Variables& to, const std::map<std::string, std::string>& level, const Place& place,
               Problems& problems) {
  std::map<std::string, std::string> filled;
  for (const auto& [name, text] : level) {
    const Location where = place(name);
    const compose::Interpolated done = compose::interpolate(text, to);
    if (done.error) {
      problems.add(where, "the variable '" + name + "': " + *done.error);
    } else if (!done.unset.empty()) {
      problems.add(
          where, "the variable '" + name + "' uses '" + done.unset.front() +
                     "', which no level below it declares (stack over host over repository); write $$ for a "
                     "literal dollar sign");
    } else if (done.value.tainted()) {
      problems.add(where, "the variable '" + name + "' uses a secret");
    } else {
      filled[name] = done.value.plain();
    }
  }
  for (auto& [name, text] : filled) to.values[name] = std::move(text);
}

// Directories whose owner or mode a stack must never change; what lies deeper in /var, /run or /home may be
// its own.
bool belongs_to_system(const std::string& path) {
  const auto plain = join_path("", path.substr(1));
  if (!plain || plain->empty() || path.find("/..") != std::string::npos) return true;
  static constexpr std::array kTrees{"etc", "nix", "usr", "boot", "root", "proc",
                                     "sys", "dev", "bin", "sbin", "lib"};
  static constexpr std::array kRoots{"var", "var/lib", "run", "run/user", "home", "mnt", "opt", "srv", "tmp"};
  const std::string top = plain->substr(0, plain->find('/'));
  return std::find(kTrees.begin(), kTrees.end(), top) != kTrees.end() ||
         std::find(kRoots.begin(), kRoots.end(), *plain) != kRoots.end();
}

// `$NAME` or `${NAME` stands in the text.
bool uses(const std::string& text, const std::string& name) {
  const auto part_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::string before = text.substr(at < 2 ? 0 : at - 2, at < 2 ? at : 2);
    const bool begins = !before.empty() && (before.back() == '$' || before == "${");
    const auto end = at + name.size();
    if (begins && (end == text.size() || !part_of_name(text[end]))) return true;
  }
  return false;
}

class Filler {
 public:
  Filler(stack::StackConfig& config, const compose::Variables& variables, Problems& problems)
      : config_(config), variables_(variables), problems_(problems) {}

  void run() {
    for (stack::Directory& item : config_.prepare.directories) {
      fill(item.path, item.where);
      if (item.path.empty() || item.path.front() != '/') {
        problems_.add(item.where, "'" + item.path + "' must be an absolute path");
      } else if (belongs_to_system(item.path)) {
        problems_.add(item.where, "'" + item.path + "' belongs to the system: a stack may not take it over");
      }
    }
    fill_mounts(config_.mounts.required, "mounts.required.");
    fill_mounts(config_.mounts.on_demand, "mounts.on-demand.");
    for (std::size_t i = 0; i < config_.health.probes.size(); ++i) {
      stack::Probe& probe = config_.health.probes[i];
      const Location where = config_.place("health.probes." + std::to_string(i));
      fill(probe.http, where);
      fill(probe.tcp, where);
      for (std::string& word : probe.command) fill(word, where);
    }
    for (std::size_t i = 0; i < config_.routes.size(); ++i)
      fill(config_.routes[i].domain, config_.place("routes." + std::to_string(i) + ".domain"));
    // The shell fills these in, by its own rules; the home directory it has from the unit.
    for (const std::string& command : config_.prepare.commands) {
      for (const auto& [name, value] : variables_.values) {
        if (name != "HOME" && uses(command, name)) config_.prepare.variables[name] = value;
      }
    }
  }

 private:
  void fill_mounts(std::vector<std::string>& paths, const std::string& key) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const Location where = config_.place(key + std::to_string(i));
      fill(paths[i], where);
      if (paths[i].empty() || paths[i].front() != '/')
        problems_.add(where, "'" + paths[i] + "' must be an absolute path");
    }
  }

  void fill(std::string& text, const Location& where) {
    const compose::Interpolated done = compose::interpolate(text, variables_);
    if (done.error) {
      problems_.add(where, *done.error);
    } else if (!done.unset.empty()) {
      problems_.add(where,
                    "'" + text + "' uses the variable '" + done.unset.front() + "', which nobody declares");
    } else if (done.value.tainted()) {
      problems_.add(where, "'" + text + "' uses a secret; only environment and files may");
    } else {
      text = done.value.plain();
    }
  }

  stack::StackConfig& config_;
  const compose::Variables& variables_;
  Problems& problems_;
};

}  // namespace

compose::Variables make_variables(const stack::RepositoryConfig& repository, const stack::Host& host,
                                  const Stack& stack, Problems& problems) {
  compose::Variables out;
  const auto below = [&](const std::string& key) {
    return [&repository, key](const std::string& name) { return repository.place(key + '.' + name); };
  };
  add_level(out, repository.variables, below("variables"), problems);
  add_level(out, host.variables, below("hosts." + host.name + ".variables"), problems);
  add_level(
      out, stack.config.variables, [&](const auto& name) { return stack.config.place("variables." + name); },
      problems);
  out.values.emplace("HOME", stack.account.home);
  if (!repository.defaults.timezone.empty()) out.values.emplace("TZ", repository.defaults.timezone);
  for (const std::string& name : stack.config.environment_from_host) {
    out.values[name] =
        name == "XDG_RUNTIME_DIR" ? "/run/user/" + std::to_string(stack.account.uid) : stack.user;
  }
  if (!stack.config.category.empty()) {
    out.values["STATE_DIR"] = "/opt/" + stack.config.category + '/' + stack.name;
  }
  for (const auto& [variable, file] : stack.config.assets) {
    out.values[variable] = "/etc/hwcsync/stacks/" + stack.name + "/assets/" + file;
  }
  for (const Secret& secret : stack.secrets) {
    if (secret.name != "env") continue;
    out.secrets.insert(secret.variables.begin(), secret.variables.end());
    if (secret.format == "age") out.secret_names = compose::SecretNames::hidden;
  }
  return out;
}

void fill_in_config(stack::StackConfig& config, const compose::Variables& variables, Problems& problems) {
  Filler(config, variables, problems).run();
}

}  // namespace hwcsync::layout
