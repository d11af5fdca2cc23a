#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace hwcsync::secrets {

// Memory for plaintext, data keys and identities: locked (never swapped), left out of core dumps, wiped in a
// forked child, with an inaccessible page before and after each region, and wiped when it is given back.
//
// Small blocks share pages by size class (16 bytes to 2 KiB), larger ones take whole pages, so that thousands
// of values fit the usual RLIMIT_MEMLOCK of 8 MiB. All bookkeeping is outside of the locked pages.
// Thread-safe. A child made by fork() does not inherit locks: it never gets memory from its parent's regions.
class Arena {
 public:
  struct Block {
    std::uint8_t* data = nullptr;
    std::size_t capacity = 0;  // what the block really has, at least what was asked for
  };
  struct Usage {
    std::size_t locked = 0;  // bytes locked for this process
    std::size_t used = 0;    // bytes of the blocks that are in use
    std::size_t blocks = 0;
  };

  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // The one of this process; it is never destroyed, so that static buffers may outlive main().
  [[nodiscard]] static Arena& process();

  // All bytes are zero. Throws SystemError when memory cannot be had or cannot be locked.
  [[nodiscard]] Block allocate(std::size_t size);
  // Wipes the block and takes it back; empty regions return to the system.
  void release(Block block) noexcept;

  [[nodiscard]] Usage usage() const;

 private:
  static constexpr std::size_t kPage = 4096;  // our unit, whatever the system's page is
  static constexpr std::size_t kSmallest = 16;

  // One page that is cut into slots of one size.
  struct Slab {
    std::size_t slot = 0;
    std::size_t used = 0;
    std::bitset<kPage / kSmallest> taken;

    [[nodiscard]] bool full() const { return used == kPage / slot; }
  };

  // One locked mapping and which of its pages are taken.
  struct Region {
    std::uint8_t* data = nullptr;
    int owner = 0;  // the process that locked it
    std::vector<bool> taken;

    [[nodiscard]] std::size_t size() const { return taken.size() * kPage; }
    // The first page of a free run of that length; taken.size() when there is none.
    [[nodiscard]] std::size_t find(std::size_t pages) const;
  };

  Region& add_region(std::size_t pages);
  std::uint8_t* take_pages(std::size_t pages);
  std::uint8_t* take_slot(std::size_t size_class);
  void give_pages(Region& region, std::size_t first, std::size_t pages) noexcept;
  Region& region_of(const std::uint8_t* data) noexcept;

  mutable std::mutex mutex_;
  std::map<std::uintptr_t, Region> regions_;                      // by first usable byte
  std::map<std::uint8_t*, Slab> slabs_;                           // by page
  std::map<std::size_t, std::vector<std::uint8_t*>> open_slabs_;  // pages with a free slot, by slot size
  Usage usage_;
};

}  // namespace hwcsync::secrets
