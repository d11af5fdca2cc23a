#pragma once

#include "secrets/arena/arena.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace hwcsync::secrets {

using Bytes = std::span<const std::uint8_t>;

// The bytes of public text (ciphertext, a file's name); never the other way round for a secret.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// data() of bytes that may be none: the crypto libraries want an address even for a length of zero.
[[nodiscard]] const std::uint8_t* address_of(Bytes bytes) noexcept;

// Owns secret bytes in the arena of the process. Move-only; a copy is made by clone(), in sight. It is no
// range and has no conversion to text, no operator<< and no formatter, so that it cannot slip into a log by
// accident. One thread at a time may change it; any number may read.
class SecureBuffer {
 public:
  SecureBuffer() noexcept = default;
  explicit SecureBuffer(std::size_t size);  // `size` zero bytes; throws SystemError (see Arena)
  explicit SecureBuffer(Bytes content);     // a copy of them
  SecureBuffer(SecureBuffer&& other) noexcept
      : block_(std::exchange(other.block_, {})), size_(std::exchange(other.size_, 0)) {}
  SecureBuffer& operator=(SecureBuffer&& other) noexcept;
  SecureBuffer(const SecureBuffer&) = delete;
  SecureBuffer& operator=(const SecureBuffer&) = delete;
  ~SecureBuffer();

  [[nodiscard]] std::uint8_t* data() noexcept { return block_.data; }
  [[nodiscard]] const std::uint8_t* data() const noexcept { return block_.data; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] Bytes bytes() const noexcept { return {block_.data, size_}; }
  [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return {block_.data, size_}; }

  [[nodiscard]] SecureBuffer clone() const { return SecureBuffer(bytes()); }
  // Grows as needed; what it leaves behind is wiped. `more` must not lie in this buffer.
  void append(Bytes more);
  void append(std::uint8_t byte) { append(Bytes(&byte, 1)); }
  void reserve(std::size_t capacity);
  // Drops (and wipes) what follows the first `size` bytes.
  void truncate(std::size_t size) noexcept;

 private:
  Arena::Block block_;
  std::size_t size_ = 0;
};

// Equal content, in time that depends on the lengths only.
[[nodiscard]] bool equal(Bytes a, Bytes b) noexcept;

// A value on the stack (the state of a hash, a scalar) that is wiped when it goes out of scope.
template <typename T>
class Wiped {
 public:
  Wiped() noexcept = default;
  ~Wiped();
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  T value{};
};

void wipe(void* data, std::size_t size) noexcept;

template <typename T>
Wiped<T>::~Wiped() {
  wipe(&value, sizeof(value));
}

}  // namespace hwcsync::secrets
