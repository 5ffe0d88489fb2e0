#include "server/proxy/forwarded_headers.h"

#include <catch2/catch.hpp>

namespace lightfast::proxy {
namespace {

http::Headers headers(std::initializer_list<std::pair<const char*, const char*>> fields) {
  http::Headers made;
  for (const auto& [name, value] : fields) made.add(name, value);
  return made;
}

TEST_CASE("what concerns one hop or this server alone never reaches a provider") {
  const auto sent = fields_for_provider(headers({{"Host", "us"},
                                                 {"Connection", "keep-alive, X-Hop"},
                                                 {"X-Hop", "1"},
                                                 {"TE", "trailers"},
                                                 {"Transfer-Encoding", "chunked"},
                                                 {"Content-Length", "3"},
                                                 {"Expect", "100-continue"},
                                                 {"Upgrade", "h2c"},
                                                 {"authorization", "Bearer lf_secret"},
                                                 {"X-Lightfast-Key", "lf_secret"},
                                                 {"x-lightfast-user", "ana"},
                                                 {"Cookie", "a=b"},
                                                 {"X-Forwarded-For", "1.2.3.4"},
                                                 {"X-Real-IP", "1.2.3.4"},
                                                 {"Accept-Encoding", "gzip, deflate"}}));
  CHECK(sent == HttpHeaders{{"Accept-Encoding", "identity"}});
}

TEST_CASE("what a client says to its provider travels on as it stands") {
  const auto sent = fields_for_provider(headers({{"prefer", "wait=10"},
                                                 {"content-type", "application/json"},
                                                 {"User-Agent", "replicate-javascript/1.4.0"},
                                                 {"OpenAI-Organization", "org-1"},
                                                 {"x-stainless-retry-count", "0"},
                                                 {"Cancel-After", "5m"}}));
  CHECK(sent == HttpHeaders{{"prefer", "wait=10"},
                            {"content-type", "application/json"},
                            {"User-Agent", "replicate-javascript/1.4.0"},
                            {"OpenAI-Organization", "org-1"},
                            {"x-stainless-retry-count", "0"},
                            {"Cancel-After", "5m"},
                            {"Accept-Encoding", "identity"}});
}

TEST_CASE("an answer keeps what is the provider's and loses what is of one hop or one origin") {
  const auto told = fields_for_caller({{"Content-Type", "application/json"},
                                       {"content-length", "5"},
                                       {"Connection", "close, X-Hop"},
                                       {"X-Hop", "1"},
                                       {"Transfer-Encoding", "chunked"},
                                       {"Set-Cookie", "__cf_bm=1"},
                                       {"Alt-Svc", "h3=\":443\""},
                                       {"Strict-Transport-Security", "max-age=1"},
                                       {"Access-Control-Allow-Origin", "*"},
                                       {"X-Lightfast-Rehost", "failed"},
                                       {"bad name", "x"},
                                       {"openai-processing-ms", "12"},
                                       {"Retry-After", "3"}});
  using Fields = std::vector<std::pair<std::string, std::string>>;
  CHECK(told.all() ==
        Fields{{"Content-Type", "application/json"}, {"openai-processing-ms", "12"}, {"Retry-After", "3"}});
}

}  // namespace
}  // namespace lightfast::proxy
