#include "gitops/compose/tracked_directory.hpp"

#include "gitops/compose/assets.hpp"
#include "gitops/compose/build_files.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <cctype>
#include <string_view>

namespace hwcsync::compose {
namespace {

class Walk {
 public:
  Walk(Reading& reading, const Yaml& where, TrackedDirectory& out)
      : reading_(reading), where_(where), out_(out) {}

  // False, with a problem, when something below cannot be copied.
  bool run(const std::string& below) {
    const auto entries = reading_.tree.list(below.empty() ? out_.path : out_.path + '/' + below);
    for (const TreeEntry& entry : entries.value_or(std::vector<TreeEntry>{})) {
      if (!take(below.empty() ? entry.name : below + '/' + entry.name, entry.kind)) return false;
    }
    return true;
  }

 private:
  bool take(const std::string& below, EntryKind kind) {
    const std::string path = out_.path + '/' + below;
    if (kind == EntryKind::directory) return run(below);
    if (const auto fault = entry_fault(kind, path)) return refuse(*fault);
    if (!is_valid_utf8(path))
      return refuse("'" + printable(path) + "' has a name that is not UTF-8; rename it");
    const Context& context = reading_.context;
    if (context.own_files.count(path) > 0) return true;
    if (context.ciphertexts.count(path) > 0) {
      reading_.note(where_.where(), "'" + path +
                                        "' is encrypted and left out of the directory; grant it "
                                        "under 'secrets'");
      return true;
    }
    auto content = reading_.tree.read(path);
    if (!content) return refuse("'" + path + "' cannot be read");
    bytes_ += content->size();
    out_.files.emplace(below, TrackedDirectory::File{std::move(*content), kind == EntryKind::executable});
    if (out_.files.size() <= kDirectoryFiles && bytes_ <= kDirectoryBytes) return true;
    return refuse("'" + out_.path + "' holds more than " +
                  (bytes_ > kDirectoryBytes ? std::to_string(kDirectoryBytes >> 20U) + " MiB"
                                            : std::to_string(kDirectoryFiles) + " files") +
                  ", too much to copy to the host with every change; mount only what the container needs, "
                  "keep data at an absolute path, or build an image");
  }

  bool refuse(const std::string& message) {
    reading_.problems.add(where_, message);
    return false;
  }

  Reading& reading_;
  const Yaml& where_;
  TrackedDirectory& out_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::string TrackedDirectory::hash() const {
  Sha256 out;
  for (const auto& [name, file] : files) out.add(name).add(file.executable ? "x" : "").add(file.content);
  return out.hex().substr(0, 12);
}

std::string directory_name(const std::string& directory, const std::string& path) {
  return path == directory ? "." : asset_name(directory, path);
}

std::string directory_entry(const std::string& name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (name == ".") return "@";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '_' || c == '-' || (c == '.' && !out.empty());
    out += plain ? std::string(1, c) : std::string{'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

std::optional<TrackedDirectory> read_directory(Reading& reading, const Yaml& where, const std::string& path) {
  TrackedDirectory out{.path = path, .files = {}};
  if (!Walk(reading, where, out).run("")) return std::nullopt;
  if (!out.files.empty()) return out;
  reading.problems.add(where, "'" + path + "' holds nothing that a container could be given");
  return std::nullopt;
}

std::optional<std::string> Reading::directory(const Yaml& where, const std::string& path) {
  const std::string name = directory_name(context.directory, path);
  if (project.directories.count(name) > 0) return name;
  if (path.empty() || context.directory.rfind(path + '/', 0) == 0) {
    problems.add(where, "'" + (path.empty() ? std::string(".") : path) +
                            "' holds this stack and others: name a directory below the stack's own, or one "
                            "that holds no stack");
    return std::nullopt;
  }
  auto files = read_directory(*this, where, path);
  if (!files) return std::nullopt;
  project.directories.emplace(name, std::move(*files));
  return name;
}

}  // namespace hwcsync::compose
