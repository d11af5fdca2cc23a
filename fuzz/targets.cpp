#include "fuzz/targets.hpp"

#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/manifest/manifest.hpp"
#include "secrets/manifest/template.hpp"
#include "secrets/sops/pattern.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/sops_file.hpp"
#include "src/base/error.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace hwcsync::fuzz {
namespace {

using namespace secrets;

std::string_view text_of(Bytes input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

void require(bool holds) {
  if (!holds) std::abort();
}

// A header that is taken is written again as it was.
void age_header(Bytes input) {
  const Header header = parse_header(input);
  const std::string written = format_header(header.stanzas);
  require(equal(as_bytes(written), header.authenticated));
}

void age_armor(Bytes input) {
  const auto binary = dearmor(input);
  require(dearmor(as_bytes(armor(binary))) == binary);
}

void openssh_key(Bytes input) {
  static_cast<void>(parse_identities(input, "fuzz"));
}

// What is read can be printed, and what is printed reads back as the same.
template <SopsStore Store>
void sops_store(Bytes input) {
  static_cast<void>(detect_sops_store(text_of(input)));
  try {
    static_cast<void>(list_sops_paths(Store, text_of(input)));
    static_cast<void>(fingerprint_sops(Store, text_of(input)));
  } catch (const Error&) {
    // Seldom with metadata; the plain reader below sees every input.
  }
  const auto documents = read_plain(Store, input);
  const SecureBuffer printed = print_plain(Store, documents);
  if (Store == SopsStore::ini) return;  // it cannot keep every quote, as the library of sops cannot
  const SecureBuffer again = print_plain(Store, read_plain(Store, printed.bytes()));
  require(equal(printed.bytes(), again.bytes()));
}

// The first line is the pattern, the rest is what it is held against.
void pattern(Bytes input) {
  const std::string_view text = text_of(input.first(std::min<std::size_t>(input.size(), 512)));
  const auto end = text.find('\n');
  const Pattern compiled(text.substr(0, end));
  static_cast<void>(compiled.search(as_bytes(end == std::string_view::npos ? "" : text.substr(end))));
}

void manifest(Bytes input) {
  const Manifest read = parse_manifest(text_of(input));
  require(parse_manifest(serialise(read)).files.size() == read.files.size());
}

// What is parsed can be written, and what is written parses to the same.
void text_template(Bytes input) {
  const ParsedTemplate parsed = parse_template(text_of(input), "fuzz");
  if (!parsed.problems.empty()) return;
  std::string written;
  for (const TemplatePart& part : parsed.parts) {
    constexpr std::string_view kOpen = "${secret:";
    for (std::size_t at = 0; at < part.text.size();) {
      const bool open = std::string_view(part.text).substr(at).starts_with(kOpen);
      written += open ? "$" + std::string(kOpen) : std::string(1, part.text[at]);
      at += open ? kOpen.size() : 1;
    }
    if (part.secret.empty()) continue;
    written += std::string(kOpen) + part.secret;
    for (const TemplateFilter filter : part.filters) written += '|' + std::string(to_string(filter));
    written += '}';
  }
  require(written == text_of(input));
  require(parse_template(written, "fuzz").parts == parsed.parts);
}

template <void (*Run)(Bytes)>
void guarded(Bytes input) {
  try {
    Run(input);
  } catch (const Error&) {
    // The expected answer to nearly every input.
  }
}

}  // namespace

std::span<const Target> targets() {
  static constexpr std::array<Target, 10> kTargets{{{"age-header", guarded<age_header>},
                                                    {"armor", guarded<age_armor>},
                                                    {"openssh-key", guarded<openssh_key>},
                                                    {"sops-yaml", guarded<sops_store<SopsStore::yaml>>},
                                                    {"sops-json", guarded<sops_store<SopsStore::json>>},
                                                    {"sops-ini", guarded<sops_store<SopsStore::ini>>},
                                                    {"sops-dotenv", guarded<sops_store<SopsStore::dotenv>>},
                                                    {"pattern", guarded<pattern>},
                                                    {"manifest", guarded<manifest>},
                                                    {"template", guarded<text_template>}}};
  return kTargets;
}

}  // namespace hwcsync::fuzz
