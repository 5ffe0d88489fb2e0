#include "base/ed25519.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

namespace lightfast {
namespace {

std::string bytes(std::string_view hex) {
  return from_hex(hex).value();
}

// RFC 8032 section 7.1, TEST 3.
const std::string key = bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const std::string message = bytes("af82");
const std::string signature = bytes(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");

TEST_CASE("an Ed25519 signature of the RFC is taken, and nothing that differs from it") {
  CHECK(verify_ed25519(key, message, signature));
  for (const std::string* part : {&key, &message, &signature}) {
    std::string changed = *part;
    changed[0] = static_cast<char>(changed[0] ^ 1);
    CHECK_FALSE(verify_ed25519(part == &key ? changed : key, part == &message ? changed : message,
                               part == &signature ? changed : signature));
  }
}

TEST_CASE("keys and signatures of another length fit nothing") {
  CHECK_FALSE(verify_ed25519("", message, signature));
  CHECK_FALSE(verify_ed25519(key + "x", message, signature));
  CHECK_FALSE(verify_ed25519(key, message, signature.substr(1)));
  CHECK_FALSE(verify_ed25519(key, message, ""));
}

}  // namespace
}  // namespace lightfast
