#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lightfast {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress out;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), out.bytes.begin());
  for (std::size_t i = 0; i < 4; ++i) out.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string plain(text.substr(0, text.find('%')));
  IpAddress out;
  if (::inet_pton(AF_INET6, plain.c_str(), out.bytes.data()) == 1) return out;
  in_addr v4_address{};
  if (plain.size() == text.size() && ::inet_pton(AF_INET, plain.c_str(), &v4_address) == 1) {
    return v4(ntohl(v4_address.s_addr));
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return v4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &address, sizeof in6);
    IpAddress out;
    std::memcpy(out.bytes.data(), &in6.sin6_addr, out.bytes.size());
    return out;
  }
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

std::uint32_t IpAddress::v4_bits() const {
  return std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 | std::uint32_t{bytes[14]} << 8 | bytes[15];
}

std::string IpAddress::str() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, bytes.data() + 12, text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  }
  return text.data();
}

bool IpAddress::with_sockaddr(const std::function<bool(const sockaddr&)>& use) const {
  sockaddr_storage storage{};
  if (is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(v4_bits());
    std::memcpy(&storage, &in, sizeof in);
  } else {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    std::memcpy(&in6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&storage, &in6, sizeof in6);
  }
  return use(reinterpret_cast<const sockaddr&>(storage));
}

bool IpNetwork::contains(const IpAddress& candidate) const {
  const std::size_t whole = prefix_bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, candidate.bytes.begin())) return false;
  const unsigned rest = prefix_bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
  return (address.bytes[whole] & mask) == (candidate.bytes[whole] & mask);
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto fail = [&](const char* why) {
    return Error{Errc::invalid_request,
                 "'" + std::string(text) + "' is not a network like 10.0.0.0/8 or fd00::/8: " + why};
  };
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = host.find('%') == std::string_view::npos ? IpAddress::parse(host) : std::nullopt;
  if (!address) return fail("no IP address");
  const unsigned family_offset = address->is_v4() && host.find(':') == std::string_view::npos ? 96 : 0;
  IpNetwork out{*address, 128};
  if (slash == std::string_view::npos) return out;
  const std::string_view bits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, problem] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  if (problem != std::errc() || end != bits.data() + bits.size() || prefix > 128 - family_offset) {
    return fail("the prefix must be a number up to 32, or 128 with IPv6");
  }
  out.prefix_bits = prefix + family_offset;
  for (unsigned bit = out.prefix_bits; bit < 128; ++bit) {
    if (out.address.bytes[bit / 8] >> (7 - bit % 8) & 1) return fail("bits behind the prefix are set");
  }
  return out;
}

Result<std::vector<IpNetwork>> IpNetwork::parse_list(std::string_view text) {
  std::vector<IpNetwork> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    auto network = parse(item);
    if (!network) return network.error();
    out.push_back(*network);
  }
  return out;
}

}  // namespace lightfast
