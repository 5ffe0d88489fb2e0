// The OpenAPI document against the router and the error codes, and in itself. What the running server answers is held
// to it in tests/e2e.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "server/http/error_response.h"
#include "server/routes/openapi.h"
#include "tests/server/api_under_test.h"
#include "tests/support/json_schemas.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const JsonSchemas& schemas() {
  static const JsonSchemas schemas(json::parse({routes::openapi_json.data(), routes::openapi_json.size()}));
  return schemas;
}

using Operations = std::map<std::string, const json::object*>;  // "GET /healthz"

Operations operations() {
  Operations all;
  for (const auto& [path, item] : schemas().document().at("paths").as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      std::string name(method);
      for (char& letter : name) letter = static_cast<char>(letter - 32);
      all[name + " " + std::string(path)] = &operation.as_object();
    }
  }
  return all;
}

std::set<std::string> names_in_braces(const std::string& path) {
  static const std::regex braces(R"(\{([a-z]+)\})");
  std::set<std::string> names;
  for (std::sregex_iterator it(path.begin(), path.end(), braces), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

// Every object in the document, with where it stands.
void each_object(const json::value& value, const std::string& place,
                 const std::function<void(const json::object&, const std::string&)>& visit) {
  if (const auto* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) each_object((*list)[i], place + "/" + std::to_string(i), visit);
  } else if (const auto* object = value.if_object()) {
    visit(*object, place);
    for (const auto& [name, member] : *object) each_object(member, place + "/" + std::string(name), visit);
  }
}

// As the document has it: of a route that takes any method it tells two, and any rest of a path has a name.
std::set<std::string> names_of(const http::Route& route) {
  const bool takes_rest = route.pattern.ends_with("/*");
  const std::string path = takes_rest ? route.pattern.substr(0, route.pattern.size() - 1) + "{rest}" : route.pattern;
  if (route.method == http::Method::other) return {"GET " + path, "POST " + path};
  return {std::string(http::to_string(route.method)) + " " + path};
}

TEST_CASE("every route is in the OpenAPI document and no other is") {
  const ApiUnderTest api;
  std::set<std::string> there, told;
  for (const auto& route : api.routes()) there.merge(names_of(route));
  for (const auto& [name, operation] : operations()) told.insert(name);
  CHECK(told == there);
}

TEST_CASE("the OpenAPI document says of every route what it takes") {
  const ApiUnderTest api;
  const auto documented = operations();
  for (const auto& route : api.routes()) {
    const std::string name = *names_of(route).begin();
    INFO(name);
    const json::object& operation = *documented.at(name);
    CHECK((route.body_limit > 0) == operation.contains("requestBody"));
    std::set<std::string> in_path;
    if (const auto* parameters = operation.if_contains("parameters")) {
      for (const auto& each : parameters->as_array()) {
        const json::object& parameter = schemas().resolve(each);
        if (parameter.at("in") == "path") in_path.emplace(parameter.at("name").as_string());
        CHECK((parameter.at("in") != "path" || parameter.at("required") == json::value(true)));
      }
    }
    CHECK(in_path == names_in_braces(name));
  }
}

TEST_CASE("every reference in the OpenAPI document leads somewhere and every schema is one") {
  each_object(schemas().document(), "", [](const json::object& object, const std::string& place) {
    if (const auto* reference = object.if_contains("$ref")) {
      INFO(place << ": " << json::serialize(*reference));
      CHECK(schemas().find(reference->as_string()) != nullptr);
    }
    if (const auto* schema = object.if_contains("schema"))
      CHECK(schemas().check_schema(*schema, place + "/schema") == Complaints());
  });
  for (const auto& [name, schema] : schemas().document().at("components").at("schemas").as_object()) {
    CHECK(schemas().check_schema(schema, std::string(name)) == Complaints());
  }
}

TEST_CASE("everything in the OpenAPI document that can be referred to is") {
  std::set<std::string> used, there;
  each_object(schemas().document(), "", [&](const json::object& object, const std::string&) {
    if (const auto* reference = object.if_contains("$ref")) used.emplace(reference->as_string());
  });
  for (const auto& [kind, members] : schemas().document().at("components").as_object()) {
    if (kind == "securitySchemes") continue;
    for (const auto& [name, value] : members.as_object())
      there.insert("#/components/" + std::string(kind) + "/" + std::string(name));
  }
  CHECK(used == there);
}

TEST_CASE("operations have an id of their own and all of their answers say what they are") {
  std::set<std::string> ids;
  for (const auto& [name, operation] : operations()) {
    INFO(name);
    CHECK(ids.emplace(operation->at("operationId").as_string()).second);
    CHECK_FALSE(operation->at("summary").as_string().empty());
    for (const auto& [status, answer] : operation->at("responses").as_object()) {
      INFO(std::string(status));
      const json::object& documented = schemas().resolve(answer);
      CHECK_FALSE(documented.at("description").as_string().empty());
      if (status != "204" && status != "304") CHECK(documented.contains("content"));
    }
    CHECK(operation->at("responses").as_object().contains("default"));
  }
}

TEST_CASE("the OpenAPI document knows every error code and gives it under its own status") {
  std::set<std::string> known;
  for (const auto& code : schemas().find("#/components/schemas/ErrorCode")->at("enum").as_array()) {
    INFO(json::serialize(code));
    CHECK(parse_errc(code.as_string()));
    known.emplace(code.as_string());
  }
  for (int code = 0; !to_string(static_cast<Errc>(code)).empty(); ++code)
    CHECK(known.contains(std::string(to_string(static_cast<Errc>(code)))));

  for (const auto& [name, operation] : operations()) {
    for (const auto& [status, answer] : operation->at("responses").as_object()) {
      const auto* content = schemas().resolve(answer).if_contains("content");
      const auto* problem = content == nullptr ? nullptr : content->as_object().if_contains("application/problem+json");
      const auto* properties =
          problem == nullptr ? nullptr : problem->at("schema").as_object().if_contains("properties");
      if (properties == nullptr || status == "default") continue;
      for (const auto& code : properties->at("code").at("enum").as_array()) {
        INFO(name << " " << std::string(status) << " " << json::serialize(code));
        CHECK(http::status_of(parse_errc(code.as_string()).value()) == std::stoi(std::string(status)));
      }
    }
  }
}

}  // namespace
}  // namespace lightfast::test
