#include "server/http/session.h"

#include <algorithm>
#include <exception>

#include "server/http/error_response.h"
#include "server/http/http_text.h"
#include "server/http/message_parser.h"
#include "server/http/request_body.h"
#include "server/http/request_target.h"
#include "server/http/sender.h"

namespace lightfast::http {
namespace {

using Phase = Connection::Phase;

bool is_plain_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed);
}

class Session {
 public:
  Session(SessionContext& context, Socket socket, const Arrival& arrival)
      : context_(context), connection_(std::move(socket), arrival.peer, arrival.bytes, context.connections) {}

  Task<> run(LaneAnswer answered);

 private:
  enum class Next { request, close, linger };  // what follows an exchange
  struct Answer {
    Response response;
    const Route* route = nullptr;
  };

  Task<Next> serve_next();
  Task<Next> finish(LaneAnswer answered);
  Task<Result<std::size_t>> gather_head();
  Task<Next> exchange(std::size_t head_size);
  Task<Answer> answer(Request& request, RequestBody& body);
  Task<Response> call_handler(const Route& route, Request& request);
  Task<Next> refuse(Error error);
  Task<Sent> send(const Request& request, const Answer& answer, bool keep_alive, SteadyTime began);
  Task<> linger();

  void find_client(Request& request) const;
  void name_request(Request& request) const;
  Response failed(const Request& request, std::string_view reason) const;

  SessionContext& context_;
  Connection connection_;
};

Task<> Session::run(LaneAnswer answered) {
  auto next = Next::request;
  const bool is_begun = answered.consumed > 0;
  if (is_begun) next = co_await finish(std::move(answered));
  connection_.enter(is_begun && connection_.input().empty() ? Phase::idle : Phase::head);
  while (next == Next::request) {
    next = co_await serve_next();
    connection_.shrink_input();
    connection_.enter(connection_.input().empty() ? Phase::idle : Phase::head);
  }
  if (next == Next::linger) co_await linger();
}

Task<Session::Next> Session::serve_next() {
  if (context_.lane && !context_.stopping) {
    LaneAnswer answered;
    const bool received = co_await connection_.receive_beside(*context_.lane, answered);
    if (answered.consumed > 0) co_return co_await finish(std::move(answered));
    if (!received) co_return Next::close;
  }
  const auto head_size = co_await gather_head();
  if (head_size && *head_size == 0) co_return Next::close;
  if (head_size) co_return co_await exchange(*head_size);
  co_return co_await refuse(head_size.error());
}

// What the lane left to do of an answer that it began.
Task<Session::Next> Session::finish(LaneAnswer answered) {
  if (answered.sent == SentNow::broken) co_return Next::close;
  if (answered.sent == SentNow::some) {
    connection_.enter(Phase::sending);
    const bool sent = co_await send_rest(connection_, std::move(answered.unsent));
    if (!sent) co_return Next::close;
  }
  if (answered.keep_alive) co_return Next::request;
  co_return connection_.input().empty() ? Next::close : Next::linger;
}

// The length of the head that now stands at the start of the input; 0: the connection ends without a word.
Task<Result<std::size_t>> Session::gather_head() {
  const auto& limits = context_.options.head;
  bool may_skip_line = true;
  while (true) {
    // One empty line before a request is forgiven (RFC 9112 section 2.2): old clients end a body with it.
    if (may_skip_line && connection_.input().starts_with("\r\n")) {
      connection_.consume(2);
      may_skip_line = false;
    }
    const auto input = connection_.input();
    const auto end = find_head_end(input);
    if (end) co_return *end;
    if (input.size() >= limits.head_bytes) co_return oversized_head(input, limits);
    if (input.empty() && context_.stopping) co_return std::size_t{0};
    const auto capacity = std::min(2 * input.size() + 2, limits.head_bytes + 2);
    const bool received = co_await connection_.receive(capacity);
    if (received) {
      if (connection_.phase() == Phase::idle) connection_.enter(Phase::head);
      continue;
    }
    if (connection_.is_expired() && !connection_.input().empty()) {
      co_return Error{Errc::request_timeout, "the request's header did not come in time"};
    }
    co_return std::size_t{0};
  }
}

Task<Session::Next> Session::exchange(std::size_t head_size) {
  const auto began = context_.clock.steady_now();
  connection_.enter(Phase::handling);
  const auto head = connection_.input().substr(0, head_size);
  const auto framing = check_head(head, context_.options.head);
  if (!framing) {
    const auto next = co_await refuse(framing.error());
    co_return next;
  }
  Request request;
  MessageParser parser;
  const auto parsed = parser.parse_head(head, request);
  if (!parsed) {
    const auto next = co_await refuse(parsed.error());
    co_return next;
  }
  connection_.consume(head_size);
  RequestBody body(connection_, parser, *framing);
  request.body = &body;
  find_client(request);
  name_request(request);

  Answer result = co_await answer(request, body);
  const bool is_open_to_pages = result.route && result.route->is_open_to_pages;
  const auto fields = result.route ? result.route->fields : Cors::Fields::ours;
  context_.router.cors().describe(request.headers, is_open_to_pages, result.response.headers, fields);
  const auto* wish = result.response.headers.find("Connection");
  const bool handler_closes = wish && list_holds(*wish, "close");
  const bool ends_with_connection = result.response.stream && request.is_http_1_0;
  const bool keep_alive =
      framing->keep_alive && body.can_drain() && !handler_closes && !ends_with_connection && !context_.stopping;
  const auto sent = co_await send(request, result, keep_alive, began);
  if (!sent.complete) co_return Next::close;
  if (!keep_alive) co_return parser.is_done() && connection_.input().empty() ? Next::close : Next::linger;
  const bool at_next_request = co_await body.drain();
  co_return at_next_request ? Next::request : Next::linger;
}

Task<Session::Answer> Session::answer(Request& request, RequestBody& body) {
  const auto target = parse_target(request);
  if (!target) co_return Answer{error_response(target.error())};
  auto match = context_.router.match(request);
  if (!match.route) co_return Answer{std::move(match.response)};
  Answer result{{}, match.route};
  const auto limit = match.route->body_limit;
  const auto length = body.content_length();
  body.set_limit(limit);
  if (limit > 0 && length && *length > limit) {
    result.response =
        error_response(Error{Errc::too_large, "the body is over the " + std::to_string(limit) + " bytes allowed here"});
  } else {
    result.response = co_await call_handler(*match.route, request);
  }
  co_return result;
}

Task<Response> Session::call_handler(const Route& route, Request& request) {
  std::string reason;
  try {
    Response response = co_await route.handler(request);
    co_return response;
  } catch (const std::exception& exception) {
    reason = exception.what();
  } catch (...) {
    reason = "an exception of no known type";
  }
  co_return failed(request, reason);
}

Response Session::failed(const Request& request, std::string_view reason) const {
  context_.log.error("a handler failed", {{"request_id", request.request_id},
                                          {"method", request.method_text},
                                          {"path", request.path},
                                          {"reason", reason}});
  return error_response(Error{Errc::internal, std::string(reason)});
}

// One answer to what is no request, and nothing more is read as one: the bytes that follow cannot be trusted.
Task<Session::Next> Session::refuse(Error error) {
  const auto began = context_.clock.steady_now();
  Request request;
  request.client_address = connection_.peer();
  name_request(request);
  const Answer result{error_response(error)};
  const auto sent = co_await send(request, result, false, began);
  co_return sent.complete ? Next::linger : Next::close;
}

Task<Sent> Session::send(const Request& request, const Answer& answer, bool keep_alive, SteadyTime began) {
  const auto& response = answer.response;
  const bool names_id = request.request_id_from_caller || !response.echoes_request_id_only;
  const auto& id = response.request_id.empty() ? request.request_id : response.request_id;
  const auto head = make_head(response, {.date = context_.date.now(),
                                         .request_id = names_id ? std::string_view(id) : "",
                                         .is_http_1_0 = request.is_http_1_0,
                                         .keep_alive = keep_alive});
  static const std::vector<BodyPart> nothing;
  const bool has_body = request.method != Method::head && allows_body(response.status);
  connection_.enter(Phase::sending);
  Sent sent;
  if (has_body && response.stream) {
    const auto framing = request.is_http_1_0 ? StreamFraming::to_the_end : StreamFraming::chunked;
    sent = co_await send_streamed(connection_, head, response, framing);
  } else {
    sent = co_await send_response(connection_, head, has_body ? response.body : nothing);
  }
  context_.observe(Exchange{request, answer.route, response.status, sent.body_bytes,
                            context_.clock.steady_now() - began, sent.complete});
  co_return sent;
}

// Closing while the client still sends would make its kernel drop our answer unread (RFC 9112 section 9.6).
Task<> Session::linger() {
  connection_.enter(Phase::lingering);
  connection_.shutdown_send();
  bool more = true;
  while (more) {
    connection_.consume(connection_.input().size());
    more = co_await connection_.receive(0);
  }
}

void Session::find_client(Request& request) const {
  const auto& proxies = context_.options.trusted_proxies;
  request.is_from_trusted_proxy = proxies.trusts(connection_.peer());
  const auto real_ip = request.headers.combined("X-Real-IP");
  const auto forwarded_for = request.headers.combined("X-Forwarded-For");
  request.client_address = proxies.client_of(connection_.peer(), {real_ip, forwarded_for});
}

void Session::name_request(Request& request) const {
  const auto* given = request.headers.find("X-Request-Id");
  request.request_id_from_caller = given && is_plain_id(*given);
  request.request_id = request.request_id_from_caller ? *given : context_.ids.next("req_");
}

}  // namespace

Task<> serve_connection(SessionContext& context, Socket socket, Arrival arrival) {
  Session session(context, std::move(socket), arrival);
  co_await session.run(std::move(arrival.answered));
}

}  // namespace lightfast::http
