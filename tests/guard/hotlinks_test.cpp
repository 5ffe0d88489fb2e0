#include "server/guard/hotlinks.h"

#include <catch2/catch.hpp>

namespace lightfast::test {
namespace {

using guard::Hotlinks;

const Hotlinks hotlinks({"example.com", "*.example.org", "localhost", "[::1]"},
                        {"https://img.example.net:8443/base", "https://cdn.example.net", ""});

TEST_CASE("without a list everybody may") {
  CHECK_FALSE(Hotlinks().are_limited());
  CHECK(Hotlinks().allow("https://evil.net", "https://evil.net/"));
  const Hotlinks own_only({}, {"https://img.example.net"});
  CHECK(own_only.allow("", "https://evil.net/"));
}

TEST_CASE("who names no page may") {
  CHECK(hotlinks.allow("", ""));
  CHECK(hotlinks.allow("null", ""));
}

TEST_CASE("pages of listed hosts and our own may, whatever their scheme and port") {
  for (const char* referer :
       {"https://example.com/", "https://example.com", "http://EXAMPLE.com:8080/a/b?c=https://evil.net#d",
        "https://example.com?q", "https://www.example.org/", "https://a.b.example.org/", "http://localhost:3000/",
        "http://[::1]:3000/", "https://img.example.net/", "https://cdn.example.net/x"}) {
    INFO(referer);
    CHECK(hotlinks.allow("", referer));
    CHECK(hotlinks.allow("null", referer));
    CHECK(hotlinks.allow("https://example.com", referer));
    CHECK_FALSE(hotlinks.allow("https://evil.net", referer));
  }
}

TEST_CASE("pages of others may not, nor what hides whose page it is") {
  for (const char* referer : {"https://evil.net/",
                              "https://www.example.com/",
                              "https://example.org/",
                              "https://notexample.org/",
                              "https://.example.org/",
                              "https://example.com.evil.net/",
                              "https://evil.net/example.com",
                              "https://evil.net/?https://example.com/",
                              "https://evil.net#example.com",
                              "https://example.com@evil.net/",
                              "https://example.com\\@evil.net/",
                              "https://example.com:80@evil.net/",
                              "ftp://example.com/",
                              "example.com",
                              "//example.com/",
                              "https://",
                              "https:///example.com",
                              "https:example.com",
                              "about:blank",
                              "-",
                              "null",
                              "https://example.com, https://evil.net",
                              "https://example.com/, https://evil.net/",
                              "android-app://example.com",
                              "https://[::2]/"}) {
    INFO(referer);
    CHECK_FALSE(hotlinks.allow("", referer));
    CHECK_FALSE(hotlinks.allow("https://example.com", referer));
  }
}

TEST_CASE("a host is a name or what is below one and no URL") {
  for (const char* host : {"example.com", "*.example.com", "localhost", "192.0.2.1", "[2001:db8::1]", "a_b.example"}) {
    INFO(host);
    CHECK(Hotlinks::is_host(host));
  }
  for (const char* wrong : {"", "*", "*.", "*example.com", "a.*.com", "https://example.com", "example.com/", "a b",
                            "example.com:443", ".example.com", "example.com.", "Example.com", "m\xc3\xbcller.de"}) {
    INFO(wrong);
    CHECK_FALSE(Hotlinks::is_host(wrong));
  }
}

}  // namespace
}  // namespace lightfast::test
