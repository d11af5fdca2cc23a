#include "gitops/compose/expansion.hpp"
#include "gitops/compose/reading.hpp"
#include "gitops/compose/relocate.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

constexpr std::size_t kDeepest = 100;

// What `extends` says: a service, of this file or of another.
struct Reference {
  std::string service;
  const Yaml* file = nullptr;
};

class Extender {
 public:
  Extender(Expansion& expansion, Scope& scope) : expansion_(expansion), scope_(scope) {}

  // The service with everything that it extends. Paths are meant from the unit's directory.
  const Yaml& resolve(Unit& unit, const std::string& name) {
    const auto [done, fresh] = unit.resolved.try_emplace(name);
    if (!fresh) return done->second;
    Yaml& out = done->second;
    const Yaml& service = *unit.index.at(name);
    const Yaml* extends = service.find("extends");
    if (extends == nullptr || extends->is_null() || extends->tag == "!reset") {
      out = service;
      return out;
    }
    chain_.push_back({unit.file, name});
    Yaml base;
    if (const auto reference = read(*extends)) base = find_base(unit, *extends, *reference);
    chain_.pop_back();
    apply_tags(base, service);
    Yaml own = service;
    own.erase("extends");
    strip_tags(own);
    if (base.is_mapping()) {
      merge_into(base, std::move(own), service_rules(), expansion_.problems);
      // Problems are told where the service stands that the user wrote, not where its base does.
      base.file = service.file;
      base.line = service.line;
      base.column = service.column;
      out = std::move(base);
    } else {
      out = std::move(own);
    }
    return out;
  }

 private:
  std::optional<Reference> read(const Yaml& extends) {
    Reference out;
    const Yaml* service = &extends;
    if (extends.is_mapping()) {
      for (const Yaml::Entry& entry : extends.entries) {
        if (entry.key == "service" || entry.key == "file") continue;
        expansion_.problems.add(key_location(extends, entry), "unknown key '" + entry.key + "' of extends");
      }
      service = extends.find("service");
      out.file = extends.find("file");
      if (out.file != nullptr && out.file->is_null()) out.file = nullptr;
      if (service == nullptr) {
        expansion_.problems.add(extends, "key 'service' is missing here");
        return std::nullopt;
      }
    }
    const auto name = expansion_.settled(*service);
    if (!name) return std::nullopt;
    out.service = *name;
    return out;
  }

  Yaml find_base(Unit& unit, const Yaml& extends, const Reference& reference) {
    Unit* from = reference.file == nullptr ? &unit : open(unit, *reference.file);
    if (from == nullptr) return {};
    if (from->index.count(reference.service) == 0) {
      std::vector<std::string> names;
      for (const Yaml::Entry& entry : from->services.entries) names.push_back(entry.key);
      expansion_.problems.add(extends, "there is no service '" + reference.service + "' in " + from->file +
                                           suggestion(reference.service, names));
      return {};
    }
    if (!may_follow(*from, extends, reference.service)) return {};
    Yaml base = resolve(*from, reference.service);
    if (!expansion_.spend(base, extends.where())) return {};
    strip_tags(base);
    relocate_service(base, from->directory, unit.directory);
    return base;
  }

  bool may_follow(const Unit& unit, const Yaml& extends, const std::string& name) {
    const auto known = std::find(chain_.begin(), chain_.end(), Link{unit.file, name});
    if (known == chain_.end() && chain_.size() < kDeepest) return true;
    if (known == chain_.end()) {
      expansion_.problems.add(extends, "services extend each other more than 100 deep");
      return false;
    }
    std::string circle;
    for (auto link = known; link != chain_.end(); ++link) circle += link->name + " (" + link->file + ") -> ";
    expansion_.problems.add(extends, "services extend each other: " + circle + name + " (" + unit.file + ')');
    return false;
  }

  // The services of another file, read once for each project directory.
  Unit* open(const Unit& from, const Yaml& relative) {
    const auto path = expansion_.locate(relative, from.directory);
    if (!path) return nullptr;
    const auto [place, fresh] = scope_.units.try_emplace(*path);
    Unit& unit = place->second;
    if (!fresh) return unit.file.empty() ? nullptr : &unit;
    const auto file = expansion_.open(relative, from.directory);
    if (!file) return nullptr;
    Yaml merged = Yaml::mapping();
    for (Yaml document : file->documents) {
      expansion_.interpolate(document, scope_.variables);
      apply_tags(merged, document);
      if (merged.entries.empty()) {
        merged = std::move(document);
      } else {
        strip_tags(merged);
        strip_tags(document);
        merge_into(merged, std::move(document), document_rules(), expansion_.problems);
      }
    }
    const Yaml* services = merged.find("services");
    if (services == nullptr || !services->is_mapping()) {
      expansion_.problems.add(relative, "there is no service in " + *path);
      return nullptr;
    }
    unit.file = *path;
    unit.directory = directory_of(*path);
    unit.services = *services;
    unit.make_index();
    return &unit;
  }

  struct Link {
    std::string file;
    std::string name;
    bool operator==(const Link&) const = default;
  };

  Expansion& expansion_;
  Scope& scope_;
  std::vector<Link> chain_;
};

}  // namespace

void apply_extends(Expansion& expansion, Scope& scope, const std::string& file, Yaml& document) {
  Yaml* services = document.find("services");
  if (services == nullptr || !services->is_mapping()) return;
  const auto extends = [](const Yaml::Entry& entry) { return entry.value.find("extends") != nullptr; };
  if (std::none_of(services->entries.begin(), services->entries.end(), extends)) return;
  Unit unit{file, scope.directory, *services, {}, {}};
  unit.make_index();
  Extender extender(expansion, scope);
  for (Yaml::Entry& entry : services->entries) {
    if (!extends(entry)) continue;
    entry.value = extender.resolve(unit, entry.key);
    entry.value.erase("extends");
  }
}

}  // namespace hwcsync::compose
