#include "base/ip_address.h"

#include <catch2/catch.hpp>

namespace lightfast {
namespace {

TEST_CASE("an address is the same whichever way it is spelled") {
  CHECK(IpAddress::parse("10.1.2.3") == IpAddress::parse("::ffff:10.1.2.3"));
  CHECK(IpAddress::parse("::ffff:a01:203") == IpAddress::v4(0x0a010203));
  CHECK(IpAddress::parse("2001:db8:0::1")->str() == "2001:db8::1");
  CHECK(IpAddress::parse("fe80::1%eth0")->str() == "fe80::1");
  CHECK(IpAddress::v4(0x7f000001).str() == "127.0.0.1");
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x7f.0.0.1", "1", "::g", "1.2.3.4%lo", "[::1]"}) {
    INFO(text);
    CHECK_FALSE(IpAddress::parse(text).has_value());
  }
}

TEST_CASE("an address survives the way through a sockaddr") {
  for (const char* text : {"127.0.0.1", "8.8.8.8", "::1", "2001:db8::8"}) {
    const IpAddress address = *IpAddress::parse(text);
    std::optional<IpAddress> back;
    address.with_sockaddr([&](const sockaddr& in) {
      back = IpAddress::from(in);
      return true;
    });
    CHECK(back == address);
  }
}

TEST_CASE("a network holds the addresses that share its prefix") {
  const auto holds = [](const char* network, const char* address) {
    return IpNetwork::parse(network)->contains(*IpAddress::parse(address));
  };
  CHECK(holds("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(holds("172.16.0.0/12", "172.32.0.0"));
  CHECK(holds("127.0.0.1", "127.0.0.1"));
  CHECK_FALSE(holds("127.0.0.1", "127.0.0.2"));
  CHECK(holds("0.0.0.0/0", "255.1.2.3"));
  CHECK_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  CHECK(holds("fd00::/8", "fdff::1"));
  CHECK_FALSE(holds("fd00::/8", "fe00::1"));
  CHECK(holds("::/0", "1.2.3.4"));
  CHECK(holds("2001:db8::/33", "2001:db8:7fff::"));
  CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
}

TEST_CASE("a list of networks is read, and what is wrong with an item is said") {
  CHECK(IpNetwork::parse_list("")->empty());
  CHECK(IpNetwork::parse_list(" 10.0.0.0/8 , ::1,,127.0.0.0/8 ")->size() == 3);
  for (const char* text :
       {"10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "host", "10.0.0.0/-1", "fe80::1%eth0"}) {
    INFO(text);
    const auto parsed = IpNetwork::parse_list(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().detail.find(text) != std::string::npos);
  }
}

}  // namespace
}  // namespace lightfast
