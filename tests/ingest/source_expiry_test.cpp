#include "server/ingest/source_expiry.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

namespace lightfast::ingest {
namespace {

std::string stated(const std::string& url) {
  const auto expiry = find_stated_expiry(url);
  return expiry ? to_iso8601(*expiry) : "none";
}

TEST_CASE("a signed URL's own parameters say when it fades") {
  const std::pair<const char*, const char*> table[] = {
      {"https://x.blob.core.windows.net/p/i.png?st=2026-11-28T09%3A00%3A00Z&se=2026-11-28T11%3A00%3A00Z&sp=r&sig=a%2Bb",
       "2026-11-28T11:00:00Z"},
      {"https://x.blob.core.windows.net/i?se=2026-11-28T11:00Z&sig=x", "2026-11-28T11:00:00Z"},
      {"https://x.blob.core.windows.net/i?se=2026-11-28&sig=x", "2026-11-28T00:00:00Z"},
      {"https://x.blob.core.windows.net/i?se=2026-11-28T11:00:00.1234567Z&sig=x", "2026-11-28T11:00:00Z"},
      {"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=x&X-Amz-Date=20261128T100000Z&X-Amz-Expires=3600",
       "2026-11-28T11:00:00Z"},
      {"https://b.s3.amazonaws.com/k?x-amz-date=20261128T100000Z&x-amz-expires=60", "2026-11-28T10:01:00Z"},
      {"https://storage.googleapis.com/k?X-Goog-Date=20261128T100000Z&X-Goog-Expires=7200", "2026-11-28T12:00:00Z"},
      {"https://storage.googleapis.com/k?GoogleAccessId=x&Expires=1795860000&Signature=y", "2026-11-28T10:00:00Z"},
      {"https://d1.cloudfront.net/k?Expires=1795860000&Signature=y&Key-Pair-Id=z", "2026-11-28T10:00:00Z"},
      {"https://cdn.example/k?token=x&expires=1795860000", "2026-11-28T10:00:00Z"},
      {"https://cdn.example/k?exp=1795860000#frag?exp=1", "2026-11-28T10:00:00Z"},
      {"https://cdn.discordapp.com/attachments/1/2/i.png?ex=6b0aa620&is=1&hm=2&", "2026-11-28T10:00:00Z"},
      {"https://h/i?exp=1795870000&X-Amz-Date=20261128T100000Z&X-Amz-Expires=60", "2026-11-28T10:01:00Z"},
  };
  for (const auto& [url, expected] : table) {
    INFO(url);
    CHECK(stated(url) == expected);
  }
}

TEST_CASE("a CloudFront policy is read") {
  std::string policy = to_base64(
      R"({"Statement":[{"Resource":"https://d/*","Condition":{"DateLessThan":{"AWS:EpochTime":1795860000}}}]})");
  for (char& c : policy) c = c == '+' ? '-' : c == '=' ? '_' : c == '/' ? '~' : c;
  CHECK(stated("https://d1.cloudfront.net/k?Policy=" + policy + "&Signature=x&Key-Pair-Id=y") ==
        "2026-11-28T10:00:00Z");
}

TEST_CASE("what only looks like an expiry is none") {
  for (const char* url : {"https://h/i.png",
                          "https://h/i.png?",
                          "https://h/i?se=2026-11-28",
                          "https://h/i?se=x&sig=y",
                          "https://h/i?X-Amz-Expires=3600",
                          "https://h/i?X-Amz-Date=20261128T100000Z",
                          "https://h/i?X-Amz-Date=20261128T100000Z&X-Amz-Expires=-5",
                          "https://h/i?X-Amz-Date=20261128T100000Z&X-Amz-Expires=99999999999",
                          "https://h/i?X-Amz-Date=20269928T100000Z&X-Amz-Expires=5",
                          "https://h/i?expires=never",
                          "https://h/i?expires=12",
                          "https://h/i?e=99999999999999999999",
                          "https://h/i?ex=6b0aa220",
                          "https://h/i?Policy=!!!",
                          "https://h/i?Policy=e30_",
                          "https://h/i?notexpires=1795860000",
                          "https://h/i?se=%zz&sig=1",
                          "",
                          "?",
                          "exp=1795860000"}) {
    INFO(url);
    CHECK(stated(url) == "none");
  }
}

TEST_CASE("where a URL says nothing, its provider's custom counts, but only on the provider's own host") {
  const Timestamp made = *parse_iso8601("2026-11-28T10:00:00Z");
  const auto expiry = [&](const char* url) {
    const auto found = find_expiry(url, made);
    return found ? to_iso8601(*found) : "none";
  };
  CHECK(expiry("https://replicate.delivery/xezq/a/out-0.webp") == "2026-11-28T11:00:00Z");
  CHECK(expiry("https://PBXT.Replicate.Delivery/a/out-0.webp") == "2026-11-28T11:00:00Z");
  CHECK(expiry("https://api.replicate.com/v1/files/x") == "2026-11-28T11:00:00Z");
  CHECK(expiry("https://oaidalleapiprodscus.blob.core.windows.net/private/x.png") == "2026-11-28T11:00:00Z");
  CHECK(expiry("https://v3.fal.media/files/x.png") == "2026-12-05T10:00:00Z");
  CHECK(expiry("https://replicate.delivery/x?exp=1795860060") == "2026-11-28T10:01:00Z");
  CHECK(expiry("https://replicate.delivery/x?exp=1795950000") == "2026-11-28T11:00:00Z");
  CHECK(expiry("https://replicate.delivery.evil.example/x") == "none");
  CHECK(expiry("https://evilreplicate.delivery/x") == "none");
  CHECK(expiry("https://example.com/replicate.delivery") == "none");
}

}  // namespace
}  // namespace lightfast::ingest
