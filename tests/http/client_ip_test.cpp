#include "server/http/client_ip.h"

#include <catch2/catch.hpp>

using boost::asio::ip::make_address;
using lightfast::http::client_address;

TEST_CASE("an address is told as its own kind, also over a dual-stack socket") {
  CHECK(client_address(make_address("192.0.2.1")) == "192.0.2.1");
  CHECK(client_address(make_address("::ffff:192.0.2.1")) == "192.0.2.1");
  CHECK(client_address(make_address("2001:db8::1")) == "2001:db8::1");
}
