#include "server/ingest/address_guard.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::ingest {
namespace {

bool is_public(const char* text) {
  return ingest::is_public(IpAddress::parse(text).value());
}

TEST_CASE("addresses that are not global unicast are not public") {
  for (const char* text : {
           "0.0.0.0",
           "0.0.0.1",
           "0.255.255.255",  // this network
           "10.0.0.0",
           "10.0.0.1",
           "10.255.255.255",
           "172.16.0.0",
           "172.16.0.1",  // private
           "172.31.255.255",
           "192.168.0.0",
           "192.168.1.1",
           "192.168.255.255",  //
           "100.64.0.0",
           "100.64.0.1",
           "100.100.100.200",
           "100.127.255.255",  // carrier-grade NAT
           "127.0.0.0",
           "127.0.0.1",
           "127.1.2.3",
           "127.255.255.255",  // loopback
           "169.254.0.0",
           "169.254.169.254",
           "169.254.170.2",
           "169.254.255.255",  // link-local, metadata
           "168.63.129.16",    // Azure's host
           "192.0.0.0",
           "192.0.0.192",
           "192.0.0.255",
           "192.0.2.0",
           "192.0.2.255",  // IETF, documentation
           "192.31.196.1",
           "192.52.193.1",
           "192.88.99.1",
           "192.175.48.1",  // AS112, AMT, 6to4
           "198.18.0.0",
           "198.19.255.255",
           "198.51.100.7",
           "203.0.113.255",  // benchmarks, documentation
           "224.0.0.1",
           "239.255.255.255",
           "240.0.0.1",
           "250.1.2.3",
           "255.255.255.255",  // multicast, reserved
           "::",
           "::1",
           "::2",
           "::7f00:1",
           "::127.0.0.1",
           "::a00:1",  // unspecified, v4-compatible
           "::ffff:0.0.0.0",
           "::ffff:127.0.0.1",
           "::ffff:10.0.0.1",
           "::ffff:169.254.169.254",  // v4-mapped
           "::ffff:192.168.0.1",
           "::ffff:7f00:1",
           "::ffff:0:127.0.0.1",
           "::ffff:0:8.8.8.8",  // SIIT
           "64:ff9b::127.0.0.1",
           "64:ff9b::10.0.0.1",
           "64:ff9b::a9fe:a9fe",
           "64:ff9b::0.0.0.0",  // NAT64
           "64:ff9b:1::1",
           "64:ff9b:1::8.8.8.8",
           "64:ff9b:0:0:1::8.8.8.8",
           "64:ff9b:2::8.8.8.8",
           "100::1",
           "100:0:0:1::1",
           "5f00::1",
           "4000::1",
           "1fff::1",
           "1::1",  // discard, SRv6, unassigned
           "2001::1",
           "2001:0:4136:e378:8000:63bf:3fff:fdd2",
           "2001:2::1",
           "2001:10::1",  // Teredo, benchmark, ORCHID
           "2001:20::1",
           "2001:1ff:ffff::1",
           "2001:db8::1",
           "2001:db8:ffff::1",  // documentation
           "2002::1",
           "2002:7f00:1::1",
           "2002:a00:1::",
           "2002:808:808::1",  // 6to4
           "2620:4f:8000::1",
           "3fff::1",
           "3fff:fff::1",  // AS112, documentation
           "fc00::1",
           "fd00::1",
           "fd12:3456:789a::1",
           "fdff::1",
           "fd00:ec2::254",  // unique local, metadata
           "fe80::1",
           "fe80::a9fe:a9fe",
           "febf::1",
           "fec0::1",
           "feff::1",  // link-local, site-local
           "ff00::1",
           "ff02::1",
           "ff0e::1",
           "ffff::1",
           "8000::1",
           "c000::1",  // multicast and beyond
       }) {
    INFO(text);
    CHECK_FALSE(is_public(text));
  }
}

TEST_CASE("global unicast addresses are public, up to the edges of the special ranges") {
  for (const char* text : {
           "1.0.0.0",          "1.1.1.1",         "8.8.8.8",
           "9.255.255.255",    "11.0.0.0",        "100.63.255.255",
           "100.128.0.0",      "126.255.255.255", "128.0.0.0",
           "168.63.129.15",    "168.63.129.17",   "169.253.255.255",
           "169.255.0.0",      "172.15.255.255",  "172.32.0.0",
           "192.0.1.0",        "192.0.3.0",       "192.31.195.255",
           "192.31.197.0",     "192.52.192.255",  "192.52.194.0",
           "192.88.98.255",    "192.88.100.0",    "192.167.255.255",
           "192.169.0.0",      "192.175.47.255",  "192.175.49.0",
           "198.17.255.255",   "198.20.0.0",      "198.51.99.255",
           "198.51.101.0",     "203.0.112.255",   "203.0.114.0",
           "223.255.255.255",  "104.18.0.1",      "::ffff:8.8.8.8",
           "64:ff9b::8.8.8.8", "2000::1",         "2001:200::1",
           "2001:db7:ffff::1", "2001:db9::1",     "2001:4860:4860::8888",
           "2003::1",          "2606:4700::1111", "2620:4f:7fff::1",
           "2620:4f:8001::1",  "2a00:1450::1",    "3ffe::1",
           "3fff:1000::1",
       }) {
    INFO(text);
    CHECK(is_public(text));
  }
}

TEST_CASE("the operator's networks are reachable too, and only they") {
  const AddressGuard guard(IpNetwork::parse_list("127.0.0.0/8, 192.168.7.0/24, fd12::/16").value());
  const auto allows = [&](const char* text) { return guard.allows(IpAddress::parse(text).value()); };
  CHECK(allows("127.0.0.1"));
  CHECK(allows("::ffff:127.0.0.1"));
  CHECK(allows("64:ff9b::127.0.0.1"));
  CHECK(allows("192.168.7.9"));
  CHECK(allows("fd12::1"));
  CHECK(allows("8.8.8.8"));
  CHECK_FALSE(allows("192.168.8.9"));
  CHECK_FALSE(allows("::1"));
  CHECK_FALSE(allows("fd13::1"));
  CHECK_FALSE(allows("10.0.0.1"));
}

TEST_CASE("socket addresses are judged, and unknown families refused") {
  const AddressGuard guard(IpNetwork::parse_list("127.0.0.1").value());
  const auto judge = [&](const char* text) {
    return IpAddress::parse(text)->with_sockaddr([&](const sockaddr& address) { return guard.allows(address); });
  };
  const auto listed = [&](const char* text) {
    return IpAddress::parse(text)->with_sockaddr(
        [&](const sockaddr& address) { return guard.is_explicitly_allowed(address); });
  };
  CHECK(judge("127.0.0.1"));
  CHECK(judge("8.8.8.8"));
  CHECK_FALSE(judge("127.0.0.2"));
  CHECK_FALSE(judge("fe80::1"));
  CHECK(listed("127.0.0.1"));
  CHECK_FALSE(listed("8.8.8.8"));
  sockaddr unix_socket{};
  unix_socket.sa_family = AF_UNIX;
  CHECK_FALSE(guard.allows(unix_socket));
}

TEST_CASE("hosts that nobody outside can reach are told by their form") {
  const auto may_be_public = [](const std::string& url) { return ingest::may_be_public(parse_http_url(url).value()); };
  for (const char* url : {"http://localhost:8080", "http://lightfast:8080", "http://127.0.0.1", "http://192.168.1.5",
                          "http://[::1]:80", "http://nas.local", "http://api.railway.internal", "http://a.localhost"}) {
    INFO(url);
    CHECK_FALSE(may_be_public(url));
  }
  for (const char* url : {"https://images.example.org", "http://8.8.8.8:80", "http://[2606:4700::1]"}) {
    INFO(url);
    CHECK(may_be_public(url));
  }
}

}  // namespace
}  // namespace lightfast::ingest
