// Ten thousand changed files: none may open as anything else than the original, but where the formats
// authenticate nothing.
#include "secrets/age/age.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/scalar.hpp"
#include "secrets/sops/sops_file.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::fixture;
using test::reveal;
using test::ssh_identities;

constexpr int kAgeMutations = 5000;
constexpr int kSopsMutations = 5000;

std::vector<Identity> all_identities() {
  auto out = age_identity();
  for (Identity& identity : ssh_identities()) out.push_back(std::move(identity));
  return out;
}

// The pieces of a text between line ends, or between anything that ends a value.
std::vector<std::pair<std::size_t, std::size_t>> pieces(const std::string& text, std::string_view ends) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && ends.find(text[i]) == std::string_view::npos) continue;
    if (i > start) out.emplace_back(start, i - start);
    start = i + 1;
  }
  return out;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  // A text that differs from the given one.
  std::string mutate(const std::string& text) {
    for (;;) {
      std::string out = once(text);
      if (out != text) return out;
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  std::string once(const std::string& text) {
    std::string out = text;
    switch (pick(6)) {
      case 0:
      case 1:
        out[pick(out.size())] ^= static_cast<char>(1U << pick(8));
        return out;
      case 2:
        out.resize(pick(out.size()));
        return out;
      case 3:
        return swap(out, "\n");
      case 4:
        return swap(out, " ,=:\n\"[]");
      default: {
        const auto lines = pieces(text, "\n");
        const auto [start, size] = lines[pick(lines.size())];
        const std::string line = text.substr(start, size + 1);
        return pick(2) == 0 ? out.erase(start, size + 1) : out.insert(start, line);
      }
    }
  }

  std::string swap(const std::string& text, std::string_view ends) {
    const auto parts = pieces(text, ends);
    auto a = parts[pick(parts.size())];
    auto b = parts[pick(parts.size())];
    if (a.first > b.first) std::swap(a, b);
    if (a.first + a.second > b.first) return text;
    return text.substr(0, a.first) + text.substr(b.first, b.second) +
           text.substr(a.first + a.second, b.first - a.first - a.second) + text.substr(a.first, a.second) +
           text.substr(b.first + b.second);
  }

  std::mt19937 random_;
};

using Counts = std::map<std::string, int>;

void print(const char* what, const Counts& counts) {
  for (const auto& [name, count] : counts) std::printf("%s: %5d %s\n", what, count, name.c_str());
}

TEST_CASE("no changed age file opens as anything but the original") {
  const auto identities = all_identities();
  const std::vector<Recipient> recipients{identities[0].recipient(), identities[1].recipient()};
  const std::string plain(70'000, 'p');
  const std::vector<std::string> files{fixture("hello.age"), fixture("hello-ssh.age"),
                                       encrypt_age(as_bytes(plain), recipients, AgeEncoding::binary),
                                       encrypt_age(as_bytes("short"), recipients, AgeEncoding::armored)};
  Mutator mutator(1);
  Counts counts;
  for (int i = 0; i < kAgeMutations; ++i) {
    const std::string& file = files[static_cast<std::size_t>(i) % files.size()];
    try {
      const std::string opened = reveal(decrypt_age(as_bytes(mutator.mutate(file)), identities));
      CHECK(opened == reveal(decrypt_age(as_bytes(file), identities)));
      ++counts["opened as the original (white space around the armor)"];
    } catch (const SecretError& error) {
      ++counts["refused: " + std::string(to_string(error.failure()))];
    }
  }
  print("age", counts);
  CHECK(counts["opened as the original (white space around the armor)"] < kAgeMutations / 20);
}

// What sops authenticates: the values in their order, and of an encrypted one its keys.
struct Authenticated {
  std::string values;
  std::vector<std::string> encrypted;
  bool operator==(const Authenticated&) const = default;
};

void collect(const SopsNode& node, const std::string& path, Authenticated& out) {
  if (node.is_scalar()) {
    out.values += reveal(node.value);
    const bool clear = path.find("_unencrypted:") != std::string::npos;
    if (!clear && !node.value.empty()) out.encrypted.push_back(path + '=' + reveal(node.value));
  }
  for (const SopsNode::Item& item : node.items)
    collect(item.node, node.is_map() && !item.node.is_comment() ? path + item.key + ':' : path, out);
}

Authenticated authenticated(const std::vector<SopsNode>& documents) {
  Authenticated out;
  for (const SopsNode& document : documents) collect(document, {}, out);
  return out;
}

std::string json_of(const std::vector<SopsNode>& documents) {
  std::string out;
  for (const SopsNode& document : documents) out += reveal(print_compact_json(document)) + "\n";
  return out;
}

TEST_CASE("no changed sops file gives other values, nor the same under other keys") {
  const auto identities = all_identities();
  const std::vector<std::pair<SopsStore, std::string>> files{
      {SopsStore::yaml, fixture("all.yaml")},    {SopsStore::json, fixture("all.json")},
      {SopsStore::ini, fixture("all.ini")},      {SopsStore::dotenv, fixture("app.env")},
      {SopsStore::binary, fixture("blob.json")}, {SopsStore::yaml, fixture("groups-all.yaml")}};
  std::vector<std::vector<SopsNode>> originals;
  for (const auto& [store, file] : files) originals.push_back(decrypt_sops(store, file, identities));
  Mutator mutator(2);
  Counts counts;
  for (int i = 0; i < kSopsMutations; ++i) {
    const std::size_t which = static_cast<std::size_t>(i) % files.size();
    const std::string changed = mutator.mutate(files[which].second);
    try {
      const auto documents = decrypt_sops(files[which].first, changed, identities);
      CHECK(authenticated(documents) == authenticated(originals[which]));
      const bool same = json_of(documents) == json_of(originals[which]);
      ++counts[same ? "opened as the original (comments, layout, other recipients, version)"
                    : "opened with other keys of clear values, nulls, empty values, lists or types"];
    } catch (const SecretError& error) {
      ++counts["refused: " + std::string(to_string(error.failure()))];
    }
  }
  print("sops", counts);
  CHECK(counts["refused: MAC mismatch"] > 0);
  CHECK(counts["refused: payload failure"] > 0);
}

}  // namespace
}  // namespace hwcsync::secrets
