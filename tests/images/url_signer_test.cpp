#include "server/images/url_signer.h"

#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::test {
namespace {

using images::rounded_expiry;
using images::UrlSigner;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Timestamp start = ManualClock().now();
const Timestamp end = start + hours(1);
const std::string path = "/v1/images/hosted/auth0%7Cabc/img_01jd0000000000000000000000.png";

TEST_CASE("a signed URL verifies until its end and not from then on") {
  const UrlSigner signer({"a signing key"});
  for (const std::string& target : {path, path + "?w=512&format=webp"}) {
    const std::string url = signer.sign(target, end);
    INFO(url);
    CHECK(url.starts_with(target + (target == path ? "?" : "&") +
                          "exp=" + std::to_string(end.time_since_epoch() / seconds(1))));
    CHECK((signer.verify(url, start).value() == end));
    CHECK((signer.verify(url, end - milliseconds(1)).value() == end));
    CHECK(signer.verify(url, end).error().code == Errc::signature_expired);
    CHECK(signer.verify(url, end + hours(10'000)).error().code == Errc::signature_expired);
  }
}

TEST_CASE("the signature is base64url of HMAC-SHA-256 over everything before it") {
  const std::string url = UrlSigner({"a signing key"}).sign(path, end);
  const auto mark = url.find("&sig=");
  REQUIRE(mark != std::string::npos);
  const std::string key = hmac_sha256("a signing key", "lightfast signed url 1");
  CHECK(url.substr(mark + 5) == to_base64url(hmac_sha256(key, url.substr(0, mark))));
}

TEST_CASE("a signature for one purpose is none for another") {
  const UrlSigner reading({"a signing key"}), uploading({"a signing key"}, images::for_uploading);
  CHECK(uploading.verify(reading.sign(path, end), start).error().code == Errc::signature_invalid);
  CHECK(reading.verify(uploading.sign(path, end), start).error().code == Errc::signature_invalid);
  CHECK(uploading.verify(uploading.sign(path, end), start));
}

TEST_CASE("no single bit of a signed URL can be another") {
  const UrlSigner signer({"a signing key", "an older key"});
  int accepted = 0, tried = 0;
  for (const std::string& target : {path, path + "?w=512"}) {
    const std::string url = signer.sign(target, end);
    for (std::size_t i = 0; i < url.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit, ++tried) {
        std::string changed = url;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        const auto verdict = signer.verify(changed, start);
        accepted += verdict || verdict.error().code != Errc::signature_invalid ? 1 : 0;
      }
    }
  }
  CHECK(accepted == 0);
  CHECK(tried > 2'000);
}

TEST_CASE("nothing added or doubled or left out or moved or written otherwise verifies") {
  const UrlSigner signer({"a signing key"});
  const std::string url = signer.sign(path + "?w=512&h=256", end);
  const auto mark = url.find("&sig=");
  const std::string signed_part = url.substr(0, mark), sig = url.substr(mark), exp = url.substr(url.find("&exp="), 15);
  const std::vector<std::string> others = {
      "",
      path,
      sig,
      signed_part,
      signed_part + "&sig=",
      url + "&",
      url + "=",
      url + "&download=1",
      url + "#",
      url + sig,
      url + exp,
      signed_part + exp + sig,
      signed_part + "&x=1" + sig,
      path + "?h=256&w=512" + exp + sig,
      path + "?w=512" + exp + sig,
      path + "?" + sig.substr(1) + "&w=512&h=256" + exp,
      path + "?w=512&h=256&EXP=" + exp.substr(5) + sig,
      path + "?w=512&h=256&exp=0" + exp.substr(5) + sig,
      path + "?w=512&h=256&exp=+" + exp.substr(5) + sig,
      path + "?w=%3512&h=256" + exp + sig,
      "/v1/images/hosted/auth0%7cabc" + url.substr(url.rfind('/')),
      "/v1/images/hosted/auth0|abc" + url.substr(url.rfind('/')),
      "/v1/images/hosted//auth0%7Cabc" + url.substr(url.rfind('/')),
      "/v1/images/hosted/bob" + url.substr(url.rfind('/')),
      "http://localhost" + url,
      " " + url,
      url + " ",
  };
  for (const auto& other : others) {
    INFO(other);
    CHECK(signer.verify(other, start).error().code == Errc::signature_invalid);
  }
}

TEST_CASE("a text that is signed but no URL of ours is not taken for one") {
  const std::string key = hmac_sha256("a signing key", "lightfast signed url 1");
  const auto forged = [&](const std::string& text) { return text + "&sig=" + to_base64url(hmac_sha256(key, text)); };
  const UrlSigner signer({"a signing key"});
  CHECK(signer.verify(forged(path + "?exp=99999999999"), start));
  for (const char* rest : {"", "?", "?w=1", "?exp=", "?exp=-5", "?exp=1e9", "?exp=999999999999", "?xexp=9999999999"}) {
    INFO(rest);
    CHECK(signer.verify(forged(path + rest), start).error().code == Errc::signature_invalid);
  }
}

TEST_CASE("an older key still verifies while it is listed and signs nothing") {
  const UrlSigner before({"old"}), turning({"new", "old"}), after({"new"});
  const std::string old_url = before.sign(path, end), new_url = turning.sign(path, end);
  CHECK(new_url == after.sign(path, end));
  CHECK(turning.verify(old_url, start));
  CHECK(turning.verify(new_url, start));
  CHECK(after.verify(new_url, start));
  CHECK(after.verify(old_url, start).error().code == Errc::signature_invalid);
  CHECK(before.verify(new_url, start).error().code == Errc::signature_invalid);
  CHECK(UrlSigner({}).verify(old_url, start).error().code == Errc::signature_invalid);
}

TEST_CASE("an end is rounded up by at most a quarter of the lifetime and at most a day") {
  for (const std::int64_t lifetime : {1, 2, 3, 4, 59, 60, 600, 3'600, 86'400, 345'600, 31'536'000}) {
    const auto most = std::min<std::int64_t>(std::max<std::int64_t>(lifetime / 4, 1), 86'400);
    for (std::int64_t offset = 0; offset < 100'000'000; offset += 7'654'321) {
      const Timestamp now = start + milliseconds(offset);
      const auto added = rounded_expiry(now, seconds(lifetime)) - (now + seconds(lifetime));
      INFO(lifetime << " s at " << offset << " ms");
      CHECK(added >= milliseconds(0));
      CHECK(added <= seconds(most));
    }
  }
}

TEST_CASE("within one bucket the same lifetime ends at the same time") {
  const Timestamp end_of_first = rounded_expiry(start, hours(1));
  CHECK((rounded_expiry(start + seconds(1), hours(1)) == rounded_expiry(start + seconds(900), hours(1))));
  CHECK((rounded_expiry(start + seconds(901), hours(1)) == end_of_first + seconds(1'800)));
  CHECK((rounded_expiry(start, hours(24 * 30)).time_since_epoch() % hours(24) == milliseconds(0)));
}

}  // namespace
}  // namespace lightfast::test
