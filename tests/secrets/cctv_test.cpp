// The age test suite of C2SP (CCTV), from the npm package cctv-age; scripts/oracles.sh fetches it.
#include "secrets/age/age.hpp"
#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/arena/base64.hpp"
#include "secrets/identity/identity_file.hpp"
#include "src/base/fd.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/program_check.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include <unistd.h>

#ifdef HWCSYNC_HAVE_ZLIB
#include <zlib.h>
#endif

namespace hwcsync::secrets::test {
namespace {

struct Vector {
  std::string name;
  std::string expect;
  std::string payload;
  std::vector<Identity> identities;
  std::string file;
  bool armored = false;
  std::string skipped;  // why it is not run
};

std::string path_of_vectors() {
  if (const char* path = std::getenv("HWCSYNC_AGE_VECTORS")) return path;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::string base = cache != nullptr ? cache : std::string(home == nullptr ? "" : home) + "/.cache";
  return base + "/hwcsync/cctv-age/index.js";
}

// `// ../testdata/NAME`, and on the next line the vector in base64.
std::map<std::string, std::string> read_package(const std::string& text) {
  constexpr std::string_view kName = "// ../testdata/";
  constexpr std::string_view kData = "__toBinary(\"";
  std::map<std::string, std::string> out;
  for (auto at = text.find(kName); at != std::string::npos; at = text.find(kName, at)) {
    at += kName.size();
    const std::string name = text.substr(at, text.find('\n', at) - at);
    const auto begin = text.find(kData, at) + kData.size();
    const auto bytes =
        decode_public_base64(as_bytes(text).subspan(begin, text.find('"', begin) - begin), Padding::required);
    if (bytes) out[name] = std::string(bytes->begin(), bytes->end());
  }
  return out;
}

std::optional<std::string> inflate_zlib([[maybe_unused]] const std::string& data) {
#ifdef HWCSYNC_HAVE_ZLIB
  std::string out(64U << 20U, '\0');
  uLongf size = out.size();
  if (::uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                   data.size()) != Z_OK)
    return std::nullopt;
  out.resize(size);
  return out;
#else
  return std::nullopt;
#endif
}

Vector parse(const std::string& name, const std::string& content) {
  Vector out;
  out.name = name;
  const auto end = content.find("\n\n");
  out.file = content.substr(end + 2);
  for (const std::string& line : split(content.substr(0, end), '\n')) {
    const auto colon = line.find(": ");
    const std::string key = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    if (key == "expect") {
      out.expect = value;
    } else if (key == "payload") {
      out.payload = value;
    } else if (key == "identity") {
      for (Identity& identity : parse_identities(as_bytes(value), name))
        out.identities.push_back(std::move(identity));
    } else if (key == "passphrase") {
      out.identities.push_back({name, PassphraseIdentity{conceal(value)}});
    } else if (key == "compressed") {
      const auto inflated = inflate_zlib(out.file);
      if (inflated) out.file = *inflated;
      if (!inflated) out.skipped = "built without zlib";
    } else if (key == "armored") {
      out.armored = value == "yes";
    } else if (key != "file key" && key != "comment") {
      out.skipped = "unknown key " + key;
    }
  }
  return out;
}

struct Outcome {
  std::string what;
  std::string payload;
};

Outcome decrypt(const Vector& vector) {
  try {
    // The suite says what is armored; decrypt_age() itself judges by the first line.
    const auto binary = vector.armored ? dearmor(as_bytes(vector.file)) : std::vector<std::uint8_t>();
    const Bytes file = vector.armored ? Bytes(binary) : as_bytes(vector.file);
    // Whatever has a good header is written again as it was read.
    if (vector.expect == "success") {
      const Header header = parse_header(file);
      const std::string written = format_header(header.stanzas);
      expect(equal(as_bytes(written), header.authenticated), vector.name + ": its header");
      if (vector.armored) expect(dearmor(as_bytes(armor(binary))) == binary, vector.name + ": its armor");
    }
    const SecureBuffer plain = decrypt_age(file, vector.identities);
    return {"success", sha256_hex(reveal(plain))};
  } catch (const SecretError& error) {
    return {std::string(to_string(error.failure())), {}};
  }
}

int check() {
  const std::string path = path_of_vectors();
  if (::access(path.c_str(), R_OK) != 0) {
    std::fprintf(stderr, "skipped: the vectors are not at %s; scripts/oracles.sh fetches them\n",
                 path.c_str());
    return 77;
  }
  std::map<std::string, int> run;
  std::map<std::string, int> skipped;
  for (const auto& [name, content] : read_package(read_file(path))) {
    const Vector vector = parse(name, content);
    if (!vector.skipped.empty()) {
      ++skipped[vector.skipped];
      continue;
    }
    const Outcome outcome = decrypt(vector);
    if (outcome.what == to_string(SecretFailure::unsupported)) {
      ++skipped["post-quantum, and no age 1.3 on PATH"];
      continue;
    }
    ++run[vector.expect];
    expect(outcome.what == vector.expect, name + ": expected " + vector.expect + ", got " + outcome.what);
    if (vector.expect == "success") expect(outcome.payload == vector.payload, name + ": its payload");
  }
  int total = 0;
  for (const auto& [what, count] : run) {
    std::printf("%3d %s\n", count, what.c_str());
    total += count;
  }
  for (const auto& [why, count] : skipped) std::printf("%3d not run: %s\n", count, why.c_str());
  std::printf("%3d vectors run\n", total);
  expect(total >= 100, "the suite has at least a hundred vectors");
  return finish();
}

}  // namespace
}  // namespace hwcsync::secrets::test

int main() {
  return hwcsync::secrets::test::check();
}
