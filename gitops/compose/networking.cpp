#include "gitops/compose/fields.hpp"
#include "gitops/compose/ports.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <arpa/inet.h>

namespace hwcsync::compose {
namespace {

bool is_mac_address(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool mark = i % 3 == 2;
    if (mark ? text[i] != ':' && text[i] != '-'
             : std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

template <auto Member>
void mac(Reading& reading, const Yaml& value, const std::string& path, detail::Owner<Member>& out) {
  out.*Member = reading.plain(value, path);
  if (value.is_scalar() && !is_mac_address(out.*Member))
    reading.problems.add(value, "'" + out.*Member + "' is no MAC address such as 02:42:ac:11:00:02");
}

template <std::string NetworkAttachment::*Member>
void address(Reading& reading, const Yaml& value, const std::string& path, NetworkAttachment& out) {
  out.*Member = reading.plain(value, path);
  if (value.is_scalar() && !is_address(out.*Member))
    reading.problems.add(value, "'" + out.*Member + "' is no IP address");
}

constexpr std::array kAttachment{
    Field<NetworkAttachment>{"aliases", read_list<&NetworkAttachment::aliases>},
    Field<NetworkAttachment>{"ipv4_address", address<&NetworkAttachment::ipv4_address>},
    Field<NetworkAttachment>{"ipv6_address", address<&NetworkAttachment::ipv6_address>},
    Field<NetworkAttachment>{"mac_address", mac<&NetworkAttachment::mac_address>},
    Field<NetworkAttachment>{"interface_name", read_text<&NetworkAttachment::interface_name>},
    Field<NetworkAttachment>{"link_local_ips", read_list<&NetworkAttachment::link_local_ips>},
    Field<NetworkAttachment>{"driver_opts", read_map<&NetworkAttachment::driver_opts>},
    Field<NetworkAttachment>{"priority", read_integer<&NetworkAttachment::priority>},
    Field<NetworkAttachment>{"gw_priority", read_integer<&NetworkAttachment::gw_priority>},
};

// The order in which a container joins its networks (compose-go: NetworksByPriority).
bool joins_before(const NetworkAttachment& a, const NetworkAttachment& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.gw_priority != b.gw_priority) return a.gw_priority > b.gw_priority;
  return a.key < b.key;
}

void read_attachments(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  if (value.is_sequence()) {
    for (const std::string& key : reading.plain_list(value, path)) {
      if (!out.attached_to(key)) out.networks.push_back({.key = key});
    }
  } else if (reading.expect_mapping(value)) {
    for (const Yaml::Entry& entry : value.entries) {
      NetworkAttachment attachment{.key = entry.key};
      if (!entry.value.is_null()) {
        read_fields<NetworkAttachment>(reading, entry.value, "service's network", path + '.' + entry.key,
                                       kAttachment, attachment);
      }
      out.networks.push_back(std::move(attachment));
    }
  }
  std::sort(out.networks.begin(), out.networks.end(), joins_before);
}

void read_expose(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  for (const std::string& text : reading.plain_list(value, path)) {
    const auto slash = text.find('/');
    const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
    if (!port_range(text.substr(0, slash)) ||
        (protocol != "tcp" && protocol != "udp" && protocol != "sctp")) {
      reading.problems.add(value, "'" + text + "' is no port or range of ports, with or without a protocol");
    } else if (std::find(out.expose.begin(), out.expose.end(), text) == out.expose.end()) {
      out.expose.push_back(text);
    }
  }
}

// RFC 1123, and the underscore that container tools take too. A dot at the end says that nothing follows.
bool is_host_name(std::string_view text) {
  if (text.size() > 1 && text.back() == '.') text.remove_suffix(1);
  if (text.size() > 253) return false;
  for (const std::string& label : split(text, '.')) {
    const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
                      std::all_of(label.begin(), label.end(), [](unsigned char c) {
                        return std::isalnum(c) != 0 || c == '-' || c == '_';
                      });
    if (!good) return false;
  }
  return true;
}

template <std::string Service::*Member>
void host_name(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.*Member = reading.plain(value, path);
  if (!(out.*Member).empty() && !is_host_name(out.*Member))
    reading.problems.add(value, "'" + out.*Member + "' is no host name: letters, digits, '-', '_' and dots");
}

void read_dns(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.dns = reading.one_or_many(value, path);
  std::erase(out.dns, "");  // a variable that is not set; podman takes none for a server
  for (const std::string& server : out.dns) {
    // podman's own word for no server at all.
    if (server != "none" && !is_address(server))
      reading.problems.add(value, "'" + server + "' is no IP address of a DNS server");
  }
}

void read_dns_search(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  out.dns_search = reading.one_or_many(value, path);
  std::erase(out.dns_search, "");
  for (const std::string& domain : out.dns_search) {
    if (domain != "." && !is_host_name(domain))
      reading.problems.add(value, "'" + domain + "' is no domain to search in");
  }
}

void read_links(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  for (const std::string& text : reading.plain_list(value, path)) {
    const auto colon = text.find(':');
    Link link{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
    if (link.alias.empty()) link.alias = link.service;
    if (link.service.empty()) reading.problems.add(value, "'" + text + "' names no service");
    out.links.push_back(std::move(link));
  }
}

constexpr std::array kNetwork{
    Field<Service>{"networks", read_attachments},
    Field<Service>{"network_mode", read_text<&Service::network_mode>},
    Field<Service>{"hostname", host_name<&Service::hostname>},
    Field<Service>{"domainname", host_name<&Service::domainname>},
    Field<Service>{"mac_address", mac<&Service::mac_address>},
    Field<Service>{"expose", read_expose},
    Field<Service>{"links", read_links},
    Field<Service>{"dns", read_dns},
    Field<Service>{"dns_opt", read_list<&Service::dns_opt>},
    Field<Service>{"dns_search", read_dns_search},
    Field<Service>{"extra_hosts", [](Reading& reading, const Yaml& value, const std::string& path,
                                     Service& out) { read_hosts(reading, value, path, out.extra_hosts); }},
};

}  // namespace

Fields<Service> network_fields() {
  return kNetwork;
}

bool is_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> out{};
  return ::inet_pton(AF_INET, std::string(text).c_str(), out.data()) == 1 ||
         ::inet_pton(AF_INET6, std::string(text.substr(0, text.find('%'))).c_str(), out.data()) == 1;
}

void read_hosts(Reading& reading, const Yaml& value, const std::string& path, std::vector<std::string>& out) {
  const auto add = [&](const std::string& host, std::string address) {
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    if (!is_host_name(host)) reading.problems.add(value, "'" + host + "' is no host name");
    if (address != "host-gateway" && !is_address(address))
      reading.problems.add(value, "'" + address + "' is no IP address for the host '" + host + "'");
    out.push_back(host + ':' + address);
  };
  if (value.is_mapping()) {
    for (const Yaml::Entry& entry : value.entries) {
      for (const std::string& address : reading.one_or_many(entry.value, path)) add(entry.key, address);
    }
    return;
  }
  for (const std::string& host : reading.plain_list(value, path)) {
    const auto at = host.find_first_of("=:");
    if (at == std::string::npos) {
      reading.problems.add(value, "expected 'host:address', found '" + host + "'");
    } else {
      for (const std::string& address : split(host.substr(at + 1), ',')) add(host.substr(0, at), address);
    }
  }
}

}  // namespace hwcsync::compose
