#include "secrets/arena/base64.hpp"

#include <sodium.h>

#include <algorithm>

namespace hwcsync::secrets {
namespace {

int variant(Padding padding) {
  return padding == Padding::required ? sodium_base64_VARIANT_ORIGINAL
                                      : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
}

// The number of decoded bytes, or nullopt. `out` has room for text.size() / 4 * 3 + 3 bytes.
std::optional<std::size_t> decode(Bytes text, Padding padding, std::span<std::uint8_t> out) {
  std::size_t length = 0;
  if (text.empty()) return length;
  // libsodium 1.0.18 takes '+' and '/' with the high bit set for the characters themselves.
  if (std::ranges::any_of(text, [](std::uint8_t c) { return c > 127; })) return std::nullopt;
  const auto* characters = reinterpret_cast<const char*>(text.data());
  if (::sodium_base642bin(out.data(), out.size(), characters, text.size(), nullptr, &length, nullptr,
                          variant(padding)) != 0) {
    return std::nullopt;
  }
  return length;
}

}  // namespace

std::optional<SecureBuffer> decode_base64(Bytes text, Padding padding) {
  SecureBuffer out(text.size() / 4 * 3 + 3);
  const auto length = decode(text, padding, out.bytes());
  if (!length) return std::nullopt;
  out.truncate(*length);
  return out;
}

std::optional<std::vector<std::uint8_t>> decode_public_base64(Bytes text, Padding padding) {
  std::vector<std::uint8_t> out(text.size() / 4 * 3 + 3);
  const auto length = decode(text, padding, out);
  if (!length) return std::nullopt;
  out.resize(*length);
  return out;
}

std::string encode_base64(Bytes bytes, Padding padding) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant(padding)), '\0');
  ::sodium_bin2base64(out.data(), out.size(), address_of(bytes), bytes.size(), variant(padding));
  out.pop_back();  // the terminating zero
  return out;
}

}  // namespace hwcsync::secrets
