#include "gitops/compose/mounts.hpp"

#include "gitops/compose/assets.hpp"
#include "gitops/compose/reading.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

constexpr std::array kPropagation{"shared", "rshared", "slave", "rslave", "private", "rprivate"};
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

// A source that begins with "." is a file of the repository; it becomes an asset.
void take_asset(Reading& reading, const Yaml& where, const std::string& name, Mount& mount, Draft& draft) {
  const std::string path = asset_path(reading.context.directory, name);
  const bool own = path.rfind(reading.context.directory + '/', 0) == 0;
  const std::string& shown = own ? name : path;
  if (reading.context.ciphertexts.count(path) > 0) {
    reading.problems.add(where,
                         "'" + shown + "' is encrypted; grant it under 'secrets' instead of mounting it");
    return;
  }
  auto content = read_tracked_file(reading.tree, path);
  if (!content && reading.tree.list(path)) {
    reading.problems.add(where,
                         "'" + shown +
                             "' is a directory of the repository; mounting one is not supported by this "
                             "version yet: mount its files one by one");
    return;
  }
  if (!content) {
    reading.problems.add(
        where, "'" + shown +
                   "' is not a tracked file of this stack; data belongs to an absolute path, such as "
                   "${DATA_ROOT}/...");
    return;
  }
  mount.source = reading.context.assets_directory + '/' + name;
  draft.service.assets.insert(name);
  const std::string label = "io.hwcsync.asset." + name;
  const std::string hash = sha256_hex(*content).substr(0, 12);
  draft.service.labels[label] = hash;
  draft.labels[label] = Template::literal(hash);
  reading.project.assets.emplace(name, std::move(*content));
}

void place_bind(Reading& reading, const Yaml& where, const std::string& source, Mount& mount, Draft& draft) {
  mount.type = Mount::Type::bind;
  const std::string& assets = reading.context.assets_directory;
  if (reading.context.setting == Context::Setting::plain) {
    const auto path = reading.context.place(source, reading.context.directory);
    if (!path) reading.problems.add(where, "'" + source + "' is outside of every directory");
    mount.source = '/' + path.value_or("");
  } else if (source.front() == '~') {
    reading.problems.add(where, "'~' has no meaning for a service; write an absolute path");
  } else if (!assets.empty() && source.rfind(assets + '/', 0) == 0) {
    take_asset(reading, where, source.substr(assets.size() + 1), mount, draft);
  } else if (source.front() == '/') {
    mount.source = source;
  } else {
    const auto path = join_path(reading.context.directory, source);
    if (!path || path->empty()) {
      reading.problems.add(where, "'" + source + "' is outside of the repository");
    } else {
      take_asset(reading, where, asset_name(reading.context.directory, *path), mount, draft);
    }
  }
}

Mount read_short(Reading& reading, const Yaml& item, const std::string& text, Draft& draft) {
  Mount mount;
  const std::vector<std::string> fields = split(text, ':');
  mount.target = fields.size() == 1 ? fields[0] : fields[1];
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

void read_bind_options(Reading& reading, const Yaml& value, const std::string& path, Mount& mount) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (entry.key == "propagation" || entry.key == "selinux") {
      add_option(reading, entry.value, reading.plain(entry.value, path), mount);
    } else if (entry.key == "create_host_path") {
      if (!reading.boolean(entry.value, path)) mount.options.emplace_back("nocreate");
    } else {
      reading.refuse_key(value, entry, "mount's bind");
    }
  }
}

void read_volume_options(Reading& reading, const Yaml& value, const std::string& path, Mount& mount) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (entry.key == "nocopy") {
      if (reading.boolean(entry.value, path)) mount.options.emplace_back("nocopy");
    } else {
      reading.refuse_key(value, entry, "mount's volume");
    }
  }
}

void read_tmpfs_options(Reading& reading, const Yaml& value, const std::string& path, Mount& mount) {
  if (!reading.expect_mapping(value)) return;
  for (const Yaml::Entry& entry : value.entries) {
    if (entry.key == "size") {
      mount.options.push_back("size=" + reading.size(entry.value, path));
    } else {
      reading.refuse_key(value, entry, "mount's tmpfs");
    }
  }
}

Mount read_long(Reading& reading, const Yaml& item, const std::string& path, Draft& draft) {
  Mount mount;
  const Yaml* type = item.find("type");
  const std::string word = type == nullptr ? "volume" : reading.plain(*type, path + ".type");
  mount.type = word == "bind"    ? Mount::Type::bind
               : word == "tmpfs" ? Mount::Type::tmpfs
                                 : Mount::Type::volume;
  if (word != "bind" && word != "tmpfs" && word != "volume") {
    reading.problems.add(*type, "mounts of type '" + word + "' are not supported by this version yet");
  }
  for (const Yaml::Entry& entry : item.entries) {
    const std::string here = path + '.' + entry.key;
    if (entry.key == "target") {
      mount.target = reading.plain(entry.value, here);
    } else if (entry.key == "source") {
      const std::string source = reading.plain(entry.value, here);
      if (mount.type == Mount::Type::bind && !source.empty()) {
        place_bind(reading, entry.value, source, mount, draft);
      } else {
        mount.source = source;
      }
    } else if (entry.key == "read_only") {
      mount.read_only = reading.boolean(entry.value, here);
    } else if (entry.key == "bind" && mount.type == Mount::Type::bind) {
      read_bind_options(reading, entry.value, here, mount);
    } else if (entry.key == "volume" && mount.type == Mount::Type::volume) {
      read_volume_options(reading, entry.value, here, mount);
    } else if (entry.key == "tmpfs" && mount.type == Mount::Type::tmpfs) {
      read_tmpfs_options(reading, entry.value, here, mount);
    } else if (entry.key == "consistency") {
      reading.note(key_location(item, entry), here + " has no meaning on Linux: ignored");
    } else if (entry.key != "type" && !is_extension(entry.key)) {
      reading.refuse_key(item, entry, "mount");
    }
  }
  const bool needs_source = mount.type == Mount::Type::bind && item.find("source") == nullptr;
  if (needs_source) reading.problems.add(item, "key 'source' is missing here");
  return mount;
}

}  // namespace

bool is_propagation(std::string_view option) {
  return holds(kPropagation, option);
}

bool is_provider_option(std::string_view option) {
  return is_propagation(option) || holds(kProviderOptions, option);
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
    if (mount.target.empty() || mount.target.front() != '/') {
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
    list.push_back(std::move(mount));
  }
}

}  // namespace hwcsync::compose
