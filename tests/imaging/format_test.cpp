#include "server/imaging/format.h"

#include <catch2/catch.hpp>

#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"

namespace lightfast::imaging {
namespace {

TEST_CASE("a format has one content type, which finds it again, and one extension") {
  CHECK(content_type(Format::jpeg) == "image/jpeg");
  CHECK(extension(Format::jpeg) == "jpg");
  for (const auto format : {Format::png, Format::jpeg, Format::webp, Format::gif, Format::avif}) {
    CHECK(format_of_content_type(content_type(format)) == format);
    CHECK_FALSE(extension(format).empty());
  }
}

TEST_CASE("a content type is found in any case and with parameters, and no other is") {
  CHECK(format_of_content_type("IMAGE/PNG") == Format::png);
  CHECK(format_of_content_type("image/webp; charset=binary") == Format::webp);
  CHECK(format_of_content_type("image/gif ;q=1") == Format::gif);
  for (const auto* other : {"", "image/", "image/svg+xml", "image/pngx", "xx/png", "text/html", ";"}) {
    CHECK_FALSE(format_of_content_type(other));
  }
}

TEST_CASE("the first 32 bytes tell an image's format") {
  for (const auto& sample : test::all_samples()) {
    INFO(sample.name);
    const auto bytes = test::bytes_of(sample.bytes);
    CHECK(sniff(bytes.first(std::min<std::size_t>(32, bytes.size()))) == sample.format);
  }
}

TEST_CASE("an AVIF that is called so among the compatible brands only is one, other files of its family are not") {
  const auto file = [](const std::string& brands) { return test::iso_box("ftyp", brands); };
  const std::string minor(4, '\0');
  CHECK(sniff(test::bytes_of(file("mif1" + minor + "mif1avif"))) == Format::avif);
  CHECK(sniff(test::bytes_of(file("msf1" + minor + "avis"))) == Format::avif);
  CHECK_FALSE(sniff(test::bytes_of(file("mif1" + minor + "heic"))));
  CHECK_FALSE(sniff(test::bytes_of(file("isom" + minor + "isommp42"))));
  CHECK_FALSE(sniff(test::bytes_of(file("isom" + std::string("avif")))));  // as a minor version
}

}  // namespace
}  // namespace lightfast::imaging
