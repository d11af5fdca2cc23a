#include "secrets/identity/bech32.hpp"

#include <array>
#include <cstdint>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksum = 6;

class Checksum {
 public:
  explicit Checksum(std::string_view prefix) {
    for (const char c : prefix) add(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5U));
    add(0);
    for (const char c : prefix) add(static_cast<std::uint8_t>(c & 31));
  }
  void add(std::uint8_t five_bits) {
    static constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                             0x2a1462b3};
    const std::uint32_t top = state_ >> 25U;
    state_ = (state_ & 0x1ffffffU) << 5U ^ five_bits;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if ((top >> i & 1U) != 0) state_ ^= kGenerator[i];
    }
  }
  [[nodiscard]] std::uint32_t value() const { return state_; }

 private:
  std::uint32_t state_ = 1;
};

bool is_upper(std::uint8_t c) {
  return c >= 'A' && c <= 'Z';
}

std::uint8_t to_lower(std::uint8_t c) {
  return is_upper(c) ? static_cast<std::uint8_t>(c - 'A' + 'a') : c;
}

bool is_mixed_case(Bytes text) {
  bool upper = false;
  bool lower = false;
  for (const std::uint8_t c : text) {
    upper = upper || is_upper(c);
    lower = lower || (c >= 'a' && c <= 'z');
  }
  return upper && lower;
}

}  // namespace

std::optional<SecureBuffer> decode_bech32(std::string_view prefix, Bytes text) {
  if (text.size() < prefix.size() + 1 + kChecksum || is_mixed_case(text)) return std::nullopt;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (to_lower(text[i]) != static_cast<std::uint8_t>(prefix[i])) return std::nullopt;
  }
  if (text[prefix.size()] != '1') return std::nullopt;

  Checksum checksum(prefix);
  const Bytes symbols = text.subspan(prefix.size() + 1);
  SecureBuffer out;
  out.reserve(symbols.size() * 5 / 8 + 1);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const auto symbol = kAlphabet.find(static_cast<char>(to_lower(symbols[i])));
    if (symbol == std::string_view::npos) return std::nullopt;
    checksum.add(static_cast<std::uint8_t>(symbol));
    if (i + kChecksum >= symbols.size()) continue;
    pending = (pending << 5U | static_cast<std::uint32_t>(symbol)) & 0xfffU;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.append(static_cast<std::uint8_t>(pending >> bits));
    }
  }
  const bool leftover = bits >= 5 || (pending & ((1U << bits) - 1U)) != 0;
  if (checksum.value() != 1 || leftover) return std::nullopt;
  return out;
}

SecureBuffer encode_bech32(std::string_view prefix, Bytes data, LetterCase letters) {
  SecureBuffer out{as_bytes(prefix)};
  out.reserve(prefix.size() + 1 + (data.size() * 8 + 4) / 5 + kChecksum);
  out.append('1');
  Checksum checksum(prefix);
  const auto put = [&](std::uint32_t symbol) {
    out.append(static_cast<std::uint8_t>(kAlphabet[symbol & 31U]));
  };
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : data) {
    pending = (pending << 8U | byte) & 0xfffU;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      const std::uint32_t symbol = pending >> bits & 31U;
      checksum.add(static_cast<std::uint8_t>(symbol));
      put(symbol);
    }
  }
  if (bits > 0) {
    const std::uint32_t symbol = pending << (5 - bits) & 31U;
    checksum.add(static_cast<std::uint8_t>(symbol));
    put(symbol);
  }
  for (std::size_t i = 0; i < kChecksum; ++i) checksum.add(0);
  const std::uint32_t sum = checksum.value() ^ 1U;
  for (unsigned i = 0; i < kChecksum; ++i) put(sum >> 5U * (5 - i));
  if (letters == LetterCase::upper) {
    for (std::uint8_t& c : out.bytes()) {
      if (c >= 'a' && c <= 'z') c = static_cast<std::uint8_t>(c - 'a' + 'A');
    }
  }
  return out;
}

}  // namespace hwcsync::secrets
