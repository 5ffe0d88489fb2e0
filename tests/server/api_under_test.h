// The whole HTTP API over a folder of its own, with keys of every kind, called route by route without a socket. One
// thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "server/api.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

class ApiUnderTest {
 public:
  ApiUnderTest();

  const std::vector<http::Route>& routes() const { return api_->router().routes(); }

  // "none", "wrong", "revoked", "expired", "bob" (reads and writes for him), "ana" (likewise), "token" (hers), "read",
  // "write", "admin" (that scope alone, for every user), "full" (of API_KEYS); each with what it says as Authorization.
  const std::map<std::string, std::string>& credentials() const { return credentials_; }

  // The answer; the test ends here unless `target` leads to a route, whose pattern is then in `pattern`.
  http::Response call(const std::string& method, const std::string& target, const std::string& credential,
                      const std::string& body = "");

  std::string pattern;  // of the last call
  std::string job;      // one of ana's

 private:
  std::string make_key(guard::NewKey wanted);
  void make_keys();

  TemporaryFolder folder_;
  Logger log_{LogLevel::error, LogFormat::text};
  boost::asio::io_context jobs_executor_;  // nobody runs it: jobs stay where they are
  std::unique_ptr<App> app_;
  fast::AnswerCache cache_{{}};
  std::unique_ptr<Api> api_;
  std::map<std::string, std::string> credentials_;
};

std::string text_of(const http::Response& response);

}  // namespace lightfast::test
