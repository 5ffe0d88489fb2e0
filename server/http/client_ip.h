// Who is calling: the one place that decides whose word is believed. A peer in a trusted network is a proxy, and tells
// in X-Real-IP, else in X-Forwarded-For, who called it; headers of anybody else change nothing. Immutable: any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace lightfast::http {

// The values of the two fields as they came, several of one name joined by commas; empty: not given.
struct Forwarding {
  std::string_view real_ip;        // X-Real-IP
  std::string_view forwarded_for;  // X-Forwarded-For
};

class TrustedProxies {
 public:
  TrustedProxies() = default;  // nobody is trusted
  explicit TrustedProxies(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}

  bool trusts(const IpAddress& peer) const;

  // What X-Real-IP names; else the right-most address of X-Forwarded-For that is no trusted proxy itself, or the first
  // one where all are. What stands left of something that is no address was written by nobody knows whom.
  IpAddress client_of(const IpAddress& peer, const Forwarding& forwarding) const;

 private:
  IpAddress end_of_chain(const IpAddress& peer, std::string_view forwarded_for) const;

  std::vector<IpNetwork> networks_;
};

}  // namespace lightfast::http
