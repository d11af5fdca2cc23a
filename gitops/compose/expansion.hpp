#pragma once

#include "gitops/compose/expand.hpp"
#include "gitops/compose/merge.hpp"

// Internal to gitops/compose: what expand, extends and include share.
namespace hwcsync::compose {

// The services of one file that others may extend.
struct Unit {
  std::string file;
  std::string directory;  // that its relative paths are meant from
  Yaml services;          // interpolated, `extends` and tags still there; stays as it is once indexed
  std::map<std::string, const Yaml*> index;
  std::map<std::string, Yaml> resolved;

  void make_index() {
    for (const Yaml::Entry& entry : services.entries) index.emplace(entry.key, &entry.value);
  }
};

// One project directory with its variables: the main one, or that of an include.
struct Scope {
  std::string directory;
  Variables variables;
  std::map<std::string, Unit> units;  // by file, once read
};

struct Expansion {
  const Tree& tree;
  const Context& context;
  Problems problems;
  std::map<std::string, Location> unset;
  std::map<std::string, Location> shadowed;
  std::size_t files = 0;
  std::size_t nodes = 0;

  // Fills in every value but those of `x-...` keys, which nobody reads.
  void interpolate(Yaml& document, const Variables& variables);
  // Copies cost: false, with a problem, when files that bring in each other grow without end.
  [[nodiscard]] bool spend(const Yaml& copied, const Location& where);
  // The file that `relative` names, from `directory`; nothing, with a problem, where there is none.
  [[nodiscard]] std::optional<std::string> locate(const Yaml& relative, const std::string& directory);
  [[nodiscard]] std::optional<ComposeFile> open(const Yaml& relative, const std::string& directory);
  // Text of a key that says where something is; nothing, with a problem, when a secret is in it.
  [[nodiscard]] std::optional<std::string> settled(const Yaml& value);
};

// Merges the documents of all files; `chain` are the files whose includes led here.
[[nodiscard]] Yaml load_model(Expansion& expansion, Scope& scope, std::vector<ComposeFile> files,
                              const std::vector<std::string>& chain);

// Variables of env files, in order, that nobody outside of them has declared.
void read_env_files(Expansion& expansion, Variables& variables, const std::vector<std::string>& paths);

// Replaces `extends` of the document's services by what it stands for.
void apply_extends(Expansion& expansion, Scope& scope, const std::string& file, Yaml& document);
// Replaces `include` of the document by the resources of the files that it names.
void apply_includes(Expansion& expansion, const Scope& scope, Yaml& document,
                    const std::vector<std::string>& chain);

}  // namespace hwcsync::compose
