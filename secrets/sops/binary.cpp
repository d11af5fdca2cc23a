#include "secrets/sops/binary.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/data_key.hpp"
#include "secrets/sops/mac.hpp"
#include "secrets/sops/timestamp.hpp"
#include "secrets/sops/value.hpp"
#include "src/base/hash.hpp"
#include "src/base/json.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops binary file";
constexpr std::string_view kSopsVersion = "3.13.3";
constexpr std::string_view kAad = "data:";
constexpr int kDepthLimit = 8;  // the metadata has three levels

struct BinaryFile {
  std::string data;
  Metadata metadata;
};

// The names that sops' dotenv store gives to nested metadata, so that one reader serves both.
void flatten_into(FlatMetadata& out, const Json& value, const std::string& name, int depth) {
  if (depth > kDepthLimit)
    throw_undecryptable(SecretFailure::malformed, kSubject, "its metadata is nested too deep");
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      flatten_into(out, item, name.empty() ? key : name + "__map_" + key, depth + 1);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      flatten_into(out, value[i], name + "__list_" + std::to_string(i), depth + 1);
    }
  } else if (value.is_string()) {
    out[name] = value.get<std::string>();
  } else if (!value.is_null()) {
    out[name] = value.dump();
  }
}

BinaryFile parse(std::string_view file) {
  // What the parser would say could quote a plaintext file: only the fact is told.
  const Json json = Json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("sops") || !json["sops"].is_object()) {
    throw_undecryptable(SecretFailure::not_encrypted, kSubject, "it is not JSON with sops metadata");
  }
  if (json.size() != 2 || !json.contains("data") || !json["data"].is_string()) {
    throw_undecryptable(SecretFailure::malformed, kSubject, "it has not exactly 'data' and 'sops'");
  }
  FlatMetadata flat;
  flatten_into(flat, json["sops"], {}, 0);
  BinaryFile out{json["data"].get<std::string>(), read_metadata(flat)};
  if (!out.metadata.encrypts("data")) {
    throw_undecryptable(SecretFailure::not_encrypted, kSubject, "its rules leave the content in clear");
  }
  return out;
}

Json to_json(const Metadata& metadata) {
  Json age = Json::array();
  for (const AgeRecipientEntry& entry : metadata.age) {
    age.push_back({{"recipient", entry.recipient}, {"enc", entry.enc}});
  }
  return {{"age", age},
          {"lastmodified", metadata.last_modified},
          {"mac", metadata.mac},
          {"unencrypted_suffix", metadata.unencrypted_suffix},
          {"version", metadata.version}};
}

}  // namespace

SecureBuffer decrypt_sops_binary(std::string_view file, std::span<const Identity> identities) {
  const BinaryFile parsed = parse(file);
  const SecureBuffer data_key = unwrap_data_key(parsed.metadata, identities);
  AesGcm cipher(data_key.bytes());
  SecureBuffer out = decrypt_value(cipher, parsed.data, kAad, "data");
  MacHasher mac(parsed.metadata.mac_scope);
  mac.add(out.bytes());
  verify_mac(cipher, parsed.metadata, mac.finish());
  return out;
}

std::string encrypt_sops_binary(Bytes plaintext, std::span<const Recipient> recipients,
                                std::chrono::system_clock::time_point now) {
  NewDataKey data_key = make_data_key(recipients);
  AesGcm cipher(data_key.key.bytes());
  Metadata metadata;
  metadata.age = std::move(data_key.entries);
  metadata.last_modified = format_last_modified(now);
  metadata.version = kSopsVersion;
  metadata.unencrypted_suffix = "_unencrypted";
  MacHasher mac(metadata.mac_scope);
  mac.add(plaintext);
  metadata.mac = encrypt_mac(cipher, mac.finish(), metadata.last_modified);
  const Json file{{"data", encrypt_value(cipher, plaintext, kAad)}, {"sops", to_json(metadata)}};
  return file.dump(1, '\t') + '\n';
}

std::string fingerprint_sops_binary(std::string_view file) {
  const BinaryFile parsed = parse(file);
  Sha256 hash;
  hash.add("sops-binary").add(parsed.metadata.mac).add(parsed.metadata.last_modified).add(parsed.data);
  return hash.hex();
}

}  // namespace hwcsync::secrets
