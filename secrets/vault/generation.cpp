#include "secrets/vault/generation.hpp"

#include "secrets/vault/render.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <system_error>
#include <thread>
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

// Calls body(0) to body(count - 1), each once, and waits for all. The first exception is rethrown.
template <typename Body>
void in_parallel(std::size_t count, std::size_t threads, const Body& body) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(threads);
  const auto work = [&](std::exception_ptr& failure) noexcept {
    try {
      for (std::size_t i = next++; i < count; i = next++) body(i);
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    // One that cannot be started is not needed.
    try {
      for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work, std::ref(failures[i]));
    } catch (const std::system_error&) {
    }
    work(failures.front());
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

// The reason of a source that failed, with its path before it.
class SourceFailed : public Error {
 public:
  SourceFailed(const std::string& path, const std::string& reason) : Error("cannot decrypt", path, reason) {}
};

// Every source of a manifest, each tried once; on several threads where many. Plaintexts are wiped with it.
class Sources {
 public:
  Sources(const Manifest& manifest, const Ciphertexts& ciphertexts, std::span<const Identity> identities) {
    std::vector<std::pair<const Source*, TriedSource*>> work;
    for (const SecretFile& file : manifest.files) {
      for (const Source* source : sources_of(file)) {
        const auto [place, fresh] = tried_.try_emplace({source->id, source->format}, std::string());
        if (fresh) work.emplace_back(source, &place->second);
      }
    }
    in_parallel(
        work.size(), staging_threads(work.size(), std::thread::hardware_concurrency()),
        [&](std::size_t i) { *work[i].second = try_source(*work[i].first, ciphertexts, identities); });
  }

  const PlainSource& get(const Source& source) {
    const TriedSource& tried = tried_.at({source.id, source.format});
    if (const auto* reason = std::get_if<std::string>(&tried)) throw SourceFailed(source.path, *reason);
    return *std::get<std::unique_ptr<PlainSource>>(tried);
  }
  [[nodiscard]] std::size_t decryptions() const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(tried_, [](const auto& one) { return one.second.index() == 0; }));
  }

 private:
  std::map<SourceKey, TriedSource> tried_;
};

std::string failure_of(const SecretFile& entry, const Error& error) {
  if (dynamic_cast<const SourceFailed*>(&error) != nullptr) return error.text().reason;
  // A template's error says where in the template it is.
  if (entry.grammar == Grammar::text_template) return reason_of(error);
  return entry.source.path + ": " + reason_of(error);
}

StagedFile render_file(const SecretFile& entry, Sources& sources) {
  try {
    return {entry,
            render(entry, [&](const Source& source) -> const PlainSource& { return sources.get(source); }),
            {}};
  } catch (const Error& error) {
    return {entry, {}, failure_of(entry, error)};
  }
}

FileFact compare_file(const StagedFile& file, const Generation* earlier) {
  FileFact out{file.entry.viewer(), file.entry.path, file.entry.stack, file.entry.name, Fact::unknown, {}};
  if (!file.readable()) {
    out.fact = Fact::undecryptable;
    out.reason = file.failure;
    return out;
  }
  const StagedFile* before = earlier == nullptr ? nullptr : earlier->find(file.entry.viewer(), file.entry.path);
  if (before == nullptr || !before->readable()) return out;
  out.fact = equal(file.content.bytes(), before->content.bytes()) ? Fact::same : Fact::rotated;
  return out;
}

}  // namespace

std::size_t staging_threads(std::size_t sources, std::size_t cores) noexcept {
  constexpr std::size_t kMost = 4;
  constexpr std::size_t kWorthAThread = 16;  // some milliseconds
  return std::max<std::size_t>(1, std::min({kMost, cores, sources / kWorthAThread}));
}

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
  Sources sources(out->manifest_, ciphertexts, identities);
  for (const SecretFile& entry : out->manifest_.files) {
    out->index_.emplace(std::pair(entry.viewer(), entry.path), out->files_.size());
    out->files_.push_back(render_file(entry, sources));
  }
  out->decryptions_ = sources.decryptions();
  return out;
}

std::shared_ptr<const Generation> keep_readable(std::shared_ptr<const Generation> again,
                                                const Generation& before) {
  // One id is one manifest, which names every ciphertext: the files are the same, one by one.
  if (again->id_ != before.id_) return again;
  const auto lost = [&](std::size_t i) {
    return !again->files_[i].readable() && before.files_[i].readable();
  };
  auto out = std::make_shared<Generation>();
  bool any = false;
  for (std::size_t i = 0; i < again->files_.size(); ++i) {
    const StagedFile& file = lost(i) ? before.files_[i] : again->files_[i];
    any = any || lost(i);
    out->files_.push_back({file.entry, SecureBuffer(file.content.bytes()), file.failure});
  }
  if (!any) return again;
  out->id_ = again->id_;
  out->manifest_ = again->manifest_;
  out->index_ = again->index_;
  out->decryptions_ = again->decryptions_;
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
