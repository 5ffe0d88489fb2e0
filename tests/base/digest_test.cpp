#include "base/digest.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace lightfast;

namespace {

const std::string abc_hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("SHA-256 is as FIPS 180-2 shows it") {
  CHECK(sha256("abc").hex() == abc_hash);
  CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("Hashing in pieces is hashing at once") {
  const std::string bytes(100'000, 'x');
  Sha256Stream stream;
  for (std::size_t begin = 0, size = 1; begin < bytes.size(); begin += size, size = size * 3 + 1) {
    stream.update(std::as_bytes(std::span(bytes).subspan(begin, std::min(size, bytes.size() - begin))));
  }
  Sha256Stream moved = std::move(stream);
  CHECK(moved.finish() == sha256(bytes));
}

TEST_CASE("A digest is written in hex and read back, and nothing else is read") {
  CHECK(Sha256Digest::from_hex(abc_hash) == sha256("abc"));
  CHECK_FALSE(Sha256Digest::from_hex(abc_hash.substr(2)));
  CHECK_FALSE(Sha256Digest::from_hex(abc_hash + "00"));
  CHECK_FALSE(Sha256Digest::from_hex(""));
  CHECK_FALSE(Sha256Digest::from_hex("x" + abc_hash.substr(1)));
}

TEST_CASE("HMAC-SHA-256 is as RFC 4231 shows it") {
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(to_hex(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("Texts are equal if every byte is") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("secret", "secret"));
  CHECK_FALSE(equal_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_constant_time("secret", "Secret"));
  CHECK_FALSE(equal_constant_time("secret", "secrets"));
}
