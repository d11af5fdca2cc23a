#include "secrets/vault/generation.hpp"

#include "secrets/vault/render.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace hwcsync::secrets {
namespace {

// A source that was tried: its plaintext, or why there is none.
using TriedSource = std::variant<std::unique_ptr<PlainSource>, std::string>;
using SourceKey = std::pair<std::string, SourceFormat>;

// What a person needs to know of an error; the file's own name stands before it.
std::string reason_of(const Error& error) {
  std::string out = dynamic_cast<const SecretError*>(&error) != nullptr ? error.text().reason : error.what();
  if (!error.text().hint.empty()) out += " (" + error.text().hint + ")";
  return out;
}

TriedSource try_source(const Source& source, const Ciphertexts& ciphertexts,
                       std::span<const Identity> identities) {
  const auto found = ciphertexts.find(source.id);
  if (found == ciphertexts.end())
    return source.path + ": its ciphertext " + source.id + " was not handed over";
  if (git_blob_id(found->second) != source.id) {
    return source.path + ": its ciphertext is not the object " + source.id + " that the manifest names";
  }
  try {
    return std::make_unique<PlainSource>(source.format, found->second, identities);
  } catch (const Error& error) {
    return source.path + ": " + reason_of(error);
  }
}

StagedFile render_file(const SecretFile& entry, const TriedSource& source) {
  if (const auto* failure = std::get_if<std::string>(&source)) return {entry, {}, *failure};
  try {
    return {entry, render(entry, *std::get<std::unique_ptr<PlainSource>>(source)), {}};
  } catch (const Error& error) {
    return {entry, {}, entry.source.path + ": " + reason_of(error)};
  }
}

FileFact compare_file(const StagedFile& file, const Generation* earlier) {
  FileFact out{file.entry.uid, file.entry.path, file.entry.stack, file.entry.name, Fact::unknown, {}};
  if (!file.readable()) {
    out.fact = Fact::undecryptable;
    out.reason = file.failure;
    return out;
  }
  const StagedFile* before = earlier == nullptr ? nullptr : earlier->find(file.entry.uid, file.entry.path);
  if (before == nullptr || !before->readable()) return out;
  out.fact = equal(file.content.bytes(), before->content.bytes()) ? Fact::same : Fact::rotated;
  return out;
}

}  // namespace

const StagedFile* Generation::find(std::uint32_t uid, std::string_view path) const {
  const auto found = index_.find({uid, std::string(path)});
  return found == index_.end() ? nullptr : &files_[found->second];
}

std::size_t Generation::failures() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(files_, [](const auto& f) { return !f.readable(); }));
}

std::shared_ptr<const Generation> stage(Manifest manifest, const Ciphertexts& ciphertexts,
                                        std::span<const Identity> identities) {
  auto out = std::make_shared<Generation>();
  out->id_ = generation_id(manifest);
  out->manifest_ = std::move(manifest);
  std::map<SourceKey, TriedSource> sources;  // plaintexts are wiped when this function ends
  for (const SecretFile& entry : out->manifest_.files) {
    const SourceKey key{entry.source.id, entry.source.format};
    auto source = sources.find(key);
    if (source == sources.end()) {
      source = sources.emplace(key, try_source(entry.source, ciphertexts, identities)).first;
      if (std::holds_alternative<std::unique_ptr<PlainSource>>(source->second)) ++out->decryptions_;
    }
    out->index_.emplace(std::pair(entry.uid, entry.path), out->files_.size());
    out->files_.push_back(render_file(entry, source->second));
  }
  return out;
}

std::string_view to_string(Fact fact) noexcept {
  switch (fact) {
    case Fact::same:
      return "same";
    case Fact::rotated:
      return "rotated";
    case Fact::unknown:
      return "unknown";
    case Fact::undecryptable:
      break;
  }
  return "undecryptable";
}

std::vector<FileFact> compare(const Generation& generation, const Generation* earlier) {
  std::vector<FileFact> out;
  for (const StagedFile& file : generation.files()) out.push_back(compare_file(file, earlier));
  return out;
}

}  // namespace hwcsync::secrets
