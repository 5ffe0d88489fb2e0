// IP addresses and networks as plain values: 16 bytes, IPv4 in its IPv4-mapped form (::ffff:a.b.c.d), so that an
// address is the same whichever way it is spelled. Pure functions; no name is ever resolved here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

struct sockaddr;

namespace lightfast {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<IpAddress> parse(std::string_view text);   // "203.0.113.7", "2001:db8::1"; a %zone is ignored
  static std::optional<IpAddress> from(const sockaddr& address);  // AF_INET and AF_INET6
  static IpAddress v4(std::uint32_t host_order);

  bool is_v4() const;
  std::uint32_t v4_bits() const;  // host order; meaningful if is_v4()
  std::string str() const;        // IPv4 in dotted form, IPv6 as RFC 5952 has it
  auto operator<=>(const IpAddress&) const = default;

  // Calls `use` with the address as the system's calls have it (AF_INET for IPv4).
  bool with_sockaddr(const std::function<bool(const sockaddr&)>& use) const;
};

struct IpNetwork {
  IpAddress address;
  unsigned prefix_bits = 128;  // of the 128: an IPv4 /8 is 104

  bool contains(const IpAddress& candidate) const;

  // "10.0.0.0/8", "fd00::/8", or one address. Bits behind the prefix must be zero. Errc::invalid_request.
  static Result<IpNetwork> parse(std::string_view text);
  // Comma-separated, blanks around each ignored; empty text is no network.
  static Result<std::vector<IpNetwork>> parse_list(std::string_view text);
};

}  // namespace lightfast
