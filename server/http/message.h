// A request as handlers see it, and the response that they give back. Nothing here knows of images, of Beast or of
// sockets. Plain values: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ip_address.h"
#include "base/task.h"
#include "base/unique_fd.h"

namespace lightfast::http {

enum class Method { get, head, post, put, delete_, options, other };

std::string_view to_string(Method method);  // "GET"; "ANY" for `other`, which stands for many in a route

// Header fields in order; names compare without case (RFC 9110 section 5.1).
class Headers {
 public:
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void remove(std::string_view name);
  const std::string* find(std::string_view name) const;  // the first of that name
  std::string combined(std::string_view name) const;     // all of that name, joined by ", "; empty if none
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// What stands behind '?': names and values, percent-decoded once ('+' is a plus), in order.
class Query {
 public:
  static Result<Query> parse(std::string_view text);     // Errc::invalid_request for a broken escape
  const std::string* find(std::string_view name) const;  // the first of that name
  const std::vector<std::pair<std::string, std::string>>& all() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// The body as it comes in. A handler that answers without reading it makes the session drain or close.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next piece, valid until the next call; empty at the end. Fails with Errc::too_large over the route's limit,
  // Errc::request_timeout when the client is too slow, Errc::invalid_request when the framing breaks.
  // The first call answers `Expect: 100-continue`.
  virtual Task<Result<std::span<const std::byte>>> read() = 0;
  virtual std::optional<std::uint64_t> content_length() const = 0;  // absent when chunked
};

struct Request {
  Method method = Method::other;
  std::string method_text;
  std::string target;                 // as received
  std::string path;                   // of the target, not decoded
  std::vector<std::string> segments;  // of the path, each percent-decoded once
  Query query;
  Headers headers;
  bool is_http_1_0 = false;
  IpAddress client_address;  // the socket's peer, or whom a trusted proxy names
  bool is_from_trusted_proxy = false;
  std::string caller;      // the name of who asked, for logs; empty: nobody known
  std::string request_id;  // the caller's own where it is plain, else made here
  bool request_id_from_caller = false;
  std::vector<std::pair<std::string, std::string>> params;  // {name} parts of the route's pattern
  std::string rest;  // of the target, with its query, byte for byte: what stands for the "*" of the route's pattern
  BodyReader* body = nullptr;  // never null in a handler

  const std::string& param(std::string_view name) const;  // a name of the pattern; anything else is a broken invariant
};

// The whole body, up to `limit` bytes (Errc::too_large beyond).
Task<Result<std::string>> read_all(BodyReader& body, std::uint64_t limit);

// A part of an open file, sent by sendfile.
struct FileSlice {
  std::shared_ptr<const UniqueFd> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

using BodyPart = std::variant<std::string, FileSlice>;

// A body that is still being made while it is sent.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // The next piece; empty at the end. After an error the connection is closed in the midst of the answer, so that
  // nobody takes what came for the whole. Not asked any more once the client has gone.
  virtual Task<Result<std::string>> next() = 0;
};

struct Response {
  int status = 200;
  Headers headers;  // the session adds Content-Length, Date, Connection and X-Request-Id
  std::vector<BodyPart> body;
  std::shared_ptr<BodyStream> stream;  // what follows `body`, of a length that nobody knows yet; null: nothing
  std::string request_id;              // of an answer that another server gave: its own; empty: this server's
  // X-Request-Id is sent only where the caller gave one: answers that shared caches keep carry no id made by us.
  bool echoes_request_id_only = false;

  std::uint64_t body_size() const;
};

Response json_response(int status, std::string json);

}  // namespace lightfast::http
