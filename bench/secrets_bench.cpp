// Decrypting, as DESIGN 11 bounds it: age files against the one scalar multiplication that each needs, and a
// generation of sops files. The files are made here, with keys made here.
#include "secrets/age/age.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/vault/generation.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/hash.hpp"

#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace hwcsync;
using namespace hwcsync::secrets;

constexpr int kFiles = 1000;
constexpr int kValues = 20;

const std::vector<Identity>& identities() {
  static const auto out = parse_identities(
      as_bytes("AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n"), "bench");
  return out;
}

std::vector<Recipient> recipients() {
  return {identities().front().recipient()};
}

// A directory that goes with the process.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "hwcsync-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(int number) const { return path_ + '/' + std::to_string(number); }

 private:
  std::string path_;
};

void scalar_multiplications(benchmark::State& state) {
  std::array<unsigned char, 32> scalar{1, 2, 3};
  std::array<unsigned char, 32> point{9};
  std::array<unsigned char, 32> out{};
  for (auto _ : state) {
    for (int i = 0; i < kFiles; ++i) {
      point[0] = static_cast<unsigned char>(i);
      benchmark::DoNotOptimize(crypto_scalarmult(out.data(), scalar.data(), point.data()));
    }
  }
}
BENCHMARK(scalar_multiplications)->Unit(benchmark::kMillisecond);

void age_files(benchmark::State& state) {
  const Directory directory;
  for (int i = 0; i < kFiles; ++i) {
    AtomicFile file(directory.file(i), 0600);
    file.write(encrypt_age(as_bytes("the secret of number " + std::to_string(i)), recipients(),
                           AgeEncoding::binary));
    file.commit();
  }
  for (auto _ : state) {
    for (int i = 0; i < kFiles; ++i) {
      const std::string file = read_file(directory.file(i));
      benchmark::DoNotOptimize(decrypt_age(as_bytes(file), identities()));
    }
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK(age_files)->Unit(benchmark::kMillisecond);

// What the service does with them: parse, decrypt, verify, render each as an env file.
void sops_generation(benchmark::State& state) {
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  Manifest manifest;
  Ciphertexts ciphertexts;
  for (int i = 0; i < kFiles; ++i) {
    std::string plain;
    for (int value = 0; value < kValues; ++value)
      plain += "NAME_" + std::to_string(value) + "=value-" + std::to_string(i * kValues + value) + '\n';
    const std::string file =
        encrypt_sops(SopsStore::dotenv, read_plain(SopsStore::dotenv, as_bytes(plain)), recipients(), now);
    SecretFile entry;
    entry.stack = "s" + std::to_string(i);
    entry.name = "env";
    entry.path = entry.stack + "-stack.env";
    entry.uid = 1000;
    entry.grammar = Grammar::compose_env;
    entry.source = {"secrets/" + entry.stack + ".env", git_blob_id(file), SourceFormat::sops_dotenv};
    ciphertexts.emplace(entry.source.id, file);
    manifest.files.push_back(std::move(entry));
  }
  for (auto _ : state) {
    const auto generation = stage(manifest, ciphertexts, identities());
    if (generation->failures() != 0) state.SkipWithError(generation->files().front().failure.c_str());
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK(sops_generation)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
