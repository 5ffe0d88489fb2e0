#include "server/images/image_urls.h"

#include <catch2/catch.hpp>

namespace lightfast::test {
namespace {

using images::ImageUrls;

const std::string image = "/v1/images/hosted/auth0%7Cabc/img_01jd0000000000000000000000.png";

TEST_CASE("URLs that were handed out are known by either base and others by none") {
  const ImageUrls urls("https://images.example.org/store", "https://cdn.example.net");
  for (const std::string base : {"https://images.example.org/store", "https://cdn.example.net",
                                 "HTTPS://CDN.example.net:443", "https://images.example.org:443/store"}) {
    INFO(base);
    CHECK(urls.hosted_target(base + image) == image);
    CHECK(urls.hosted_target(base + image + "?w=5&exp=1&sig=x") == image + "?w=5&exp=1&sig=x");
  }
  for (const std::string& url : {"http://cdn.example.net" + image, "https://cdn.example.net.evil.org" + image,
                                 "https://cdn.example.net@evil.org" + image, "https://images.example.org" + image,
                                 "https://cdn.example.net/store" + image, "see https://cdn.example.net" + image,
                                 "https://cdn.example.net" + image + " and more", image,
                                 std::string("https://cdn.example.net/v1/images/ana/x")}) {
    INFO(url);
    CHECK_FALSE(urls.hosted_target(url));
  }
}

TEST_CASE("without a public address no URL is ours and none that needs it is made") {
  const ImageUrls urls("", "");
  CHECK_FALSE(urls.hosted_target("https://images.example.org" + image));
  CHECK_FALSE(urls.hosted_target(image));
  CHECK(urls.own_url("/v1/uploads/x").error().code == Errc::not_configured);
}

TEST_CASE("what this server must answer itself is not at the cache before it") {
  const ImageUrls urls("https://images.example.org", "https://cdn.example.net");
  CHECK(urls.own_url("/v1/uploads/x").value() == "https://images.example.org/v1/uploads/x");
  CHECK(urls.at(image) == "https://cdn.example.net" + image);
}

}  // namespace
}  // namespace lightfast::test
