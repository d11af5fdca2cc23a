#include "gitops/nix/provider_document.hpp"

#include "gitops/nix/encoders.hpp"

#include <algorithm>
#include <cctype>

namespace hwcsync::nix {
namespace {

// podman's API joins the words of a health check with blanks and, after CMD, splits them at white space again
// (cmd/podman/common, ContainerCreateToContainerCLIOpts): such a word must be shell text to stay whole. Bytes
// beyond ASCII count, as they may be white space to Go.
bool is_torn(const Yaml& word) {
  return word.text.empty() || std::any_of(word.text.begin(), word.text.end(),
                                          [](unsigned char c) { return std::isspace(c) != 0 || c >= 0x80; });
}

// "${NAME}" is filled in by docker-compose, behind our back: no quoting of ours could hold its value. "$$" is
// a dollar sign.
bool has_variable(const Yaml& word) {
  for (std::size_t i = 0; i < word.text.size(); ++i) {
    if (word.text[i] != '$') continue;
    if (i + 1 == word.text.size() || word.text[i + 1] != '$') return true;
    ++i;
  }
  return false;
}

void keep_words(Yaml& test) {
  auto& words = test.items;
  if (words.empty() || words.front().text != "CMD") return;
  if (std::none_of(words.begin() + 1, words.end(), is_torn)) return;
  if (std::any_of(words.begin() + 1, words.end(), has_variable)) return;
  std::string script;
  for (std::size_t i = 1; i < words.size(); ++i)
    script += (script.empty() ? "" : " ") + shell_word(words[i].text);
  words = {Yaml::scalar("CMD-SHELL"), Yaml::scalar(script)};
}

}  // namespace

Yaml provider_document(Yaml canonical) {
  if (Yaml* services = canonical.find("services")) {
    for (auto& service : services->entries) {
      Yaml* check = service.value.find("healthcheck");
      Yaml* test = check == nullptr ? nullptr : check->find("test");
      if (test != nullptr) keep_words(*test);
    }
  }
  return canonical;
}

}  // namespace hwcsync::nix
