// Which addresses and URLs downloads may reach: global unicast only, so that nobody makes this server read what lies
// in its own network, plus the networks an operator allows (DOWNLOAD_ALLOW_NETWORKS). Judged on the address that is
// being connected to, so names and redirects make no difference. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/http_url.h"
#include "base/ip_address.h"

namespace lightfast::ingest {

// IPv4 within IPv4-mapped and NAT64 (64:ff9b::/96) addresses is judged as IPv4.
bool is_public(const IpAddress& address);

// Whether others can be expected to reach this host: a public address, or a name that is not one of a local network.
// No name is resolved.
bool may_be_public(const HttpUrl& url);

class AddressGuard {
 public:
  explicit AddressGuard(std::vector<IpNetwork> allowed = {}) : allowed_(std::move(allowed)) {}

  bool allows(const IpAddress& address) const;
  bool allows(const sockaddr& address) const;                 // anything but IPv4 and IPv6 is refused
  bool is_explicitly_allowed(const sockaddr& address) const;  // by the operator's list

 private:
  bool is_listed(const IpAddress& address) const;
  std::vector<IpNetwork> allowed_;
};

}  // namespace lightfast::ingest
