#include "secrets/arena/arena.hpp"

#include "src/base/error.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <memory>
#include <string>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kRegionPages = 64;  // 256 KiB a region: few mappings, little locked in vain
constexpr std::size_t kLargestSlot = 2048;
constexpr const char* kMemlockHint =
    "raise the limit of locked memory: LimitMEMLOCK= in the unit of the secrets service, or `ulimit -l`";

std::size_t guard_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::uintptr_t address(const std::uint8_t* data) {
  return reinterpret_cast<std::uintptr_t>(data);
}

// A mapping with an inaccessible page on either side; only what lies between is locked. The system call
// itself, because the sanitizers replace mlock() by a function that does nothing.
std::uint8_t* map_locked(std::size_t size) {
  const std::size_t guard = guard_size();
  void* whole = ::mmap(nullptr, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) throw_errno("cannot get memory for", "secrets");
  auto* usable = static_cast<std::uint8_t*>(whole) + guard;
  const char* failed = nullptr;
  if (::mprotect(usable, size, PROT_READ | PROT_WRITE) != 0) {
    failed = "cannot open up";
  } else if (::madvise(usable, size, MADV_DONTDUMP) != 0 || ::madvise(usable, size, MADV_WIPEONFORK) != 0) {
    failed = "cannot keep out of core dumps";
  } else if (::syscall(SYS_mlock, usable, size) != 0) {
    failed = "cannot lock";
  }
  if (failed != nullptr) {
    const int code = errno;
    ::munmap(whole, size + 2 * guard);
    throw SystemError(failed, std::to_string(size >> 10U) + " KiB of memory for secrets", code, kMemlockHint);
  }
  return usable;
}

}  // namespace

std::size_t Arena::Region::find(std::size_t pages) const {
  std::size_t run = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    run = taken[i] ? 0 : run + 1;
    if (run == pages) return i + 1 - pages;
  }
  return taken.size();
}

Arena& Arena::process() {
  // Everything that uses the library's crypto holds its keys here: the place to initialise it.
  static Arena& arena = [&]() -> Arena& {
    if (::sodium_init() < 0) throw Error("cannot initialise", "libsodium", "no source of random numbers");
    return *std::make_unique<Arena>().release();
  }();
  return arena;
}

Arena::~Arena() {
  for (const auto& [start, region] : regions_) {
    ::sodium_memzero(region.data, region.size());
    ::munmap(region.data - guard_size(), region.size() + 2 * guard_size());
  }
}

Arena::Block Arena::allocate(std::size_t size) {
  if (size == 0) return {};
  const std::lock_guard lock(mutex_);
  Block block;
  if (size <= kLargestSlot) {
    block.capacity = std::max(kSmallest, std::bit_ceil(size));
    block.data = take_slot(block.capacity);
  } else {
    const std::size_t pages = (size + kPage - 1) / kPage;
    block.capacity = pages * kPage;
    block.data = take_pages(pages);
  }
  usage_.used += block.capacity;
  ++usage_.blocks;
  return block;
}

void Arena::release(Block block) noexcept {
  if (block.data == nullptr) return;
  ::sodium_memzero(block.data, block.capacity);
  const std::lock_guard lock(mutex_);
  usage_.used -= block.capacity;
  --usage_.blocks;
  Region& region = region_of(block.data);
  const auto offset = static_cast<std::size_t>(block.data - region.data);
  if (block.capacity > kLargestSlot) {
    give_pages(region, offset / kPage, block.capacity / kPage);
    return;
  }
  std::uint8_t* page = region.data + offset / kPage * kPage;
  const auto slab = slabs_.find(page);
  auto& open = open_slabs_[block.capacity];
  if (slab->second.full()) open.push_back(page);
  slab->second.taken.reset(offset % kPage / block.capacity);
  if (--slab->second.used > 0) return;
  slabs_.erase(slab);
  open.erase(std::find(open.begin(), open.end(), page));
  give_pages(region, offset / kPage, 1);
}

Arena::Usage Arena::usage() const {
  const std::lock_guard lock(mutex_);
  return usage_;
}

Arena::Region& Arena::add_region(std::size_t pages) {
  const std::size_t system_page = guard_size() / kPage;
  const auto round = [&](std::size_t n) { return (n + system_page - 1) / system_page * system_page; };
  std::size_t wanted = round(std::max(pages, kRegionPages));
  std::uint8_t* data = nullptr;
  try {
    data = map_locked(wanted * kPage);
  } catch (const SystemError&) {
    // Near the limit a smaller region may still be had; if not, that error is the one to tell.
    wanted = round(pages);
    data = map_locked(wanted * kPage);
  }
  usage_.locked += wanted * kPage;
  Region region{data, ::getpid(), std::vector<bool>(wanted, false)};
  return regions_.insert_or_assign(address(data), std::move(region)).first->second;
}

std::uint8_t* Arena::take_pages(std::size_t pages) {
  const pid_t self = ::getpid();
  Region* chosen = nullptr;
  std::size_t first = 0;
  for (auto& [start, region] : regions_) {
    if (region.owner != self) continue;
    first = region.find(pages);
    if (first == region.taken.size()) continue;
    chosen = &region;
    break;
  }
  if (chosen == nullptr) {
    chosen = &add_region(pages);
    first = 0;
  }
  std::fill_n(chosen->taken.begin() + static_cast<std::ptrdiff_t>(first), pages, true);
  return chosen->data + first * kPage;
}

std::uint8_t* Arena::take_slot(std::size_t size_class) {
  auto& open = open_slabs_[size_class];
  if (open.empty() || region_of(open.back()).owner != ::getpid()) {
    std::uint8_t* page = take_pages(1);
    slabs_[page].slot = size_class;
    open.push_back(page);
  }
  std::uint8_t* page = open.back();
  Slab& slab = slabs_.at(page);
  std::size_t index = 0;
  while (slab.taken.test(index)) ++index;
  slab.taken.set(index);
  ++slab.used;
  if (slab.full()) open.pop_back();
  return page + index * size_class;
}

void Arena::give_pages(Region& region, std::size_t first, std::size_t pages) noexcept {
  std::fill_n(region.taken.begin() + static_cast<std::ptrdiff_t>(first), pages, false);
  if (std::find(region.taken.begin(), region.taken.end(), true) != region.taken.end()) return;
  // One empty region of the usual size stays, so that a single short-lived value does not map and unmap.
  if (region.owner == ::getpid() && regions_.size() == 1 && region.taken.size() <= kRegionPages) return;
  usage_.locked -= region.size();
  ::munmap(region.data - guard_size(), region.size() + 2 * guard_size());
  regions_.erase(address(region.data));
}

Arena::Region& Arena::region_of(const std::uint8_t* data) noexcept {
  return std::prev(regions_.upper_bound(address(data)))->second;
}

}  // namespace hwcsync::secrets
