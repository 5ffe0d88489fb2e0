// A running server with a fake Replicate behind it, and the calls that tests of generations share. One thread at a
// time; other threads take a client of their own.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/fake_replicate.h"

namespace lightfast::test {

// What to ask for: a body, or a prompt and no more.
struct Wanted {
  Wanted(const char* prompt = "a lighthouse at dusk") : body{{"prompt", prompt}} {}
  Wanted(const std::string& prompt) : body{{"prompt", prompt}} {}
  Wanted(boost::json::value given) : body(std::move(given)) {}
  boost::json::value body;
};

class GeneratingServer {
 public:
  explicit GeneratingServer(Environment environment = Environment());

  FakeReplicate replicate;
  RunningServer server;

  // POST /v1/images/generate with the known key.
  HttpResponse generate(const Wanted& wanted = {}, const Headers& headers = {});
  // The same, and the test ends here unless it is answered 201.
  boost::json::object generated(const Wanted& wanted = {});
  // With Prefer: respond-async; the test ends here unless it is answered 202.
  boost::json::object promised(const Wanted& wanted = {});
  HttpResponse import(const boost::json::value& body, const Headers& headers = {});

  boost::json::object job(const std::string& id);
  boost::json::object ended_job(const std::string& id);  // waits for its end

  // A user's images as they are listed, newest first; where there are to be so many, waits for them.
  boost::json::array images(const std::string& user = "default", std::size_t awaited = 0);

  // The output of the next prediction.
  void next_output(boost::json::value output);
  void next_output(const std::string& url) { next_output(boost::json::value(url)); }
  void next_output(const char* text) { next_output(boost::json::value(text)); }
};

HttpRequest generate_request(const Wanted& wanted = {}, const Headers& headers = {});
HttpRequest json_request(const std::string& target, const boost::json::value& body, const Headers& headers = {});

// Sends on a thread of its own, and bears it if the server dies meanwhile.
std::thread send_without_answer(HttpClient client, HttpRequest request);

// The path of a URL of any origin.
std::string path_of_url(const std::string& url);

// The members of an object as JSON text, or an element of a list in it, for short checks.
boost::json::object first_of(const boost::json::object& object, std::string_view list);

}  // namespace lightfast::test
