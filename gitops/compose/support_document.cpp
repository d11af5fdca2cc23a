#include "gitops/compose/support_document.hpp"

#include "gitops/compose/verdicts.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

std::string cell(const StyleVerdict& verdict) {
  std::string out(to_string(verdict.verdict));
  if (!verdict.words.empty()) out += ": " + std::string(verdict.words);
  std::string escaped;
  for (const char c : out) {
    if (c == '|' || c == '<' || c == '*') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string count(Verdict verdict) {
  std::size_t provider = 0;
  std::size_t containers = 0;
  for (const auto rows : {top_level_keys(), service_keys(), nested_keys()}) {
    for (const KeyRow& row : rows) {
      provider += row.provider.verdict == verdict ? 1 : 0;
      containers += row.containers.verdict == verdict ? 1 : 0;
    }
  }
  return "| " + std::string(to_string(verdict)) + " | " + std::to_string(provider) + " | " +
         std::to_string(containers) + " |\n";
}

}  // namespace

std::string support_document() {
  std::string out =
      "# What becomes of each Compose key\n\n"
      "Written by `hwcsync explain --keys` from the table that the readers use. For one stack, `hwcsync "
      "explain "
      "STACK` says the\nsame of the keys that it has, and where the two styles differ for it.\n\n"
      "*mapped*: it does what the specification says. *approximated*: nearly, and the words say what is "
      "different. *ignored*: it\nhas no effect here, and the words say why. *refused*: an error, and the "
      "words say "
      "what to do instead. Keys `x-...` are\nallowed everywhere and mean nothing, but for `x-hwcsync`.\n\n"
      "| keys | style compose | style oci |\n|---|---|---|\n";
  for (const Verdict verdict : {Verdict::mapped, Verdict::approximated, Verdict::ignored, Verdict::refused})
    out += count(verdict);
  for (const KeyScope& scope : scopes()) {
    out += scope.path.empty() ? "\n## The file\n\n" : "\n## `" + std::string(scope.path) + "`\n\n";
    out += "| key | style compose | style oci |\n|---|---|---|\n";
    for (const std::string& key : keys_of(scope.name)) {
      const KeyRow& row = *find_key(scope.name, key);
      out += "| `" + key + "` | " + cell(row.provider) + " | ";
      out += (row.provider == row.containers ? "the same" : cell(row.containers)) + " |\n";
    }
  }
  return out;
}

OrderedJson support_rows() {
  const auto verdict = [](const StyleVerdict& one) {
    return OrderedJson{{"verdict", std::string(to_string(one.verdict))}, {"words", std::string(one.words)}};
  };
  OrderedJson out = OrderedJson::array();
  for (const KeyScope& scope : scopes()) {
    for (const std::string& key : keys_of(scope.name)) {
      const KeyRow& row = *find_key(scope.name, key);
      out.push_back({{"section", std::string(scope.path)},
                     {"key", key},
                     {"compose", verdict(row.provider)},
                     {"oci", verdict(row.containers)}});
    }
  }
  return out;
}

}  // namespace hwcsync::compose
