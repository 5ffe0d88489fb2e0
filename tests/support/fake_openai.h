// OpenAI's images on 127.0.0.1: generations and edits, some models by URL (signed as Azure does it), others by base64,
// which refuse `response_format`; streams of partial images; its errors. Any thread.
#pragma once

#include "tests/support/fake_provider.h"

namespace lightfast::test {

class FakeOpenAi final : public FakeProvider {
 public:
  FakeOpenAi();

  static constexpr const char* key = "sk-fake-openai-key";
  std::string base_url() const { return url("/v1"); }
  std::string origin() const { return url(); }

  void give(std::string bytes);           // the image of each answer from now on
  void answer_next(ServedAnswer answer);  // whatever is asked next; may be called several times

 private:
  ServedAnswer answer_to(const ServedRequest& request);
  ServedAnswer make(const ServedRequest& request);
  boost::json::object picture(const std::string& model, const std::string& format);
  ServedAnswer stream();
  std::string image() const;

  std::string image_;
  std::deque<ServedAnswer> next_;
};

Fault openai_problem(int status, const std::string& message, const std::string& code = "invalid_value");

}  // namespace lightfast::test
