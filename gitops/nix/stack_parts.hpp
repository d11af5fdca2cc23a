#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/value.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

// What both styles need of a stack.
namespace hwcsync::nix {

// What rendering one stack gives: files below generated/<host>/, and for the files that are modules what they
// mean.
struct StackFiles {
  std::map<std::string, std::string> files;
  std::map<std::string, Json> intended;  // file -> the configuration that it defines
  std::vector<std::string> imports;      // from default.nix
  std::set<std::string> executables;     // of the files
};

[[nodiscard]] std::string view_unit(const layout::Stack& stack);  // "hwcsync-view@1000.service"

// Units of the stacks that this one starts after, with ".service"; a name that is no stack is taken for a
// unit.
[[nodiscard]] std::vector<std::string> start_after_units(const layout::DesiredState& desired,
                                                         const layout::Stack& stack);
// What the stack's units come after by configuration: units.after and start-after.
[[nodiscard]] std::vector<std::string> configured_after(const layout::DesiredState& desired,
                                                        const layout::Stack& stack);
// units.wants, and the automounts of mounts that come on demand.
[[nodiscard]] std::vector<std::string> configured_wants(const layout::Stack& stack);
[[nodiscard]] std::vector<std::string> configured_requires(const layout::Stack& stack);
[[nodiscard]] std::vector<std::string> required_mounts(const layout::Stack& stack);
// Rules for prepare.directories.
[[nodiscard]] std::vector<std::string> directory_rules(const layout::Stack& stack);

// builtins.path { path = ./<file>; name = ...; }: a store path that follows from the content alone. `file` is
// relative to the module, `generated` to generated/<host>/ (what the meaning says).
[[nodiscard]] Value content_source(const std::string& file, const std::string& generated,
                                   const std::string& name);

// Directories of the repository: what containers mount, and what images are built from. Entry below
// stacks/<stack>, "trees/html" or "contexts/web" -> source.
[[nodiscard]] std::map<std::string, Value> directory_sources(const layout::Stack& stack);
// Their files.
void add_directories(const layout::Stack& stack, StackFiles& to);

// One line of text: for descriptions.
[[nodiscard]] std::string single_line(const std::string& text);
// A file, line and column error about a service.
[[noreturn]] void refuse(const Location& where, const std::string& message);

}  // namespace hwcsync::nix
