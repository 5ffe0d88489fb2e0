#include "storage/blob_path.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

using namespace lightfast;
using namespace lightfast::storage;

namespace {

const std::string image_text = "img_01jd0000000000000000000000";

}  // namespace

TEST_CASE("A blob's key names user, image and extension, and is read back") {
  const UserId user = UserId::parse(GENERATE("user123", "_ab.c@d:e|f+g=h~i-j", "a.b.c")).value();
  const ImageId image = ImageId::parse(image_text).value();
  const BlobKey key = blob_key(user, image, "webp");
  CHECK(key.text == user.str() + "/" + image_text + ".webp");

  const auto name = parse_blob_key(key);
  REQUIRE(name);
  CHECK(name->user == user);
  CHECK(name->image == image);
  CHECK(name->extension == "webp");
}

TEST_CASE("Keys that are not an image's are strangers") {
  const std::string text =
      GENERATE_COPY(std::string(), std::string("user"), "user/" + image_text, "user/" + image_text + ".",
                    "user/" + image_text + ".PNG", "user/" + image_text + ".tar.gz",
                    "user/" + image_text + ".muchtoolong", "/" + image_text + ".png", ".user/" + image_text + ".png",
                    "hosted/" + image_text + ".png", "a/b/" + image_text + ".png", "user/../" + image_text + ".png",
                    std::string("user/img_01JD0000000000000000000000.png"), std::string("user/notes.txt"),
                    "user/" + image_text + ".p/g");
  CAPTURE(text);
  CHECK_FALSE(parse_blob_key({text}));
}

TEST_CASE("Everything but the images lies beside the database") {
  const DataLayout layout = data_layout("/data/images", "/data/lightfast.db", true);
  CHECK(layout.images == "/data/images");
  CHECK(layout.database == "/data/lightfast.db");
  for (const auto& path :
       {layout.temporary, layout.quarantine, layout.lost_and_found, layout.lock, layout.socket, layout.api_key}) {
    CAPTURE(path);
    CHECK(path.parent_path() == "/data");
  }
  CHECK(layout.api_key.filename() == "api-key");
}

TEST_CASE("With the images on a file system of their own, temporaries and what is set aside lie there, hidden") {
  const DataLayout layout = data_layout("/volume/images", "/data/lightfast.db", false);
  CHECK(layout.temporary == "/volume/images/.temporary");
  CHECK(layout.quarantine == "/volume/images/.quarantine");
  CHECK(layout.lost_and_found == "/volume/images/.lost+found");
  CHECK(layout.lock.parent_path() == "/data");
  CHECK(is_own_folder(".temporary"));
  CHECK(is_own_folder(".quarantine"));
  CHECK(is_own_folder(".lost+found"));
  CHECK_FALSE(is_own_folder("user"));
}

TEST_CASE("A name set aside still tells the key") {
  const BlobKey key{GENERATE("user", "a,b", "_ab.c@d:e|f+g=h~i-j") + std::string("/") + image_text + ".png"};
  const bool is_image = parse_blob_key(key).has_value();
  CHECK(former_key(aside_name(key)).has_value() == is_image);
  CHECK(former_key(another_aside_name(key)).has_value() == is_image);
  if (is_image) {
    CHECK(*former_key(aside_name(key)) == key);
    CHECK(*former_key(another_aside_name(key)) == key);
  }
  CHECK(another_aside_name(key) != another_aside_name(key));
}

TEST_CASE("Strangers are set aside under flat names that fit, each its own") {
  const std::string deep = "a/" + std::string(300, 'b');
  for (const BlobKey& key : {BlobKey{"readme.txt"}, BlobKey{"a/b/c.png"}, BlobKey{deep}, BlobKey{deep + "c"}}) {
    const std::string name = aside_name(key);
    CHECK(name.find('/') == std::string::npos);
    CHECK(another_aside_name(key).size() < 255);
    CHECK_FALSE(former_key(name));
  }
  CHECK(aside_name({deep}) != aside_name({deep + "c"}));
}
