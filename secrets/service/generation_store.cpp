#include "secrets/service/generation_store.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

namespace fs = std::filesystem;

// The name of the whole directory is what makes it count, so one sync of each directory at the end will do.
void write_file(const std::string& path, std::string_view content) {
  const Fd file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  write_all(file.get(), content, path);
  if (::fsync(file.get()) != 0) throw_errno("cannot write", path);
}

void remove_tree(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) throw SystemError("cannot remove", path, code.value());
}

void build(const std::string& place, const SecretBundle& bundle) {
  make_directories(place + "/ciphertexts", 0700);
  for (const auto& [id, data] : bundle.ciphertexts) write_file(place + "/ciphertexts/" + id, data);
  write_file(place + "/manifest.json", bundle.manifest);
  sync_directory(place + "/ciphertexts");
  sync_directory(place);
}

}  // namespace

bool is_generation_id(std::string_view text) noexcept {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void GenerationStore::save(const std::string& generation, const SecretBundle& bundle) const {
  if (!is_generation_id(generation)) throw Error("cannot store", generation, "it is no generation id");
  const std::string place = directory_ + '/' + generation;
  if (fs::exists(place + "/manifest.json")) return;
  const std::string building = directory_ + "/." + generation;
  remove_tree(building);
  try {
    build(building, bundle);
  } catch (const Error&) {
    // On a full disk what is left of it would keep out smaller ones too.
    std::error_code ignored;
    fs::remove_all(building, ignored);
    throw;
  }
  // Without a manifest it is no generation, only what somebody left there.
  remove_tree(place);
  if (std::rename(building.c_str(), place.c_str()) != 0) throw_errno("cannot store", place);
  sync_directory(directory_);
}

std::optional<SecretBundle> GenerationStore::load(const std::string& generation) const {
  if (!is_generation_id(generation)) return std::nullopt;
  const std::string place = directory_ + '/' + generation;
  SecretBundle out;
  try {
    out.manifest = read_file(place + "/manifest.json");
  } catch (const SystemError& error) {
    if (error.code() == ENOENT) return std::nullopt;
    throw;
  }
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(place + "/ciphertexts", code)) {
    const std::string path = entry.path().string();
    out.ciphertexts.emplace(entry.path().filename().string(), read_file(path));
  }
  if (code) throw SystemError("cannot read", place + "/ciphertexts", code.value());
  return out;
}

void GenerationStore::remove(const std::string& generation) const {
  if (!is_generation_id(generation)) return;
  const std::string place = directory_ + '/' + generation;
  // First the name that makes it a generation, so that half of one is never taken for a whole.
  if (std::remove((place + "/manifest.json").c_str()) != 0 && errno != ENOENT)
    throw_errno("cannot remove", place);
  remove_tree(place);
}

void GenerationStore::tidy() const noexcept {
  std::error_code code;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(directory_, code)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && is_generation_id(std::string_view(name).substr(1)))
      unfinished.push_back(entry.path());
  }
  for (const fs::path& path : unfinished) fs::remove_all(path, code);
}

std::vector<std::string> GenerationStore::list() const {
  std::vector<std::string> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(directory_, code)) {
    std::string name = entry.path().filename().string();
    if (is_generation_id(name) && fs::exists(entry.path() / "manifest.json")) out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace hwcsync::secrets
