// What `lightfast fsck` is asked and answers, as JSON. Pure functions, and a writer that belongs to one thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "server/admin/reply.h"
#include "server/lifecycle/check_run.h"

namespace lightfast::admin {

// {"repair", "verify_hashes", "adopt_as"}: all may be absent. Errc::invalid_request names what is wrong.
Result<lifecycle::CheckOptions> check_options(const boost::json::object& arguments);

boost::json::object check_json(const lifecycle::CheckReport& report, const lifecycle::CheckOptions& options);

// Sends what a check finds and mends as lines of JSON ahead of the answer, some at a time:
// {"problem", "path", "user_id", "id", "detail"} or the same with "repair".
class CheckNotes {
 public:
  explicit CheckNotes(Reply& reply) : reply_(reply) {}
  lifecycle::CheckListener listener();
  Result<void> flush();

 private:
  Result<void> add(std::string_view kind, std::string_view word, const std::string& path, const std::string& detail);

  Reply& reply_;
  std::string waiting_;
};

}  // namespace lightfast::admin
