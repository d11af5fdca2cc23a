#include "gitops/nix/network_flags.hpp"

#include <algorithm>

namespace hwcsync::nix {
namespace {

std::string network_name(const OciService& service, const std::string& key) {
  const auto& networks = service.stack().project.networks;
  const auto found = networks.find(key);
  return found == networks.end() ? key : found->second.name;
}

class Attachment {
 public:
  Attachment(const OciService& service, std::string name) : service_(service), text_(std::move(name)) {}

  // podman splits the list at commas.
  void add(const std::string& key, const std::string& value) {
    if (value.empty()) return;
    if (value.find(',') != std::string::npos) {
      refuse(service_.model().where,
             "podman cannot take '" + value + "' as " + key + " of a network: it has a comma");
    }
    text_ += (options_++ == 0 ? ":" : ",") + key + "=" + value;
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool plain() const noexcept { return options_ == 0; }

 private:
  const OciService& service_;
  std::string text_;
  std::size_t options_ = 0;
};

}  // namespace

NetworkFlags network_flags(const OciService& service) {
  std::vector<Attachment> all;
  const auto& networks = service.model().networks;
  for (const auto& attachment : networks) {
    Attachment one(service, network_name(service, attachment.key));
    std::vector<std::string> aliases;
    const auto alias = [&](const std::string& name) {
      // podman's name server knows the container's own name anyway.
      const bool known =
          name == service.container() || std::find(aliases.begin(), aliases.end(), name) != aliases.end();
      if (!known) aliases.push_back(name);
    };
    alias(service.model().name);
    for (const auto& name : attachment.aliases) alias(name);
    for (const auto& name : aliases) one.add("alias", name);
    one.add("ip", attachment.ipv4_address);
    one.add("ip6", attachment.ipv6_address);
    const bool first = all.empty();
    one.add("mac",
            attachment.mac_address.empty() && first ? service.model().mac_address : attachment.mac_address);
    one.add("interface_name", attachment.interface_name);
    for (const auto& [key, value] : attachment.driver_opts) one.add(key, value);
    all.push_back(std::move(one));
  }
  NetworkFlags out;
  const bool plain = std::all_of(all.begin(), all.end(), [](const Attachment& one) { return one.plain(); });
  for (const auto& one : all) {
    if (plain) {
      out.plain.push_back(one.text());
    } else {
      out.flags.push_back("--network=" + one.text());
    }
  }
  return out;
}

}  // namespace hwcsync::nix
