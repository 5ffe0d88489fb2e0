#include "server/http/message_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;
using beast::http::verb;

// Chunk headers with their extensions, and trailers; Beast 1.81 has no bound of its own.
constexpr std::size_t chunk_header_limit = 8 * 1024;

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

Method to_method(verb method) {
  switch (method) {
    case verb::get: return Method::get;
    case verb::head: return Method::head;
    case verb::post: return Method::post;
    case verb::put: return Method::put;
    case verb::delete_: return Method::delete_;
    case verb::options: return Method::options;
    default: return Method::other;
  }
}

Error broken(std::string_view what, const beast::error_code& error) {
  return {Errc::invalid_request, "the request's " + std::string(what) + " is broken: " + error.message()};
}

// Beast's parser calls back for each thing that it finds; here it goes straight into the Request, and body bytes are
// handed on where they lie.
class Parser final : public beast::http::basic_parser<true> {
 public:
  Request* request = nullptr;  // until the head is done: trailers are dropped
  std::string_view piece;
  bool saw_chunk_header = false;

 private:
  using Error = beast::error_code;

  void on_request_impl(verb method, beast::string_view method_text, beast::string_view target, int version,
                       Error&) override {
    request->method = to_method(method);
    request->method_text = to_std(method_text);
    request->target = to_std(target);
    request->is_http_1_0 = version == 10;
  }
  void on_field_impl(field, beast::string_view name, beast::string_view value, Error&) override {
    if (request) request->headers.add(to_std(name), to_std(value));
  }
  void on_header_impl(Error&) override { request = nullptr; }
  std::size_t on_body_impl(beast::string_view body, Error&) override {
    piece = to_std(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Error&) override { saw_chunk_header = true; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, Error&) override {
    piece = to_std(body);
    return body.size();
  }
  void on_response_impl(int, beast::string_view, int, Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  void on_finish_impl(Error&) override {}
};

}  // namespace

struct MessageParser::Impl {
  Parser parser;
};

MessageParser::MessageParser() : impl_(std::make_unique<Impl>()) {}
MessageParser::~MessageParser() = default;

Result<void> MessageParser::parse_head(std::string_view head, Request& request) {
  auto& parser = impl_->parser;
  parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));  // its size was judged by check_head()
  parser.body_limit(boost::none);                                    // counted by the reader of the body
  parser.request = &request;
  beast::error_code error;
  parser.put(boost::asio::buffer(head), error);
  if (error || !parser.is_header_done()) return broken("header", error);
  return {};
}

Result<MessageParser::Piece> MessageParser::next_piece(std::string_view bytes) {
  auto& parser = impl_->parser;
  Piece piece;
  while (!parser.is_done() && piece.consumed < bytes.size()) {
    const auto rest = bytes.substr(piece.consumed);
    parser.piece = {};
    parser.saw_chunk_header = false;
    beast::error_code error;
    const auto consumed = parser.put(boost::asio::buffer(rest), error);
    if (error && error != beast::http::error::need_more) return broken("body", error);
    const auto framing_bytes = parser.saw_chunk_header ? consumed : error ? rest.size() - consumed : 0;
    if (framing_bytes > chunk_header_limit) {
      return Error{Errc::invalid_request, "a chunk's header or the trailers are over 8 KB"};
    }
    if (parser.saw_chunk_header && !has_strict_lines(rest.substr(0, consumed))) {
      return Error{Errc::invalid_request, "a chunk's header or the trailers hold a control byte or a folded line"};
    }
    piece.consumed += consumed;
    piece.body = parser.piece;
    if (error || !piece.body.empty()) break;
  }
  return piece;
}

bool MessageParser::is_done() const {
  return impl_->parser.is_done();
}

}  // namespace lightfast::http
