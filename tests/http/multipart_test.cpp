#include "server/http/multipart.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace lightfast::http {
namespace {

using Event = MultipartParser::Event;

struct ReadPart {
  std::string name;
  std::optional<std::string> filename;
  std::string content_type;
  std::string content;
};

struct Outcome {
  std::vector<ReadPart> parts;
  std::string error;  // empty: it was read to its closing boundary
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Feeds `body` in pieces of `piece` bytes, and checks that events come in their order.
Outcome read(std::string_view body, std::size_t piece, std::string_view boundary = "B") {
  MultipartParser parser(boundary);
  Outcome outcome;
  bool in_part = false;
  while (true) {
    const auto event = parser.next();
    if (!event) {
      CHECK(event.error().code == Errc::invalid_request);
      outcome.error = event.error().detail;
      CHECK(parser.next().has_error());
      return outcome;
    }
    switch (*event) {
      case Event::need_more:
        if (body.empty()) {
          parser.finish();
          break;
        }
        parser.feed(bytes_of(body.substr(0, piece)));
        body.remove_prefix(std::min(piece, body.size()));
        break;
      case Event::part_begin:
        CHECK_FALSE(in_part);
        in_part = true;
        outcome.parts.push_back({parser.part().name, parser.part().filename, parser.part().content_type, ""});
        break;
      case Event::data:
        CHECK(in_part);
        CHECK_FALSE(parser.data().empty());
        outcome.parts.back().content.append(reinterpret_cast<const char*>(parser.data().data()), parser.data().size());
        break;
      case Event::part_end:
        CHECK(in_part);
        in_part = false;
        break;
      case Event::end:
        CHECK_FALSE(in_part);
        CHECK(parser.next().value() == Event::end);
        return outcome;
    }
  }
}

// However the bytes are cut into pieces, the outcome is one.
Outcome read_in_every_way(std::string_view body, std::string_view boundary = "B") {
  const Outcome whole = read(body, body.size() + 1, boundary);
  for (const std::size_t piece : {1, 2, 3, 5, 7, 16, 61}) {
    INFO("in pieces of " << piece);
    const Outcome cut = read(body, piece, boundary);
    CHECK(cut.error == whole.error);
    REQUIRE(cut.parts.size() == whole.parts.size());
    for (std::size_t i = 0; i < cut.parts.size(); ++i) {
      CHECK(cut.parts[i].name == whole.parts[i].name);
      CHECK(cut.parts[i].filename == whole.parts[i].filename);
      if (whole.error.empty()) CHECK(cut.parts[i].content == whole.parts[i].content);
    }
  }
  return whole;
}

std::string part(const std::string& headers, const std::string& content) {
  return "--B\r\n" + headers + "\r\n\r\n" + content + "\r\n";
}

std::string field(const std::string& content) {
  return part("Content-Disposition: form-data; name=\"f\"", content);
}

TEST_CASE("fields and files come out with their names, types and bytes") {
  const Outcome outcome = read_in_every_way(
      part("Content-Disposition: form-data; name=\"user_id\"", "user123") +
      part("Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png",
           "PNG\r\n\0x") +
      "--B--\r\n");
  CHECK(outcome.error.empty());
  REQUIRE(outcome.parts.size() == 2);
  CHECK(outcome.parts[0].name == "user_id");
  CHECK_FALSE(outcome.parts[0].filename);
  CHECK(outcome.parts[0].content_type.empty());
  CHECK(outcome.parts[0].content == "user123");
  CHECK(outcome.parts[1].name == "file");
  CHECK(outcome.parts[1].filename == "a.png");
  CHECK(outcome.parts[1].content_type == "image/png");
}

TEST_CASE("a part's bytes come out as they are") {
  const std::vector<std::string> contents = {
      "",
      "x",
      "\r",
      "\n",
      "\r\n",
      "\r\n\r\n",
      "\r\n-",
      "\r\n--",
      "\r\n--A",
      "--B",
      "--B--",
      "-",
      "--",
      "\n--B\n",
      "\r--B",
      "\r\r\n--",
      std::string("\0\xff\0\r\n\0", 6),
      "\r\n-\r\n--\r\n--",
      std::string(5000, '\r'),
      std::string(300, '-') + "\r\n" + std::string(300, '-'),
  };
  for (const auto& content : contents) {
    if (content.starts_with("--B")) continue;  // would be a boundary at the start of the part
    const Outcome outcome = read_in_every_way(field(content) + "--B--");
    INFO("content of " << content.size() << " bytes");
    CHECK(outcome.error.empty());
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].content == content);
  }
}

TEST_CASE("bodies that are unusual but valid are read") {
  const std::string one = field("x");
  const std::vector<std::string> bodies = {
      one + "--B--",
      one + "--B--\r\n",
      one + "--B-- ",
      one + "--B--\r\nan epilogue\r\n--B\r\nthat is ignored",
      "a preamble\r\nthat is ignored\r\n" + one + "--B--",
      "\r\n" + one + "--B--",
      "--B \t \r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--B--",
      "--B\r\ncontent-disposition:form-data;name=f\r\n\r\nx\r\n--B--",
      "--B\r\nCONTENT-DISPOSITION:\tForm-Data ;\tNAME = f\r\n\r\nx\r\n--B--",
      "--B\r\nContent-Disposition: form-data; name=f;\r\n\r\nx\r\n--B--",
      "--B\r\nX-Other: y\r\nContent-Disposition: form-data; name=f\r\nContent-Length: 1\r\n\r\nx\r\n--B--",
      "--B\r\nContent-Disposition: form-data; name=f\r\nContent-Transfer-Encoding: BINARY\r\n\r\nx\r\n--B--",
  };
  for (const auto& body : bodies) {
    INFO(body);
    const Outcome outcome = read_in_every_way(body);
    CHECK(outcome.error.empty());
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].name == "f");
    CHECK(outcome.parts[0].content == "x");
  }
}

TEST_CASE("a part may end with its headers") {
  const Outcome outcome = read_in_every_way(
      "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B\r\nContent-Disposition: form-data; "
      "name=b\r\n\r\n\r\n--B--");
  CHECK(outcome.error.empty());
  REQUIRE(outcome.parts.size() == 2);
  CHECK(outcome.parts[0].content.empty());
  CHECK(outcome.parts[1].content.empty());
}

TEST_CASE("a body may have no part at all") {
  const Outcome outcome = read_in_every_way("--B--\r\n");
  CHECK(outcome.error.empty());
  CHECK(outcome.parts.empty());
}

struct NameRow {
  const char* disposition;
  const char* name;
  const char* filename;  // null: none
};

TEST_CASE("names are read as browsers and command-line tools write them") {
  const NameRow rows[] = {
      {"form-data; name=\"file\"; filename=\"a.png\"", "file", "a.png"},
      {"form-data; filename=\"a.png\"; name=\"file\"", "file", "a.png"},
      {"form-data; name=file; filename=a.png", "file", "a.png"},
      {"form-data; name=\"\"; filename=\"\"", "", ""},
      {"form-data; name=\"a;b=c\"; filename=\"d; name=e\"", "a;b=c", "d; name=e"},
      {"form-data; name=\"a\\\"b\"; filename=\"c\\\\d\"", "a\"b", "c\\d"},
      {"form-data; name=\"f\"; filename=\"C:\\dir\\a.png\"", "f", "C:\\dir\\a.png"},
      {"form-data; name=\"f\"; filename=\"a%22b.png\"", "f", "a%22b.png"},
      {"form-data; name=\"f\"; filename=\"na\xc3\xafve.png\"", "f", "na\xc3\xafve.png"},
      {"form-data; name=\"f\"; filename*=UTF-8''na%C3%AFve.png", "f", "na\xc3\xafve.png"},
      {"form-data; name=\"f\"; filename*=utf-8'en'a%20b.png", "f", "a b.png"},
      {"form-data; name=\"f\"; filename=\"a.png\"; filename*=UTF-8''b.png", "f", "a.png"},
      {"form-data; name=\"f\"; size=3", "f", nullptr},
  };
  for (const auto& row : rows) {
    INFO(row.disposition);
    const Outcome outcome =
        read_in_every_way(part("Content-Disposition: " + std::string(row.disposition), "x") + "--B--");
    CHECK(outcome.error.empty());
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].name == row.name);
    REQUIRE(outcome.parts[0].filename.has_value() == (row.filename != nullptr));
    if (row.filename) CHECK(*outcome.parts[0].filename == row.filename);
  }
}

TEST_CASE("broken headers of a part are refused") {
  const std::vector<std::string> headers = {
      "",
      "Content-Type: image/png",
      "Content-Disposition: form-data",
      "Content-Disposition: form-data; filename=\"a.png\"",
      "Content-Disposition: attachment; name=\"f\"",
      "Content-Disposition: ; name=\"f\"",
      "Content-Disposition: form-data; name=\"f",
      "Content-Disposition: form-data; name=\"f\"x",
      "Content-Disposition: form-data; name",
      "Content-Disposition: form-data; =f; name=f",
      "Content-Disposition: form-data; name=a; name=b",
      "Content-Disposition: form-data; name=f; filename=a; filename=b",
      "Content-Disposition: form-data; name=f; filename*=a.png",
      "Content-Disposition: form-data; name=f; filename*=latin1''a.png",
      "Content-Disposition: form-data; name=f; filename*=UTF-8''%ff",
      "Content-Disposition: form-data; name=f; filename*=UTF-8''%zz",
      "Content-Disposition: form-data; name=f\r\nContent-Disposition: form-data; name=g",
      "Content-Disposition: form-data;\r\n name=f",
      "Content-Disposition: form-data; name=f\r\nno colon",
      "Content-Disposition: form-data; name=f\r\n: nameless",
      "Content-Disposition: form-data; name=f\r\nContent-Transfer-Encoding: base64",
      "Content-Disposition: form-data; name=f\r\nContent-Transfer-Encoding: quoted-printable",
      "Content-Disposition: form-data; name=\"a\nb\"",
      "Content-Disposition: form-data; name=\"a\rb\"",
      "Content-Disposition: form-data; name=\"a\x01\"",
      "Content-Disposition: form-data; name=\"a\xff\"",
      std::string("Content-Disposition: form-data; name=\"a\0\"", 40),
  };
  for (const auto& block : headers) {
    INFO(block);
    CHECK_FALSE(read_in_every_way(part(block, "x") + "--B--").error.empty());
  }
  CHECK_FALSE(read_in_every_way("--B\r\n\r\nx\r\n--B--").error.empty());
}

TEST_CASE("a body that ends early or has broken boundaries is refused") {
  const std::vector<std::string> bodies = {
      "",
      "-",
      "--",
      "--B",
      "--B-",
      "--B\r",
      "--B\r\n",
      "no boundary at all",
      "--C--",
      "--Bx\r\n",
      "--B x\r\n",
      "--B\n",
      "--B\r\nContent-Disposition: form-data; name=f\r\n",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--B",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--B-",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--Bx--",
      "--B\r\nContent-Disposition: form-data; name=f\r\n\r\nx\n--B--",
      "--B\nContent-Disposition: form-data; name=f\n\nx\n--B--\n",
      " --B--",
  };
  for (const auto& body : bodies) {
    INFO(body);
    CHECK_FALSE(read_in_every_way(body).error.empty());
  }
}

TEST_CASE("a header block over 8 KB is refused, and one just below it is read") {
  const std::string start = "Content-Disposition: form-data; name=f\r\nX-Long: ";
  const std::size_t room = 8 * 1024 - start.size() - 6;  // the CRLF before the block and the two behind it
  CHECK(read(part(start + std::string(room, 'x'), "") + "--B--", 1000).error.empty());
  CHECK_FALSE(read(part(start + std::string(room + 1, 'x'), "") + "--B--", 1000).error.empty());
  CHECK_FALSE(read("--B\r\n" + std::string(100'000, 'x'), 1000).error.empty());
}

TEST_CASE("a thousand parts are read and one more is refused") {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += field("");
  CHECK(read(body + "--B--", 4096).parts.size() == 1000);
  const Outcome outcome = read(body + field("") + "--B--", 4096);
  CHECK(outcome.parts.size() == 1000);
  CHECK(outcome.error.find("1000 parts") != std::string::npos);
}

TEST_CASE("white space behind a boundary has an end") {
  CHECK_FALSE(read("--B" + std::string(100'000, ' '), 1000).error.empty());
  const std::string rest = "\r\nContent-Disposition: form-data; name=f\r\n\r\n--B--";
  CHECK(read_in_every_way("--B" + std::string(64, ' ') + rest).error.empty());
  CHECK_FALSE(read_in_every_way("--B" + std::string(65, ' ') + rest).error.empty());
}

struct BoundaryRow {
  const char* content_type;
  const char* boundary;  // null: none
};

TEST_CASE("the boundary is taken from the Content-Type") {
  const BoundaryRow rows[] = {
      {"multipart/form-data; boundary=abc", "abc"},
      {"multipart/form-data;boundary=abc", "abc"},
      {"Multipart/Form-Data; Boundary=aBc", "aBc"},
      {"multipart/form-data ; boundary = abc ", "abc"},
      {"multipart/form-data; charset=utf-8; boundary=abc", "abc"},
      {"multipart/form-data; boundary=abc; charset=utf-8", "abc"},
      {"multipart/form-data; boundary=\"a b=c?\"", "a b=c?"},
      {"multipart/form-data; boundary=\"abc\"; charset=utf-8", "abc"},
      {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
      {"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
       "1234567890123456789012345678901234567890123456789012345678901234567890"},
      {"multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
       nullptr},
      {"multipart/form-data; boundary=", nullptr},
      {"multipart/form-data; boundary=\"\"", nullptr},
      {"multipart/form-data; boundary=\"abc", nullptr},
      {"multipart/form-data; boundary=\"abc \"", nullptr},
      {"multipart/form-data; boundary=\"a\r\nb\"", nullptr},
      {"multipart/form-data; boundary=a*b", nullptr},
      {"multipart/form-data; boundary=a; boundary=b", nullptr},
      {"multipart/form-data", nullptr},
      {"multipart/form-data; charset=utf-8", nullptr},
      {"multipart/mixed; boundary=abc", nullptr},
      {"multipart/form-datax; boundary=abc", nullptr},
      {"image/png; boundary=abc", nullptr},
      {"image/png", nullptr},
      {"", nullptr},
  };
  for (const auto& row : rows) {
    INFO(row.content_type);
    const auto boundary = multipart_boundary(row.content_type);
    REQUIRE(boundary.has_value() == (row.boundary != nullptr));
    if (row.boundary) CHECK(*boundary == row.boundary);
  }
}

TEST_CASE("a boundary of any allowed length separates") {
  for (const std::string& boundary : {std::string("x"), std::string(70, 'b'), std::string("----WebKit-- x")}) {
    const std::string body =
        "--" + boundary + "\r\nContent-Disposition: form-data; name=f\r\n\r\na--b\r\n--" + boundary + "--";
    const Outcome outcome = read_in_every_way(body, boundary);
    CHECK(outcome.error.empty());
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].content == "a--b");
  }
}

}  // namespace
}  // namespace lightfast::http
