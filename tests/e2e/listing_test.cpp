// Lists of a user's images: order, pages, filters.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

boost::json::object list(RunningServer& server, const std::string& query, const std::string& user = "alice") {
  const HttpResponse response = server.api("GET", "/v1/users/" + user + "/images" + query);
  INFO(query << " " << response.body);
  REQUIRE(response.status == 200);
  return response.json().as_object();
}

std::vector<std::string> ids_of(const boost::json::object& page) {
  std::vector<std::string> ids;
  for (const boost::json::value& image : page.at("images").as_array()) ids.push_back(text(image.as_object(), "id"));
  return ids;
}

TEST_CASE("a user without images has an empty list, not an error") {
  RunningServer server;
  const boost::json::object page = list(server, "");
  CHECK(page.at("images").as_array().empty());
  CHECK(page.at("next_cursor").is_null());
}

TEST_CASE("a list holds the user's images, newest first, as they were answered") {
  RunningServer server;
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 5; ++i) {
    expected.insert(expected.begin(), text(server.uploaded(png(i)), "id"));
    server.uploaded(png(i), "bob");
  }
  const boost::json::object page = list(server, "");
  CHECK(ids_of(page) == expected);
  CHECK(page.at("next_cursor").is_null());
  const boost::json::object& newest = page.at("images").as_array().at(0).as_object();
  CHECK(text(newest, "user_id") == "alice");
  CHECK(server.get(server.path_of(newest)).body == png(4));
}

TEST_CASE("pages follow each other without a gap or a double, also while images come in") {
  RunningServer server;
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 11; ++i) expected.insert(expected.begin(), text(server.uploaded(png(i)), "id"));
  std::vector<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const boost::json::object page =
        list(server, "?limit=4" + (cursor.empty() ? "" : "&cursor=" + percent_encode(cursor)));
    const auto ids = ids_of(page);
    seen.insert(seen.end(), ids.begin(), ids.end());
    cursor = page.at("next_cursor").is_null() ? "" : text(page, "next_cursor");
    server.uploaded(png(100 + static_cast<std::uint32_t>(pages)));  // newer than all pages still to come
  } while (!cursor.empty() && ++pages < 10);
  CHECK(seen == expected);
}

TEST_CASE("the default limit is 50") {
  RunningServer server;
  for (std::uint32_t i = 0; i < 51; ++i) server.uploaded(png(i));
  const boost::json::object page = list(server, "");
  CHECK(ids_of(page).size() == 50);
  CHECK(page.at("next_cursor").is_string());
}

TEST_CASE("removed images are listed only where asked for") {
  RunningServer server;
  const std::string kept = text(server.uploaded(png(1)), "id");
  const std::string removed = text(server.uploaded(png(2)), "id");
  REQUIRE(server.api("DELETE", "/v1/images/alice/" + removed).status == 204);
  CHECK(ids_of(list(server, "")) == std::vector<std::string>{kept});
  CHECK(ids_of(list(server, "?deleted=false")) == std::vector<std::string>{kept});
  const boost::json::object trash = list(server, "?deleted=true");
  CHECK(ids_of(trash) == std::vector<std::string>{removed});
  CHECK(is_whole_second_utc(text(trash.at("images").as_array().at(0).as_object(), "deleted_at")));
}

TEST_CASE("q finds words in metadata") {
  RunningServer server;
  const auto store = [&](std::uint32_t image, const std::string& title) {
    const boost::json::object body = {
        {"user_id", "alice"}, {"data", to_base64(png(image))}, {"metadata", {{"title", title}}}};
    const HttpResponse response = server.api("POST", "/v1/images/upload", boost::json::serialize(body));
    REQUIRE(response.status == 201);
    return text(response.json().as_object(), "id");
  };
  const std::string lighthouse = store(1, "a lighthouse at dusk");
  const std::string percent = store(2, "100% harbour_x");
  CHECK(ids_of(list(server, "?q=lighthouse")) == std::vector<std::string>{lighthouse});
  CHECK(ids_of(list(server, "?q=100%25")) == std::vector<std::string>{percent});
  CHECK(ids_of(list(server, "?q=harbour_")) == std::vector<std::string>{percent});
  CHECK(ids_of(list(server, "?q=nothing")).empty());
  CHECK(ids_of(list(server, "?q=%27%20OR%201=1--")).empty());
}

TEST_CASE("a collection and a name are found under their slugs and as they were given") {
  RunningServer server;
  server.uploaded(png(1));
  const std::string id =
      text(server.uploaded(png(2), "alice", "&collection=Laktose%20%26%20%C3%9Cbelkeit&name=Hero.png"), "id");
  for (const char* query : {"?collection=Laktose%20%26%20%C3%9Cbelkeit&name=Hero.png", "?collection=laktose-uebelkeit",
                            "?collection=laktose-uebelkeit&name=hero"}) {
    INFO(query);
    CHECK(ids_of(list(server, query)) == std::vector<std::string>{id});
  }
  check_problem(server.api("GET", "/v1/users/alice/images?name=a/b/c"), 400, "invalid_request");
}

TEST_CASE("filters that nothing fits give an empty list") {
  RunningServer server;
  server.uploaded(png(1));
  for (const char* query :
       {"?provider=replicate", "?model=none", "?prediction_id=none", "?collection=none&name=none"}) {
    INFO(query);
    CHECK(ids_of(list(server, query)).empty());
  }
}

TEST_CASE("parameters that cannot be meant are 400, unknown ones ignored") {
  RunningServer server;
  server.uploaded(png(1));
  for (const char* query : {"?limit=0", "?limit=-1", "?limit=abc", "?limit=99999999999999999999", "?cursor=nonsense",
                            "?order=sideways", "?deleted=perhaps"}) {
    INFO(query);
    check_problem(server.api("GET", std::string("/v1/users/alice/images") + query), 400, "invalid_request");
  }
  CHECK(ids_of(list(server, "?colour=blue&order=newest&limit=1")).size() == 1);
}

TEST_CASE("a private image is listed for a caller with a key") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1), "alice", "&visibility=private"), "id");
  CHECK(ids_of(list(server, "")) == std::vector<std::string>{id});
}

}  // namespace
}  // namespace lightfast::test
