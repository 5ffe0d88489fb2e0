#include "base/encoding.h"

#include <catch2/catch.hpp>

#include "base/id.h"

using namespace lightfast;

TEST_CASE("Hex is written in lower case and read in either") {
  CHECK(to_hex(std::string("\x00\x9f\xff", 3)) == "009fff");
  CHECK(from_hex("009FfF") == std::string("\x00\x9f\xff", 3));
  CHECK(from_hex("") == "");
}

TEST_CASE("Odd or strange hex is refused") {
  const std::string text = GENERATE("0", "abc", "0g", "0x00", " 00", "00 ", "-1");
  CAPTURE(text);
  CHECK_FALSE(from_hex(text));
}

TEST_CASE("Base64 is as RFC 4648 section 10 shows it") {
  const auto [bytes, text] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                       {"f", "Zg=="},
                                                                       {"fo", "Zm8="},
                                                                       {"foo", "Zm9v"},
                                                                       {"foob", "Zm9vYg=="},
                                                                       {"fooba", "Zm9vYmE="},
                                                                       {"foobar", "Zm9vYmFy"}}));
  CHECK(to_base64(bytes) == text);
  CHECK(to_base64url(bytes) == text.substr(0, text.find('=')));
  CHECK(from_base64(text) == bytes);
  CHECK(from_base64(to_base64url(bytes)) == bytes);
}

TEST_CASE("The two alphabets differ in two digits, and both are read") {
  CHECK(to_base64("\xfb\xff") == "+/8=");
  CHECK(to_base64url("\xfb\xff") == "-_8");
  CHECK(from_base64("+/8=") == "\xfb\xff");
  CHECK(from_base64("-_8") == "\xfb\xff");
}

TEST_CASE("Every length comes back from hex, base64 and percent as it was") {
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string bytes = random_bytes(length);
    CHECK(from_hex(to_hex(bytes)) == bytes);
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_base64(to_base64url(bytes)) == bytes);
    for (char& byte : bytes) byte = byte == '\0' ? 'x' : byte;  // NUL is not for URLs
    CHECK(percent_decode(percent_encode(bytes)) == bytes);
  }
}

TEST_CASE("White space in base64 is skipped, wherever it stands") {
  CHECK(from_base64(" Zm9v\r\nYm\tFy\n") == "foobar");
  CHECK(from_base64("Zg\n=\n=\n") == "f");
}

TEST_CASE("Base64 that no encoder makes is refused") {
  const std::string text = GENERATE("Z", "Zm9vY", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=",
                                    "==", "Zg==Zg==", "Z=g=", "Zm9*", "Zm9v,", "Zm\x80v");
  CAPTURE(text);
  CHECK_FALSE(from_base64(text));
}

TEST_CASE("Percent-encoding leaves RFC 3986 unreserved characters alone and encodes all else") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("auth0|abc") == "auth0%7Cabc");
  CHECK(percent_encode("a/b c+d%ü") == "a%2Fb%20c%2Bd%25%C3%BC");
}

TEST_CASE("Percent-decoding decodes once, and a plus stays a plus") {
  CHECK(percent_decode("a%2Fb+c%7c") == "a/b+c|");
  CHECK(percent_decode("%2525") == "%25");
}

TEST_CASE("A broken escape and an encoded NUL are refused") {
  const std::string text = GENERATE("%", "%2", "a%", "%zz", "%2g", "%g2", "%00", "a%00b", "%-1", "%u002e");
  CAPTURE(text);
  CHECK_FALSE(percent_decode(text));
}

TEST_CASE("Well-formed UTF-8 is told from the rest") {
  const std::string good = GENERATE("", "plain", "ü", "€", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80");
  CAPTURE(good);
  CHECK(is_utf8(good));
  const std::string bad =
      GENERATE("\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
               "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "a\xC3(", "\xE2(\xA1");
  CAPTURE(bad);
  CHECK_FALSE(is_utf8(bad));
  CHECK_FALSE(is_utf8(good + bad));
}

TEST_CASE("The length of a text's first character is known, and of no character is 0") {
  CHECK(utf8_sequence_length("aü") == 1);
  CHECK(utf8_sequence_length("üa") == 2);
  CHECK(utf8_sequence_length("€") == 3);
  CHECK(utf8_sequence_length("😀") == 4);
  CHECK(utf8_sequence_length("") == 0);
  CHECK(utf8_sequence_length("\xC3") == 0);
}

TEST_CASE("a text is cut between characters") {
  CHECK(cut_utf8("aü€", 99) == "aü€");
  CHECK(cut_utf8("aü€", 6) == "aü€");
  CHECK(cut_utf8("aü€", 5) == "aü");
  CHECK(cut_utf8("aü€", 2) == "a");
  CHECK(cut_utf8("ü", 1).empty());
}
