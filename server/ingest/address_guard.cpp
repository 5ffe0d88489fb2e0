#include "server/ingest/address_guard.h"

#include <algorithm>
#include <optional>

namespace lightfast::ingest {
namespace {

struct Block {
  std::uint32_t address;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// The IANA IPv4 special-purpose registry (RFC 6890 and its updates), multicast, and one address that a cloud keeps
// for its own machinery.
constexpr Block special_v4[] = {
    {v4(0, 0, 0, 0), 8},         // this network
    {v4(10, 0, 0, 0), 8},        // private
    {v4(100, 64, 0, 0), 10},     // carrier-grade NAT
    {v4(127, 0, 0, 0), 8},       // loopback
    {v4(168, 63, 129, 16), 32},  // Azure's host
    {v4(169, 254, 0, 0), 16},    // link-local, cloud metadata
    {v4(172, 16, 0, 0), 12},     // private
    {v4(192, 0, 0, 0), 24},      // IETF protocol assignments
    {v4(192, 0, 2, 0), 24},      // documentation
    {v4(192, 31, 196, 0), 24},   // AS112
    {v4(192, 52, 193, 0), 24},   // AMT
    {v4(192, 88, 99, 0), 24},    // 6to4 relays
    {v4(192, 168, 0, 0), 16},    // private
    {v4(192, 175, 48, 0), 24},   // AS112
    {v4(198, 18, 0, 0), 15},     // benchmarking
    {v4(198, 51, 100, 0), 24},   // documentation
    {v4(203, 0, 113, 0), 24},    // documentation
    {v4(224, 0, 0, 0), 4},       // multicast
    {v4(240, 0, 0, 0), 4},       // reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
  return std::none_of(std::begin(special_v4), std::end(special_v4),
                      [address](const Block& block) { return (address ^ block.address) >> (32 - block.bits) == 0; });
}

std::uint16_t group(const IpAddress& address, std::size_t index) {
  return static_cast<std::uint16_t>(address.bytes[2 * index] << 8 | address.bytes[2 * index + 1]);
}

// The well-known NAT64 prefix 64:ff9b::/96 (RFC 6052); the local-use 64:ff9b:1::/48 is not it and stays refused.
bool is_nat64(const IpAddress& address) {
  return group(address, 0) == 0x64 && group(address, 1) == 0xff9b &&
         std::all_of(address.bytes.begin() + 4, address.bytes.begin() + 12, [](auto byte) { return byte == 0; });
}

// 2000::/3 is all the global unicast there is; within it lie ranges that lead elsewhere.
bool is_public_v6(const IpAddress& address) {
  const std::uint16_t first = group(address, 0);
  const std::uint16_t second = group(address, 1);
  if (first < 0x2000 || first > 0x3fff) return false;
  if (first == 0x2001 && second < 0x0200) return false;   // 2001::/23: Teredo, ORCHID, benchmarking
  if (first == 0x2001 && second == 0x0db8) return false;  // documentation
  if (first == 0x2002) return false;                      // 6to4: any IPv4 address in disguise
  if (first == 0x2620 && second == 0x004f && group(address, 2) == 0x8000) return false;  // AS112
  return !(first == 0x3fff && second < 0x1000);                                          // 3fff::/20: documentation
}

// The address that packets end up at.
IpAddress unwrapped(const IpAddress& address) {
  return is_nat64(address) ? IpAddress::v4(address.v4_bits()) : address;
}

}  // namespace

bool is_public(const IpAddress& address) {
  const IpAddress target = unwrapped(address);
  return target.is_v4() ? is_public_v4(target.v4_bits()) : is_public_v6(target);
}

bool may_be_public(const HttpUrl& url) {
  if (const auto address = IpAddress::parse(url.host)) return is_public(*address);
  constexpr std::string_view local[] = {".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test"};
  return url.host.find('.') != std::string::npos &&
         std::none_of(std::begin(local), std::end(local), [&](auto ending) { return url.host.ends_with(ending); });
}

bool AddressGuard::is_listed(const IpAddress& address) const {
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [target = unwrapped(address)](const IpNetwork& network) { return network.contains(target); });
}

bool AddressGuard::allows(const IpAddress& address) const {
  return is_public(address) || is_listed(address);
}

bool AddressGuard::allows(const sockaddr& address) const {
  const auto parsed = IpAddress::from(address);
  return parsed && allows(*parsed);
}

bool AddressGuard::is_explicitly_allowed(const sockaddr& address) const {
  const auto parsed = IpAddress::from(address);
  return parsed && is_listed(*parsed);
}

}  // namespace lightfast::ingest
