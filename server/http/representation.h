// Answers a GET or HEAD for a stored file: preconditions, one range, several as multipart/byteranges, or the whole.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "server/http/message.h"

namespace lightfast::http {

struct Representation {
  std::shared_ptr<const UniqueFd> file;
  std::uint64_t size_bytes = 0;
  std::string content_type;
  std::string etag;          // with its quotes
  Timestamp last_modified;
};

// `headers` (cache rules and the like) stand in the 200, 206, 304; a 412 or 416 is problem+json.
Response respond_with(const Request& request, const Representation& representation, const Headers& headers);

}  // namespace lightfast::http
