#include "gitops/compose/mounts.hpp"

#include "gitops/compose/assets.hpp"
#include "gitops/compose/container_path.hpp"
#include "gitops/compose/fields.hpp"
#include "gitops/compose/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hwcsync::compose {
namespace {

constexpr std::array kPropagation{"shared", "rshared", "slave", "rslave", "private", "rprivate"};
// Docker Desktop's, of files that are shared with a virtual machine.
constexpr std::array kConsistency{"consistent", "cached", "delegated"};
// podman-run(1), --volume; what Compose's long form can say stands first.
constexpr std::array kProviderOptions{"z", "Z", "nocopy", "nocreate"};
constexpr std::array kPodmanOptions{"U",      "O",    "copy",   "dev",  "nodev", "exec",
                                    "noexec", "suid", "nosuid", "bind", "rbind", "idmap"};

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void add_option(Reading& reading, const Yaml& where, const std::string& word, Mount& mount) {
  if (word == "ro" || word == "rw") {
    mount.read_only = word == "ro";
    return;
  }
  if (holds(kConsistency, word)) {
    reading.note(where.where(), "'" + word + "' means nothing on Linux: left out");
    return;
  }
  const bool idmap = word.rfind("idmap=", 0) == 0;
  if (!is_provider_option(word) && !idmap && !holds(kPodmanOptions, word)) {
    reading.problems.add(where, "'" + word + "' is no option of a volume");
    return;
  }
  if (!is_provider_option(word)) {
    reading.limit(
        Limit::Of::provider, where,
        "the option '" + word +
            "' is podman's own and docker-compose drops it without a word; use style oci, or remove it" +
            (word == "U" ? " and give the directory its owner with prepare.directories" : ""));
  }
  mount.options.push_back(word);
}

// A file of the repository becomes an asset.
void take_file(Reading& reading, const Yaml& where, const std::string& path, Mount& mount, Draft& draft) {
  const auto name = reading.tracked(where, path);
  if (!name) return;
  mount.source = reading.context.assets_directory + '/' + *name;
  draft.service.assets.insert(*name);
  const std::string label = "io.hwcsync.asset." + *name;
  const std::string hash = sha256_hex(reading.project.assets.at(*name)).substr(0, 12);
  draft.service.labels[label] = hash;
  draft.labels[label] = Template::literal(hash);
}

// A source that is no absolute path is a file or a directory of the repository.
void take_tracked(Reading& reading, const Yaml& where, const std::string& path, Mount& mount, Draft& draft) {
  if (read_tracked_file(reading.tree, path) || !reading.tree.list(path)) {
    take_file(reading, where, path, mount, draft);
  } else if (const auto name = reading.directory(where, path)) {
    mount.source = reading.context.trees_directory + '/' + directory_entry(*name);
    draft.service.directories.emplace(mount.target, *name);
  }
}

// What is in the store cannot be written to, and where root could, must not be.
void protect_tracked(Reading& reading, const Yaml& item, Mount& mount, Draft& draft) {
  const auto below = [&](const std::string& directory) {
    return !directory.empty() && mount.source.rfind(directory + '/', 0) == 0;
  };
  const Context& context = reading.context;
  if (mount.type != Mount::Type::bind) return;
  if (!below(context.assets_directory) && !below(context.trees_directory)) return;
  if (holds(mount.options, "U")) {
    reading.problems.add(item,
                         "'U' would change the owner of files of the repository, which are in the Nix "
                         "store; remove it");
  }
  // An overlay takes what the container writes, and forgets it.
  if (mount.read_only || holds(mount.options, "O")) return;
  mount.read_only = true;
  draft.service.made_read_only.emplace(mount.target, item.where());
  reading.note(item.where(), "'" + mount.target +
                                 "' comes from the repository: the container can read it and not write to "
                                 "it (writes fail as on a read-only file system)");
}

void place_bind(Reading& reading, const Yaml& where, const std::string& source, Mount& mount, Draft& draft) {
  mount.type = Mount::Type::bind;
  const std::string& assets = reading.context.assets_directory;
  if (reading.context.setting == Context::Setting::plain) {
    mount.source = reading.asset(where, source).value_or("");
  } else if (source.front() == '~') {
    const bool own = source == "~" || source.rfind("~/", 0) == 0;
    if (own && !reading.context.home.empty()) {
      mount.source = reading.context.home + source.substr(1);
    } else {
      reading.problems.add(where, "'" + source +
                                      "' names the home of nobody known here; write ~/... for "
                                      "that of the stack's user, or an absolute path");
    }
  } else if (!assets.empty() && source.rfind(assets + '/', 0) == 0) {
    take_tracked(reading, where, asset_path(reading.context.directory, source.substr(assets.size() + 1)),
                 mount, draft);
  } else if (source.front() == '/') {
    mount.source = source;
  } else if (const auto path = reading.context.place(source, reading.context.directory)) {
    take_tracked(reading, where, *path, mount, draft);
  } else {
    reading.problems.add(where, "'" + source + "' is outside of the repository");
  }
}

Mount read_short(Reading& reading, const Yaml& item, const std::string& text, Draft& draft) {
  Mount mount;
  const std::vector<std::string> fields = split(text, ':');
  mount.target = clean_path(fields.size() == 1 ? fields[0] : fields[1]);
  if (fields.size() == 1) {
    mount.type = Mount::Type::volume;
  } else if (fields[0].empty()) {
    reading.problems.add(item, "the source of '" + text + "' is empty (a variable without a value?)");
  } else if (fields[0].front() == '.' || fields[0].front() == '/' || fields[0].front() == '~') {
    place_bind(reading, item, fields[0], mount, draft);
  } else {
    mount.type = Mount::Type::volume;
    mount.source = fields[0];
  }
  if (fields.size() > 3) reading.problems.add(item, "'" + text + "' has more than three parts");
  if (fields.size() == 3) {
    for (const std::string& word : split(fields[2], ',')) add_option(reading, item, word, mount);
  }
  return mount;
}

template <std::string Mount::*Member>
void word(Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
  out.*Member = reading.plain(value, path);
}

void read_option(Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
  add_option(reading, value, reading.plain(value, path), out);
}

void read_recursive(Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
  out.recursive = reading.plain(value, path);
  constexpr std::array kWords{"enabled", "disabled", "writable", "readonly"};
  if (value.is_scalar() && !holds(kWords, out.recursive)) {
    reading.problems.add(
        value, "expected one of enabled, disabled, writable, readonly, found '" + out.recursive + "'");
  }
}

constexpr std::array kBind{
    Field<Mount>{"propagation", read_option},
    Field<Mount>{"selinux", read_option},
    Field<Mount>{"recursive", read_recursive},
    Field<Mount>{"create_host_path",
                 [](Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
                   if (!reading.boolean(value, path)) out.options.emplace_back("nocreate");
                 }},
};
constexpr std::array kVolume{
    Field<Mount>{"nocopy",
                 [](Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
                   if (reading.boolean(value, path)) out.options.emplace_back("nocopy");
                 }},
    Field<Mount>{"subpath", word<&Mount::subpath>},
    Field<Mount>{"labels", read_map<&Mount::labels>},
};
constexpr std::array kTmpfs{
    Field<Mount>{"size",
                 [](Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
                   const std::string size = reading.size(value, path);
                   if (size == "-1") reading.problems.add(value, "a tmpfs has no negative size");
                   out.options.push_back("size=" + size);
                 }},
    Field<Mount>{"mode", [](Reading& reading, const Yaml& value, const std::string& path,
                            Mount& out) { out.options.push_back("mode=" + reading.file_mode(value, path)); }},
};
constexpr std::array kImage{Field<Mount>{"subpath", word<&Mount::subpath>}};

template <const auto& Table>
void part(Reading& reading, const Yaml& value, const std::string& path, Mount& out) {
  const std::string scope = "mount's " + path.substr(path.rfind('.') + 1);
  read_fields<Mount>(reading, value, scope, path, Table, out);
}

constexpr std::array kMount{
    Field<Mount>{"target", [](Reading& reading, const Yaml& value, const std::string& path,
                              Mount& out) { out.target = clean_path(reading.plain(value, path)); }},
    Field<Mount>{"read_only", read_boolean<&Mount::read_only>},
    Field<Mount>{"bind", part<kBind>},
    Field<Mount>{"volume", part<kVolume>},
    Field<Mount>{"tmpfs", part<kTmpfs>},
    Field<Mount>{"image", part<kImage>},
};

Mount::Type read_type(Reading& reading, const Yaml& item, const std::string& path) {
  static constexpr std::array<std::pair<std::string_view, Mount::Type>, 6> kTypes{
      {{"bind", Mount::Type::bind},
       {"volume", Mount::Type::volume},
       {"tmpfs", Mount::Type::tmpfs},
       {"image", Mount::Type::image},
       {"npipe", Mount::Type::npipe},
       {"cluster", Mount::Type::cluster}}};
  const Yaml* type = item.find("type");
  if (type == nullptr) return Mount::Type::volume;
  const std::string word = reading.plain(*type, path + ".type");
  for (const auto& [name, value] : kTypes) {
    if (name != word) continue;
    if (value == Mount::Type::npipe || value == Mount::Type::cluster) {
      reading.limit_both(*type, path + ".type is " + word + ", which podman has not; use " +
                                    (value == Mount::Type::cluster ? "volume" : "bind"));
    }
    return value;
  }
  if (type->is_scalar()) {
    reading.problems.add(*type,
                         "expected one of bind, volume, tmpfs, image, npipe, cluster, found '" + word + "'");
  }
  return Mount::Type::volume;
}

Mount read_long(Reading& reading, const Yaml& item, const std::string& path, Draft& draft) {
  Mount mount;
  mount.type = read_type(reading, item, path);
  read_fields<Mount>(reading, item, "mount", path, kMount, mount);
  const Yaml* source = item.find("source");
  const std::string text = source == nullptr ? "" : reading.plain(*source, path + ".source");
  if (mount.type == Mount::Type::bind && !text.empty()) {
    place_bind(reading, *source, text, mount, draft);
  } else {
    mount.source = text;
  }
  const bool needs_source = mount.type == Mount::Type::bind || mount.type == Mount::Type::image;
  if (needs_source && source == nullptr) reading.problems.add(item, "key 'source' is missing here");
  return mount;
}

// docker-compose chooses by its version and the options which mounts it writes as fields; in style oci it is
// those that SOURCE:TARGET cannot carry.
void check_fields(Reading& reading, const Yaml& item, const Mount& mount) {
  const bool colon =
      mount.source.find(':') != std::string::npos || mount.target.find(':') != std::string::npos;
  const bool as_fields = colon || mount.type == Mount::Type::image || !mount.subpath.empty();
  if (colon && (mount.type == Mount::Type::bind || mount.type == Mount::Type::volume)) {
    reading.limit(Limit::Of::provider, item,
                  "docker-compose writes this mount as SOURCE:TARGET, which has no place for another colon; "
                  "rename it, or use style oci");
  }
  for (const std::string* text : {&mount.source, &mount.target, &mount.subpath}) {
    const auto fault = mount_field_fault(*text);
    if (!fault) continue;
    reading.limit(Limit::Of::provider, item, *fault);
    if (as_fields) reading.limit(Limit::Of::containers, item, *fault);
  }
}

}  // namespace

bool is_propagation(std::string_view option) {
  return holds(kPropagation, option);
}

bool is_provider_option(std::string_view option) {
  return is_propagation(option) || holds(kProviderOptions, option);
}

// "/tmp:size=64m,mode=1777": podman's own words after the path.
void read_tmpfs(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  const std::size_t before = reading.problems.list().size();
  const std::vector<std::string> texts = reading.one_or_many(value, path);
  if (reading.problems.list().size() != before) return;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Yaml& item = value.is_sequence() ? value.items[i] : value;
    const auto colon = std::min(texts[i].find(':'), texts[i].size());
    const std::string target = clean_path(texts[i].substr(0, colon));
    if (target.empty() || target.front() != '/') {
      reading.problems.add(item, "the target '" + target + "' must be an absolute path in the container");
      continue;
    }
    draft.places.emplace(target, item.where());
    draft.service.tmpfs.push_back(target + texts[i].substr(colon));
  }
}

void read_mounts(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    const std::string here = path + '[' + std::to_string(i) + ']';
    const std::size_t before = reading.problems.list().size();
    Mount mount;
    if (item.is_mapping()) {
      mount = read_long(reading, item, here, draft);
    } else {
      const std::string text = reading.plain(item, here);
      if (reading.problems.list().size() != before) continue;
      mount = read_short(reading, item, text, draft);
    }
    if (reading.problems.list().size() != before) continue;
    const bool other_system = mount.type == Mount::Type::npipe;  // refused already, whatever its target
    if (!other_system && (mount.target.empty() || mount.target.front() != '/')) {
      reading.problems.add(item,
                           "the target '" + mount.target + "' must be an absolute path in the container");
      continue;
    }
    auto& list = draft.service.volumes;
    const auto same = [&](const Mount& other) { return other.target == mount.target; };
    if (std::any_of(list.begin(), list.end(), same)) {
      reading.problems.add(item, "two mounts have the target '" + mount.target + "'");
      continue;
    }
    protect_tracked(reading, item, mount, draft);
    check_fields(reading, item, mount);
    draft.places.emplace(mount.target, item.where());
    list.push_back(std::move(mount));
  }
}

}  // namespace hwcsync::compose
