#include "server/http/client_ip.h"

#include <catch2/catch.hpp>

using namespace lightfast;
using http::TrustedProxies;

namespace {

const TrustedProxies proxies(IpNetwork::parse_list("10.0.0.0/8, 192.0.2.7, fd00::/8").value());

std::string client_of(const std::string& peer, const std::string& real_ip, const std::string& forwarded_for) {
  return proxies.client_of(IpAddress::parse(peer).value(), {real_ip, forwarded_for}).str();
}

}  // namespace

TEST_CASE("nobody but a trusted proxy is believed") {
  CHECK(client_of("203.0.113.9", "198.51.100.1", "198.51.100.2") == "203.0.113.9");
  CHECK(client_of("192.0.2.8", "198.51.100.1", "198.51.100.2") == "192.0.2.8");
  CHECK(client_of("fe80::1", "198.51.100.1", "") == "fe80::1");
  CHECK(TrustedProxies().client_of(IpAddress::parse("127.0.0.1").value(), {"198.51.100.1", "198.51.100.1"}).str() ==
        "127.0.0.1");
}

TEST_CASE("X-Real-IP of a trusted proxy names the client before X-Forwarded-For does") {
  for (const char* peer : {"10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "fd00::5"}) {
    INFO(peer);
    CHECK(client_of(peer, "198.51.100.1", "198.51.100.2, 198.51.100.3") == "198.51.100.1");
  }
  CHECK(client_of("10.0.0.1", "10.0.0.99", "198.51.100.2") == "10.0.0.99");  // someone within the proxies' network
}

TEST_CASE("of X-Forwarded-For the right-most address counts that is no trusted proxy") {
  const auto [chain, client] = GENERATE(table<std::string, std::string>({
      {"198.51.100.2", "198.51.100.2"},
      {"1.1.1.1, 198.51.100.2", "198.51.100.2"},
      {"1.1.1.1,198.51.100.2,10.0.0.3", "198.51.100.2"},
      {"1.1.1.1, 198.51.100.2 ,\t10.0.0.3, fd00::1 , 192.0.2.7", "198.51.100.2"},
      {"10.0.0.4, 10.0.0.3", "10.0.0.4"},
      {", ,198.51.100.2,, ", "198.51.100.2"},
      {"", "10.9.9.9"},
      {" , ,", "10.9.9.9"},
  }));
  INFO(chain);
  CHECK(client_of("10.9.9.9", "", chain) == client);
}

TEST_CASE("what stands left of a thing that is no address is not believed") {
  const auto broken =
      GENERATE("unknown", "_hidden", "1.2.3", "1.2.3.4.5", "999.1.1.1", "1.2.3.4:port", "1.2.3.4:123456", "[1.2.3.4]",
               "[2001:db8::1", "[2001:db8::1]x", "[2001:db8::1]:x", "[]", "2001:db8:::1", "localhost",
               "1.2.3.4 5.6.7.8", "\"1.2.3.4\"", "for=1.2.3.4", "\x1b[31m");
  INFO(broken);
  CHECK(client_of("10.9.9.9", "", broken) == "10.9.9.9");
  CHECK(client_of("10.9.9.9", "", std::string("198.51.100.2, ") + broken) == "10.9.9.9");
  CHECK(client_of("10.9.9.9", "", std::string("198.51.100.2, ") + broken + ", 10.0.0.3") == "10.0.0.3");
  CHECK(client_of("10.9.9.9", "", std::string(broken) + ", 198.51.100.2, 10.0.0.3") == "198.51.100.2");
}

TEST_CASE("an X-Real-IP that is none, or is there twice, is passed over") {
  CHECK(client_of("10.9.9.9", "unknown", "198.51.100.2") == "198.51.100.2");
  CHECK(client_of("10.9.9.9", "1.1.1.1, 8.8.8.8", "198.51.100.2") == "198.51.100.2");
  CHECK(client_of("10.9.9.9", "1.1.1.1, 8.8.8.8", "") == "10.9.9.9");
}

TEST_CASE("an address is read in every form that proxies write") {
  const auto [text, address] = GENERATE(table<std::string, std::string>({
      {"198.51.100.1", "198.51.100.1"},
      {" 198.51.100.1\t", "198.51.100.1"},
      {"198.51.100.1:4711", "198.51.100.1"},
      {"::ffff:198.51.100.1", "198.51.100.1"},
      {"2001:DB8:0::1", "2001:db8::1"},
      {"[2001:db8::1]", "2001:db8::1"},
      {"[2001:db8::1]:4711", "2001:db8::1"},
      {"[::ffff:198.51.100.1]:80", "198.51.100.1"},
  }));
  INFO(text);
  CHECK(client_of("10.9.9.9", text, "") == address);
  CHECK(client_of("10.9.9.9", "", text) == address);
}

TEST_CASE("a chain of thousands is walked to its end") {
  std::string chain = "198.51.100.2";
  for (int i = 0; i < 5000; ++i) chain += ",10.0.0.1";
  CHECK(client_of("10.9.9.9", "", chain) == "198.51.100.2");
}
