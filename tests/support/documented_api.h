// Holds answers of the running server to what server/routes/openapi.json says of them: the status, the content type,
// and every member of a JSON body. One thread at a time.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "tests/support/http_client.h"
#include "tests/support/json_schemas.h"

namespace lightfast::test {

class DocumentedApi {
 public:
  static DocumentedApi& instance();  // of this process

  // What of this answer is not as documented. Remembers which documented answers there were.
  Complaints check(const HttpRequest& request, const HttpResponse& response);

  const JsonSchemas& schemas() const { return schemas_; }

  using Answers = std::set<std::pair<std::string, int>>;  // {"GET /v1/images/{user}/{id}", 404}
  Answers documented() const;                             // `default` is none of them
  const Answers& seen() const { return seen_; }

 private:
  DocumentedApi();

  const std::pair<std::string, const boost::json::object*> find_path(const std::string& target) const;
  Complaints check_body(const boost::json::object& documented, const HttpRequest& request,
                        const HttpResponse& response) const;
  Complaints check_request(const boost::json::object& operation, const HttpRequest& request) const;

  JsonSchemas schemas_;
  Answers seen_;
};

}  // namespace lightfast::test
