#include "gitops/nix/caddy_routes.hpp"

namespace hwcsync::nix {
std::string route_text(const stack::Route& route, const stack::Release& release) {
  std::string out;
  if (route.tls == "internal") out += "tls internal\n";
  if (!route.basic_auth.empty()) {
    out += release.has_basic_auth() ? "basic_auth {\n" : "basicauth {\n";
    // The reader has seen to it that both are words of a Caddyfile and the second a hash.
    for (const auto& [user, hash] : route.basic_auth) out += "  " + user + " " + hash + "\n";
    out += "}\n";
  }
  return out + "reverse_proxy 127.0.0.1:";
}

Value::Set route_config(const layout::Stack& stack, const stack::Release& release) {
  SetBuilder out;
  if (stack.config.routes.empty()) return out.take();
  out.put("services.caddy.enable", true);
  for (const auto& route : stack.config.routes) {
    out.put("services.caddy.virtualHosts", route.domain, "extraConfig",
            route_text(route, release) + std::to_string(route.upstream) + "\n");
  }
  return out.take();
}

}  // namespace hwcsync::nix
