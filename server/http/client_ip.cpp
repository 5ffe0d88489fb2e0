#include "server/http/client_ip.h"

#include <algorithm>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711": all are in use.
std::optional<IpAddress> parse_hop(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    const auto port = text.substr(end + 1);
    if (!port.empty() && (port[0] != ':' || !is_port(port.substr(1)))) return std::nullopt;
    const auto host = text.substr(1, end - 1);
    return host.find(':') == host.npos ? std::nullopt : IpAddress::parse(host);
  }
  const auto colon = text.find(':');
  const bool has_port = colon != text.npos && text.find(':', colon + 1) == text.npos;
  if (!has_port) return IpAddress::parse(text);
  return is_port(text.substr(colon + 1)) ? IpAddress::parse(text.substr(0, colon)) : std::nullopt;
}

}  // namespace

bool TrustedProxies::trusts(const IpAddress& peer) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const auto& network) { return network.contains(peer); });
}

IpAddress TrustedProxies::client_of(const IpAddress& peer, const Forwarding& forwarding) const {
  if (!trusts(peer)) return peer;
  const auto named = parse_hop(forwarding.real_ip);
  return named ? *named : end_of_chain(peer, forwarding.forwarded_for);
}

IpAddress TrustedProxies::end_of_chain(const IpAddress& peer, std::string_view forwarded_for) const {
  IpAddress nearest = peer;
  while (!forwarded_for.empty()) {
    const auto comma = forwarded_for.rfind(',');
    const auto hop = forwarded_for.substr(comma == forwarded_for.npos ? 0 : comma + 1);
    forwarded_for = forwarded_for.substr(0, comma == forwarded_for.npos ? 0 : comma);
    if (trim(hop).empty()) continue;  // lists may have empty elements (RFC 9110 section 5.6.1)
    const auto address = parse_hop(hop);
    if (!address) return nearest;
    nearest = *address;
    if (!trusts(nearest)) return nearest;
  }
  return nearest;
}

}  // namespace lightfast::http
