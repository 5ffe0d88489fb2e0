#include "tests/e2e/generating_server.h"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

Environment with_replicate(Environment environment, const FakeReplicate& replicate) {
  environment.emplace("REPLICATE_API_TOKEN", replicate.token());
  environment.emplace("REPLICATE_BASE_URL", replicate.base_url());
  environment.emplace("DOWNLOAD_ALLOW_NETWORKS", "127.0.0.1/32");
  return environment;
}

}  // namespace

GeneratingServer::GeneratingServer(Environment environment)
    : server(with_replicate(std::move(environment), replicate)) {}

HttpRequest json_request(const std::string& target, const json::value& body, const Headers& headers) {
  HttpRequest request{.method = "POST", .target = target, .headers = headers, .body = json::serialize(body)};
  request.headers.push_back(with_key.front());
  request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

HttpRequest generate_request(const Wanted& wanted, const Headers& headers) {
  return json_request("/v1/images/generate", wanted.body, headers);
}

HttpResponse GeneratingServer::generate(const Wanted& wanted, const Headers& headers) {
  return server.send(generate_request(wanted, headers));
}

json::object GeneratingServer::generated(const Wanted& wanted) {
  const HttpResponse response = generate(wanted);
  INFO(response.body);
  REQUIRE(response.status == 201);
  return response.json().as_object();
}

json::object GeneratingServer::promised(const Wanted& wanted) {
  const HttpResponse response = generate(wanted, {{"Prefer", "respond-async"}});
  INFO(response.body);
  REQUIRE(response.status == 202);
  return response.json().as_object();
}

HttpResponse GeneratingServer::import(const json::value& body, const Headers& headers) {
  return server.send(json_request("/v1/images/import", body, headers));
}

json::array GeneratingServer::images(const std::string& user, std::size_t awaited) {
  json::array images;
  eventually([&] {
    const HttpResponse response = server.api("GET", "/v1/users/" + user + "/images?limit=1000");
    images = response.json().at("images").as_array();
    return images.size() >= awaited;
  });
  return images;
}

void GeneratingServer::next_output(json::value output) {
  replicate.script_next({.output = [output = std::move(output)](std::uint32_t) { return output; }});
}

json::object GeneratingServer::job(const std::string& id) {
  const HttpResponse response = server.api("GET", "/v1/jobs/" + id);
  INFO(response.body);
  REQUIRE(response.status == 200);
  return response.json().as_object();
}

json::object GeneratingServer::ended_job(const std::string& id) {
  json::object last;
  const bool ended = eventually([&] {
    last = job(id);
    return text(last, "status") != "pending";
  });
  INFO(json::serialize(last));
  REQUIRE(ended);
  return last;
}

std::thread send_without_answer(HttpClient client, HttpRequest request) {
  return std::thread([client = std::move(client), request = std::move(request)]() mutable {
    try {
      client.send(request);
    } catch (const TransportError&) {
      return;  // as expected
    }
  });
}

std::string path_of_url(const std::string& url) {
  return url.substr(url.find('/', url.find("://") + 3));
}

json::object first_of(const json::object& object, std::string_view list) {
  const auto* found = object.if_contains(list);
  REQUIRE(found);
  REQUIRE(found->is_array());
  REQUIRE_FALSE(found->as_array().empty());
  return found->as_array().front().as_object();
}

}  // namespace lightfast::test
