#include "server/http/representation.h"

#include "base/digest.h"
#include "server/http/conditional.h"
#include "server/http/error_response.h"
#include "server/http/range.h"

namespace lightfast::http {
namespace {

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" + std::to_string(size);
}

Response base_response(int status, const Representation& representation, const Headers& headers) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", representation.content_type);
  response.headers.set("ETag", representation.etag);
  response.headers.set("Last-Modified", to_http_date(representation.last_modified));
  response.headers.set("Accept-Ranges", "bytes");
  for (const auto& [name, value] : headers.all()) response.headers.add(name, value);
  response.echoes_request_id_only = true;  // caches keep it
  return response;
}

// Without the fields that describe a content, of which there is none (RFC 9110 section 15.4.5).
Response not_modified(const Representation& representation, const Headers& headers) {
  Response response = base_response(304, representation, headers);
  for (const char* name :
       {"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Accept-Ranges"}) {
    response.headers.remove(name);
  }
  return response;
}

Response whole(const Representation& representation, const Headers& headers) {
  Response response = base_response(200, representation, headers);
  if (representation.size_bytes > 0) {
    response.body.emplace_back(FileSlice{representation.file, 0, representation.size_bytes});
  }
  return response;
}

Response one_range(const Representation& representation, const Headers& headers, const ByteRange& range) {
  Response response = base_response(206, representation, headers);
  response.headers.set("Content-Range", content_range(range, representation.size_bytes));
  response.body.emplace_back(FileSlice{representation.file, range.first, range.length()});
  return response;
}

// The same request gets the same bytes, so that a cut answer can be resumed. Whoever made the file cannot have put its
// boundary inside: the 128 bits depend on the etag, which depends on the SHA-256 of the file.
std::string boundary_of(const Representation& representation, const std::vector<ByteRange>& ranges) {
  std::string text = representation.etag;
  for (const auto& range : ranges) text += "\n" + content_range(range, representation.size_bytes);
  return sha256(text).hex().substr(0, 32);
}

// Section 15.3.7.2; Content-Range stands in the parts alone.
Response several_ranges(const Representation& representation, const Headers& headers,
                        const std::vector<ByteRange>& ranges) {
  const std::string boundary = boundary_of(representation, ranges);
  Response response = base_response(206, representation, headers);
  response.headers.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
  std::string glue;
  for (const auto& range : ranges) {
    glue += "--" + boundary + "\r\nContent-Type: " + representation.content_type +
            "\r\nContent-Range: " + content_range(range, representation.size_bytes) + "\r\n\r\n";
    response.body.emplace_back(std::move(glue));
    response.body.emplace_back(FileSlice{representation.file, range.first, range.length()});
    glue = "\r\n";
  }
  response.body.emplace_back(glue + "--" + boundary + "--\r\n");
  return response;
}

Response unsatisfiable(const Representation& representation) {
  const std::string size = std::to_string(representation.size_bytes);
  Response response =
      error_response({Errc::range_not_satisfiable, "no range asked for lies within " + size + " bytes"});
  response.headers.set("Content-Range", "bytes */" + size);
  return response;
}

// Range means something in a GET alone (section 14.2), and only under its If-Range.
RangeChoice ranges_asked(const Request& request, const Representation& representation, const Validators& validators) {
  if (request.method != Method::get || !request.headers.find("Range")) return {};
  if (!range_applies(request.headers, validators)) return {};
  return choose_ranges(request.headers.combined("Range"), representation.size_bytes);
}

}  // namespace

Response respond_with(const Request& request, const Representation& representation, const Headers& headers) {
  const Validators validators{representation.etag, representation.last_modified};
  switch (evaluate_preconditions(request.headers, request.method, validators)) {
    case Precondition::proceed: break;
    case Precondition::not_modified: return not_modified(representation, headers);
    case Precondition::failed:
      return error_response({Errc::precondition_failed,
                             "the resource is not in the state that If-Match, "
                             "If-Unmodified-Since or If-None-Match asked for"});
  }
  const RangeChoice choice = ranges_asked(request, representation, validators);
  switch (choice.kind) {
    case RangeChoice::Kind::unsatisfiable: return unsatisfiable(representation);
    case RangeChoice::Kind::partial:
      if (choice.ranges.size() == 1) return one_range(representation, headers, choice.ranges.front());
      return several_ranges(representation, headers, choice.ranges);
    case RangeChoice::Kind::whole: break;
  }
  return whole(representation, headers);
}

}  // namespace lightfast::http
