#include "gitops/compose/ports.hpp"

#include "gitops/compose/fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace hwcsync::compose {
namespace {

std::optional<int> port_number(std::string_view text) {
  int out = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || code != std::errc() || stop != text.data() + text.size() || out < 1 || out > 65535) {
    return std::nullopt;
  }
  return out;
}

// In any case, as Docker takes it; an empty one is none.
void settle_protocol(Port& port) {
  std::transform(port.protocol.begin(), port.protocol.end(), port.protocol.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (port.protocol.empty()) port.protocol = "tcp";
}

// What is wrong with a port whose fields are filled, if anything.
std::optional<std::string> fault(const Port& port) {
  const auto target = port_range(port.target);
  if (!target) return "'" + port.target + "' is no port or range of ports (1 to 65535)";
  if (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp") {
    return "'" + port.protocol + "' is no protocol; expected tcp, udp or sctp";
  }
  if (!port.host_ip.empty() && !is_address(port.host_ip))
    return "'" + port.host_ip + "', which is no IP address, cannot be published on";
  if (port.published.empty()) return std::nullopt;
  const auto published = port_range(port.published);
  if (!published) return "'" + port.published + "' is no port or range of ports (1 to 65535)";
  if (published->last - published->first != target->last - target->first) {
    return "the range " + port.published + " is published for " + port.target +
           "; podman needs two ranges of the same length";
  }
  return std::nullopt;
}

// [IP:](port|range:)port|range[/protocol]; an IPv6 address with or without brackets.
Port parse_short(std::string_view text) {
  Port out;
  if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
    out.protocol = std::string(text.substr(slash + 1));
    settle_protocol(out);
    text = text.substr(0, slash);
  }
  const auto target = text.rfind(':');
  if (target == std::string_view::npos) {
    out.target = std::string(text);
    return out;
  }
  out.target = std::string(text.substr(target + 1));
  text = text.substr(0, target);
  const auto published = text.rfind(':');
  if (published == std::string_view::npos) {
    // "127.0.0.1:80" is an address without a published port, "8080:80" is not.
    if (text.find('.') != std::string_view::npos) {
      out.host_ip = std::string(text);
    } else {
      out.published = std::string(text);
    }
    return out;
  }
  out.published = std::string(text.substr(published + 1));
  out.host_ip = std::string(text.substr(0, published));
  if (out.host_ip.size() > 2 && out.host_ip.front() == '[' && out.host_ip.back() == ']') {
    out.host_ip = out.host_ip.substr(1, out.host_ip.size() - 2);
  }
  return out;
}

constexpr std::array kPort{
    Field<Port>{"target", read_text<&Port::target>},
    Field<Port>{"published", read_text<&Port::published>},
    Field<Port>{"host_ip", read_text<&Port::host_ip>},
    Field<Port>{"protocol", read_text<&Port::protocol>},
};

Port read_long(Reading& reading, const Yaml& value, const std::string& path) {
  Port out;
  read_fields<Port>(reading, value, "port", path, kPort, out);
  settle_protocol(out);
  return out;
}

}  // namespace

std::optional<PortRange> port_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = port_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port_number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

void read_ports(Reading& reading, const Yaml& value, const std::string& path, Draft& draft) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    const std::string here = path + '[' + std::to_string(i) + ']';
    const std::size_t before = reading.problems.list().size();
    Port port = item.is_mapping() ? read_long(reading, item, here) : parse_short(reading.plain(item, here));
    if (reading.problems.list().size() != before) continue;
    if (const auto wrong = fault(port)) {
      reading.problems.add(item, *wrong);
      continue;
    }
    auto& ports = draft.service.ports;
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(std::move(port));
  }
}

}  // namespace hwcsync::compose
