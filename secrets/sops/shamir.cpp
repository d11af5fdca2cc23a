#include "secrets/sops/shamir.hpp"

#include <cstdint>

namespace hwcsync::secrets {
namespace {

// Without branches or tables that depend on the operands.
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned shifted = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    product ^= shifted & (0U - (static_cast<unsigned>(b) >> bit & 1U));
    shifted = shifted << 1U ^ (0x11bU & (0U - (shifted >> 7U & 1U)));
  }
  return static_cast<std::uint8_t>(product);
}

// a^254, the inverse of a.
std::uint8_t invert(std::uint8_t a) {
  std::uint8_t out = a;
  for (int i = 0; i < 6; ++i) out = multiply(multiply(out, out), a);
  return multiply(out, out);
}

}  // namespace

std::optional<SecureBuffer> combine_shares(const std::vector<SecureBuffer>& shares) {
  if (shares.size() < 2 || shares.front().size() < 2) return std::nullopt;
  const std::size_t size = shares.front().size() - 1;
  SecureBuffer out(size);
  for (const SecureBuffer& share : shares) {
    if (share.size() != size + 1) return std::nullopt;
    const std::uint8_t point = share.data()[size];
    if (point == 0) return std::nullopt;
    std::uint8_t weight = 1;  // Lagrange's basis polynomial at zero
    for (const SecureBuffer& other : shares) {
      if (&other == &share || other.size() != size + 1) continue;
      const auto difference = static_cast<std::uint8_t>(point ^ other.data()[size]);
      if (difference == 0) return std::nullopt;
      weight = multiply(weight, multiply(other.data()[size], invert(difference)));
    }
    for (std::size_t i = 0; i < size; ++i)
      out.data()[i] = static_cast<std::uint8_t>(out.data()[i] ^ multiply(share.data()[i], weight));
  }
  return out;
}

}  // namespace hwcsync::secrets
