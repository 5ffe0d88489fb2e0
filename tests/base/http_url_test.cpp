#include "base/http_url.h"

#include <catch2/catch.hpp>

namespace lightfast {
namespace {

std::string read_back(std::string_view text) {
  const auto url = parse_http_url(text);
  return url ? url->origin() + " " + url->target : std::string(to_string(url.error().code));
}

TEST_CASE("a URL is taken apart without changing a byte of path and query") {
  const std::pair<const char*, const char*> table[] = {
      {"http://example.com", "http://example.com /"},
      {"https://Example.COM:443/A/b", "https://example.com /A/b"},
      {"HTTPS://example.com:8443?x=1", "https://example.com:8443 /?x=1"},
      {"http://example.com:/x", "http://example.com /x"},
      {"http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080 /x"},
      {"https://h/a/../b/./c//d", "https://h /a/../b/./c//d"},
      {"https://h/%7Ea%2fb%2F?sig=a%2Bb/c+d%3D&se=2026-01-01T00%3A00%3A00Z",
       "https://h /%7Ea%2fb%2F?sig=a%2Bb/c+d%3D&se=2026-01-01T00%3A00%3A00Z"},
      {"https://h/x?a={b}|^`\"<>'[]&&==", "https://h /x?a={b}|^`\"<>'[]&&=="},
      {"https://h/\xC3\xA4?\xFF", "https://h /\xC3\xA4?\xFF"},
      {"https://h/x#fragment?y", "https://h /x"},
      {"https://h#f", "https://h /"},
      {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example /"},
      {"https://h/x@y:z//w", "https://h /x@y:z//w"},
  };
  for (const auto& [text, expected] : table) {
    INFO(text);
    CHECK(read_back(text) == expected);
  }
}

TEST_CASE("what is no http URL, or could be read in two ways, is refused") {
  const std::pair<std::string, const char*> table[] = {
      {"", "invalid_request"},
      {"example.com/x", "invalid_request"},
      {"/x", "invalid_request"},
      {"//example.com/x", "invalid_request"},
      {"http://", "invalid_request"},
      {"http:///x", "invalid_request"},
      {"http://:80/", "invalid_request"},
      {"http://h:0/", "invalid_request"},
      {"http://h:65536/", "invalid_request"},
      {"http://h:80x/", "invalid_request"},
      {"http://h:-1/", "invalid_request"},
      {"http://h/" + std::string(max_url_bytes, 'a'), "invalid_request"},
      {"http:example.com", "download_forbidden"},
      {"http:/example.com", "download_forbidden"},
      {"ftp://h/", "download_forbidden"},
      {"file:///etc/passwd", "download_forbidden"},
      {"data:image/png;base64,AAAA", "download_forbidden"},
      {"javascript:alert(1)", "download_forbidden"},
      {"http://user@h/", "download_forbidden"},
      {"http://user:pass@h/", "download_forbidden"},
      {"http://a@b@c/", "download_forbidden"},
      {"http://h\\@evil/", "download_forbidden"},
      {"http://h/\\x", "download_forbidden"},
      {"http://h/a b", "download_forbidden"},
      {" http://h/", "invalid_request"},
      {"http://h/\r\nHost: x", "download_forbidden"},
      {"http://h/\t", "download_forbidden"},
      {std::string("http://h/\0x", 11), "download_forbidden"},
      {"http://h/\x7f", "download_forbidden"},
      {"http://\xEF\xBC\x91.1.1.1/", "download_forbidden"},
      {"http://b\xC3\xBC"
       "cher.example/",
       "download_forbidden"},
      {"http://%31.1.1.1/", "download_forbidden"},
      {"http://[::1/", "download_forbidden"},
      {"http://[::1]x/", "download_forbidden"},
      {"http://[fe80::1%25eth0]/", "download_forbidden"},
      {"http://[v1.x]/", "download_forbidden"},
      {"http://a..b/", "download_forbidden"},
      {"http://.a/", "download_forbidden"},
      {"http://a,b/", "download_forbidden"},
      {"http://a;b/", "download_forbidden"},
  };
  for (const auto& [text, expected] : table) {
    INFO(text);
    CHECK(read_back(text) == expected);
  }
}

TEST_CASE("a Location is resolved against the URL that answered with it") {
  const HttpUrl base = *parse_http_url("https://h:8443/a/b/c?q=1");
  const std::pair<const char*, const char*> table[] = {
      {"https://other/x?y", "https://other/x?y"},
      {"//other/x", "https://other/x"},
      {"/x/y?z", "https://h:8443/x/y?z"},
      {"d", "https://h:8443/a/b/d"},
      {"./d/", "https://h:8443/a/b/d/"},
      {"../d?x=../y", "https://h:8443/a/d?x=../y"},
      {"../../../../d", "https://h:8443/d"},
      {"..", "https://h:8443/a/"},
      {"/a/../b", "https://h:8443/b"},
      {"?z=2", "https://h:8443/a/b/c?z=2"},
      {"", "https://h:8443/a/b/c?q=1"},
      {"#f", "https://h:8443/a/b/c?q=1"},
      {"/with space", "https://h:8443/with%20space"},
      {"https://other/a/../%2Fb", "https://other/a/../%2Fb"},
  };
  for (const auto& [location, expected] : table) {
    INFO(location);
    const auto url = resolve_location(base, location);
    REQUIRE(url.has_value());
    CHECK(url->str() == expected);
  }
  CHECK(resolve_location(base, "ftp://h/").error().code == Errc::download_forbidden);
  CHECK(resolve_location(base, "https://a@b/").error().code == Errc::download_forbidden);
}

}  // namespace
}  // namespace lightfast
