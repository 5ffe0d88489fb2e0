// What the drop-in endpoints have in common: who calls, how often and with how much; the request on its way to the
// provider; answers that are passed on as they come. What is to be changed in an answer, each endpoint knows itself.
// Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "server/guard/rate_limiter.h"
#include "server/http/message.h"
#include "server/proxy/answer_memory.h"
#include "server/proxy/customer.h"
#include "server/proxy/error_shape.h"
#include "server/proxy/provider_call.h"
#include "server/proxy/rehost.h"

namespace lightfast::proxy {

struct ProviderSettings {
  std::string name;           // "replicate"
  std::string base_url;       // without a slash at the end
  std::string authorization;  // our own, as the header has it; empty: none is configured
  std::string variable;       // that configures it, for people
  ErrorShape shape = nullptr;
};

// A request that was let in, with all of its body.
struct Visit {
  Customer customer;
  std::string method;
  std::string target;  // what follows the endpoint's own path: "/predictions/abc?x=y", byte for byte
  HttpHeaders fields;
  std::string body;
  std::optional<MemoryBudget::Share> memory;
  guard::Taken taken;
  SteadyTime began{};
  SteadyTime deadline{};  // of the provider's answer

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  bool reads() const { return method == "GET" || method == "HEAD" || method == "QUERY"; }
};

class DropIn {
 public:
  static constexpr std::uint64_t body_limit = 64 << 20;
  static constexpr std::uint64_t parse_limit = 32 << 20;   // a longer body passes unread
  static constexpr std::chrono::seconds longest_hold{60};  // of what came, until its images are hosted

  struct Parts {
    const CustomerGuard& guard;
    guard::RateLimiter& writing;
    ProviderCaller& caller;
    ProviderCaller& follower;  // reaches only where downloads may
    Rehost& rehost;
    Workers& workers;
    const Clock& clock;
    Logger& log;
    Metrics& metrics;
  };

  explicit DropIn(Parts parts);

  using Answer = std::function<Task<Result<http::Response>>(Visit&)>;
  // The whole course of a request; whatever is wrong is told in the provider's words. `answer` lives until it is done.
  Task<http::Response> serve(http::Request& request, const ProviderSettings& provider, const Answer& answer);

  // Sends the visit on. Errors as error_of has them.
  Task<Result<HttpStream>> send(const Visit& visit, const ProviderSettings& provider, bool is_paid);
  // A GET of a URL that stood in an answer, without credentials, and only where downloads may go.
  Task<Result<HttpStream>> follow(std::string url, HttpHeaders fields, const ProviderSettings& provider);

  // As it comes; a short one, and an error, at once.
  Task<Result<http::Response>> pass_on(HttpStream answer);

  // Status and headers alone.
  static http::Response head_of(const HttpStream& answer);
  static bool is_event_stream(const HttpStream& answer);

  // An answer that is to be changed: its JSON object, and what that is sent with. Where it cannot be read `body` is
  // absent, and `response` is all of it, as it came.
  struct Editable {
    http::Response response;
    std::optional<boost::json::value> body;
    AnswerMemory memory;
  };
  Task<Result<Editable>> edit(HttpStream answer);
  // The response with the body as it has become.
  Task<http::Response> finish(Editable edited);

  // The JSON object that `text` is, read where nobody else waits for the thread: it may be large. Errc::invalid_request
  // for any other text, Errc::overloaded.
  Task<Result<boost::json::value>> parse(const std::string& text);
  // The other way round, likewise.
  Task<std::string> serialize(const boost::json::value& value);

  AnswerMemory answer_memory() const { return AnswerMemory(answers_); }
  Rehost& rehost() { return parts_.rehost; }
  Workers& workers() { return parts_.workers; }
  const Clock& clock() const { return parts_.clock; }

 private:
  Task<Result<Visit>> receive(http::Request& request, Customer customer);
  Task<Result<HttpStream>> call(ProviderCaller& caller, ProviderCall call, const ProviderSettings& provider);
  http::Response refuse_rate(const guard::Taken& taken, ErrorShape shape);
  guard::Taken take_token(const http::Request& request, const Customer& customer);

  Parts parts_;
  MemoryBudget memory_;  // of requests
  const std::shared_ptr<MemoryBudget> answers_;
};

// Until when an answer that came at `now`, for a visit with that deadline, is held for its images: what is left of the
// visit's time, and a little where nothing is.
SteadyTime end_of_hold(SteadyTime now, SteadyTime deadline);

// Says in the answer that something in it could not be hosted.
void say_rehost_failed(http::Response& response);

}  // namespace lightfast::proxy
