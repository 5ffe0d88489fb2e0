// A multipart/form-data body (RFC 7578) in the making. One thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lightfast::providers {

class Form {
 public:
  void add_field(std::string_view name, std::string_view value);
  // Each member as a field: strings as they are, others as JSON; null is left out.
  void add_fields(const boost::json::object& members);
  // The bytes of a data: URI as a file; `place` ("input.image") is what an error names. Errc::invalid_request.
  Result<void> add_file(std::string_view name, std::string_view data_uri, const std::string& place);

  struct Finished {
    std::string content_type;
    std::string body;
  };
  Finished finish() const;

 private:
  std::vector<std::string> parts_;  // headers, empty line, content
};

}  // namespace lightfast::providers
