#include "secrets/arena/secure_buffer.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace hwcsync::secrets {

const std::uint8_t* address_of(Bytes bytes) noexcept {
  static constexpr std::uint8_t kNothing = 0;
  return bytes.empty() ? &kNothing : bytes.data();
}

SecureBuffer::SecureBuffer(std::size_t size) : block_(Arena::process().allocate(size)), size_(size) {}

SecureBuffer::SecureBuffer(Bytes content) : SecureBuffer(content.size()) {
  if (!content.empty()) std::memcpy(block_.data, content.data(), content.size());
}

SecureBuffer& SecureBuffer::operator=(SecureBuffer&& other) noexcept {
  if (this != &other) {
    Arena::process().release(std::exchange(block_, std::exchange(other.block_, {})));
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecureBuffer::~SecureBuffer() {
  Arena::process().release(block_);
}

void SecureBuffer::append(Bytes more) {
  if (more.empty()) return;
  if (size_ + more.size() > block_.capacity) reserve(std::max(size_ + more.size(), 2 * block_.capacity));
  std::memcpy(block_.data + size_, more.data(), more.size());
  size_ += more.size();
}

void SecureBuffer::reserve(std::size_t capacity) {
  if (capacity <= block_.capacity) return;
  const Arena::Block larger = Arena::process().allocate(capacity);
  if (size_ > 0) std::memcpy(larger.data, block_.data, size_);
  Arena::process().release(std::exchange(block_, larger));
}

void SecureBuffer::truncate(std::size_t size) noexcept {
  if (size >= size_) return;
  wipe(block_.data + size, size_ - size);
  size_ = size;
}

bool equal(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  return a.empty() || ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(void* data, std::size_t size) noexcept {
  ::sodium_memzero(data, size);
}

}  // namespace hwcsync::secrets
