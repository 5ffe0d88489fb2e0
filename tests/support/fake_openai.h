// OpenAI's images on 127.0.0.1, written from what is known of its wire: URLs of some models, base64 of others, which
// refuse `response_format`; streams of partial images; its errors. Remembers what it was sent. Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/fake_files.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {

class FakeOpenAi {
 public:
  FakeOpenAi();

  static constexpr const char* key = "sk-fake-openai-key";
  std::string base_url() const { return server_.url("/v1"); }
  std::string origin() const { return server_.url(""); }

  void give(std::string bytes);           // the image of each answer from now on, as base64 or behind a URL
  void answer_next(ServedAnswer answer);  // whatever is asked next; may be called several times
  FakeFiles& files() { return files_; }

  std::vector<ServedRequest> requests() const;  // of the API, in order

 private:
  ServedAnswer handle(const ServedRequest& request);
  ServedAnswer images(const ServedRequest& request);
  ServedAnswer stream(const std::string& base64) const;

  mutable std::mutex mutex_;
  std::string bytes_;
  std::deque<ServedAnswer> next_;
  std::vector<ServedRequest> requests_;
  int hosted_ = 0;
  FakeFiles files_;
  LoopbackServer server_;
};

}  // namespace lightfast::test
