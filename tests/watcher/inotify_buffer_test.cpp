#include "watcher/inotify_buffer.hpp"

#include "tests/support/catch.hpp"

#include <cstddef>
#include <cstring>
#include <random>

#include <sys/inotify.h>

namespace hwcsync::watch {
namespace {

// Lays an event out as the kernel does: header, name, NULs up to a multiple of the header's size.
void append(std::vector<char>& buffer, int watch, std::uint32_t mask, std::uint32_t cookie,
            const std::string& name) {
  inotify_event header{};
  constexpr std::size_t kHeader = offsetof(inotify_event, name);
  header.wd = watch;
  header.mask = mask;
  header.cookie = cookie;
  header.len = name.empty() ? 0 : static_cast<std::uint32_t>((name.size() + kHeader) / kHeader * kHeader);
  const std::size_t at = buffer.size();
  buffer.resize(at + kHeader + header.len);
  std::memcpy(buffer.data() + at, &header, kHeader);
  std::memcpy(buffer.data() + at + kHeader, name.data(), name.size());
}

// A push to main as git 2.39 makes it.
std::vector<InotifyEvent> push_to_main() {
  return {{2, IN_CREATE, 0, "main.lock"},
          {2, IN_CLOSE_WRITE, 0, "main.lock"},
          {2, IN_MOVED_FROM, 71, "main.lock"},
          {2, IN_MOVED_TO, 71, "main"}};
}

std::vector<char> encode(const std::vector<InotifyEvent>& events) {
  std::vector<char> buffer;
  for (const InotifyEvent& event : events) append(buffer, event.watch, event.mask, event.cookie, event.name);
  return buffer;
}

TEST_CASE("an empty buffer has no events") {
  const InotifyBatch batch = parse_inotify({});
  CHECK(batch.events.empty());
  CHECK_FALSE(batch.lost);
}

TEST_CASE("a recorded push is read as it happened") {
  const std::vector<char> buffer = encode(push_to_main());
  const InotifyBatch batch = parse_inotify(buffer);
  CHECK(batch.events == push_to_main());
  CHECK_FALSE(batch.lost);
}

TEST_CASE("a recorded pack-refs is read as it happened") {
  const std::vector<InotifyEvent> packed{{1, IN_CREATE, 0, "packed-refs.lock"},
                                         {1, IN_CREATE, 0, "packed-refs.new"},
                                         {1, IN_CLOSE_WRITE, 0, "packed-refs.new"},
                                         {1, IN_MOVED_FROM, 5, "packed-refs.new"},
                                         {1, IN_MOVED_TO, 5, "packed-refs"},
                                         {3, IN_DELETE, 0, "main"},
                                         {3, IN_DELETE | IN_ISDIR, 0, "feature"},
                                         {4, IN_DELETE_SELF, 0, ""},
                                         {4, IN_IGNORED, 0, ""}};
  const std::vector<char> buffer = encode(packed);
  CHECK(parse_inotify(buffer).events == packed);
}

TEST_CASE("an overflow is told and the events around it are kept") {
  std::vector<char> buffer = encode(push_to_main());
  append(buffer, -1, IN_Q_OVERFLOW, 0, "");
  append(buffer, 2, IN_DELETE, 0, "main");
  const InotifyBatch batch = parse_inotify(buffer);
  CHECK(batch.events.size() == 5);
  CHECK(batch.lost);
}

TEST_CASE("a name as long as a file name can be is read") {
  std::vector<char> buffer;
  append(buffer, 1, IN_MOVED_TO, 0, std::string(255, 'x'));
  CHECK(parse_inotify(buffer).events.at(0).name == std::string(255, 'x'));
}

TEST_CASE("a buffer cut at any byte gives the whole events before the cut") {
  const std::vector<InotifyEvent> events = push_to_main();
  const std::vector<char> buffer = encode(events);
  for (std::size_t length = 0; length <= buffer.size(); ++length) {
    // A copy of exactly this size, so that a read past the end is seen by the address sanitizer.
    const std::vector<char> cut(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length));
    const InotifyBatch batch = parse_inotify(cut);
    REQUIRE(batch.events.size() <= events.size());
    for (std::size_t i = 0; i < batch.events.size(); ++i) CHECK(batch.events[i] == events[i]);
    const bool at_border =
        encode({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(batch.events.size())}).size() ==
        length;
    CHECK(batch.lost == !at_border);
  }
}

TEST_CASE("any bytes are taken without a read past the end") {
  std::mt19937 random(20261120);
  std::uniform_int_distribution<int> byte(-128, 127);
  std::uniform_int_distribution<std::size_t> size(0, 200);
  for (int round = 0; round < 2000; ++round) {
    std::vector<char> buffer(size(random));
    for (char& c : buffer) c = static_cast<char>(byte(random));
    // Small lengths, so that the parser gets past the first header.
    if (buffer.size() >= 16 && round % 2 == 0) {
      const std::uint32_t length = static_cast<std::uint32_t>(round % 32);
      std::memcpy(buffer.data() + 12, &length, sizeof length);
    }
    const InotifyBatch batch = parse_inotify(buffer);
    CHECK(batch.events.size() <= buffer.size() / 16);
  }
}

}  // namespace
}  // namespace hwcsync::watch
