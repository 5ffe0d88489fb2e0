#include "server/jobs/details.h"

#include <boost/json.hpp>

namespace lightfast::jobs {

namespace json = boost::json;

std::string details_json(const std::string& told, const Attempt& attempt) {
  json::object details;
  if (!told.empty() && told.size() <= max_details) {
    boost::system::error_code problem;
    json::value value = json::parse(told, problem);
    if (!problem && value.is_object()) details = std::move(value.as_object());
  }
  if (!attempt.parents.empty()) {
    json::array parents;
    for (const ImageId& parent : attempt.parents) parents.emplace_back(parent.str());
    details["parents"] = std::move(parents);
  }
  if (attempt.parent_version != 0) details["parent_version"] = attempt.parent_version;
  return details.empty() ? std::string() : json::serialize(details);
}

}  // namespace lightfast::jobs
