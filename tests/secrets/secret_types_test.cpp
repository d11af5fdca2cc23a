// Checked by the compiler: what holds plaintext or a key is not copied, printed, formatted, logged or put
// into JSON, and neither is anything that such a thing is part of.
#include "secrets/vault/generation.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <ostream>
#include <type_traits>

namespace hwcsync::secrets {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept Loggable = requires(const T& value) {
  log(LogLevel::info, "x", {{"key", value}});
};
template <typename T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

template <typename T>
constexpr bool kKeptApart =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && !Printable<T> && !Loggable<T> &&
    !fmt::is_formattable<T>::value && !std::is_constructible_v<Json, const T&> &&
    !std::is_constructible_v<std::string, const T&> && !std::is_constructible_v<std::string_view, const T&> &&
    !std::is_convertible_v<const T&, bool> && !Comparable<T>;

static_assert(kKeptApart<SecureBuffer>);
static_assert(kKeptApart<Wiped<Key32>>);
static_assert(kKeptApart<SopsNode> && kKeptApart<SopsNode::Item> && kKeptApart<DotenvEntry>);
static_assert(kKeptApart<PlainSource> && kKeptApart<StagedFile>);
static_assert(kKeptApart<Identity> && kKeptApart<X25519Identity> && kKeptApart<SshEd25519Identity>);
static_assert(kKeptApart<SshRsaIdentity> && kKeptApart<ProgramIdentity> && kKeptApart<PassphraseIdentity>);

// Each of the questions can be answered the other way.
static_assert(Printable<std::string> && Loggable<std::string> && Comparable<std::string>);
static_assert(fmt::is_formattable<std::string>::value && std::is_constructible_v<Json, const std::string&>);
static_assert(!kKeptApart<std::string> && !kKeptApart<std::vector<std::uint8_t>> && !kKeptApart<FileFact>);

}  // namespace

TEST_CASE("no type that holds a secret can be copied, printed, formatted or logged") {
  SUCCEED("the compiler has checked it");
}

}  // namespace hwcsync::secrets
