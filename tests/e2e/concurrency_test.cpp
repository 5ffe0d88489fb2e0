// Many callers at once.
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

constexpr std::uint32_t callers = 8;
constexpr std::uint32_t images_each = 25;

// The paths of a caller's images by the number of their picture; an answer other than 201 ends it.
std::map<std::uint32_t, std::string> upload_many(HttpClient client, std::uint32_t caller) {
  std::map<std::uint32_t, std::string> paths;
  for (std::uint32_t i = 0; i < images_each; ++i) {
    const std::uint32_t picture = caller * 1000 + i;
    const HttpResponse response = client.send(upload_request(png(picture), "user" + std::to_string(caller % 3)));
    if (response.status != 201) return paths;
    const std::string url(response.json().at("url").as_string());
    paths[picture] = url.substr(url.find("/v1/"));
  }
  return paths;
}

std::size_t count_readable(HttpClient client, const std::map<std::uint32_t, std::string>& paths) {
  std::size_t readable = 0;
  for (const auto& [picture, path] : paths) {
    const HttpResponse response = client.get(path);
    if (response.status == 200 && response.body == png(picture)) ++readable;
  }
  return readable;
}

TEST_CASE("8 callers upload 25 images each at once, and every one is readable by all at once") {
  RunningServer server;
  std::vector<std::map<std::uint32_t, std::string>> paths(callers);
  std::vector<std::thread> threads;
  for (std::uint32_t caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller] { paths[caller] = upload_many(server.new_client(), caller); });
  }
  for (std::thread& thread : threads) thread.join();
  threads.clear();

  std::vector<std::size_t> readable(callers);
  for (std::uint32_t caller = 0; caller < callers; ++caller) {
    threads.emplace_back(
        [&, caller] { readable[caller] = count_readable(server.new_client(), paths[(caller + 1) % callers]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::size_t count : readable) CHECK(count == images_each);
  CHECK(server.image_files().size() == callers * images_each);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("an image is readable the moment its upload is answered, from any connection") {
  RunningServer server;
  HttpClient other = server.new_client();
  for (std::uint32_t i = 0; i < 50; ++i) {
    const std::string path = server.path_of(server.uploaded(png(i)));
    CHECK(other.get(path).body == png(i));
  }
}

TEST_CASE("removals and reads at once never give wrong bytes") {
  RunningServer server;
  std::vector<std::pair<std::string, std::string>> images;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const boost::json::object image = server.uploaded(png(i));
    images.emplace_back(server.path_of(image), "/v1/images/alice/" + text(image, "id"));
  }
  std::vector<int> wrong(4);
  std::vector<std::thread> readers;
  for (int& count : wrong) {
    readers.emplace_back([&count, &server, &images] {
      HttpClient client = server.new_client();
      for (std::uint32_t round = 0; round < 5; ++round) {
        for (std::uint32_t i = 0; i < images.size(); ++i) {
          const HttpResponse response = client.get(images[i].first);
          const bool right = response.status == 404 || (response.status == 200 && response.body == png(i));
          if (!right) ++count;
        }
      }
    });
  }
  for (const auto& [path, api_path] : images) CHECK(server.api("DELETE", api_path).status == 204);
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == std::vector<int>(4));
  for (const auto& [path, api_path] : images) CHECK(server.get(path).status == 404);
}

}  // namespace
}  // namespace lightfast::test
