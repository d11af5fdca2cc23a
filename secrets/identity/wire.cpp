#include "secrets/identity/wire.hpp"

#include <algorithm>

namespace hwcsync::secrets {

void append_wire_string(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> static_cast<unsigned>(shift));
  out += text;
}

std::optional<std::uint32_t> WireReader::number() {
  const auto bytes = take(4);
  if (!bytes) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::uint8_t byte : *bytes) value = value << 8U | byte;
  return value;
}

std::optional<Bytes> WireReader::string() {
  const auto size = number();
  return size ? take(*size) : std::nullopt;
}

std::optional<Bytes> WireReader::take(std::size_t count) {
  if (count > rest_.size()) return std::nullopt;
  const Bytes taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::string ssh_public_key_wire(std::string_view type, Bytes key) {
  std::string out;
  append_wire_string(out, type);
  append_wire_string(out, {reinterpret_cast<const char*>(key.data()), key.size()});
  return out;
}

bool is_text(Bytes bytes, std::string_view text) {
  return std::ranges::equal(bytes, as_bytes(text));
}

}  // namespace hwcsync::secrets
