// OpenAI's images on 127.0.0.1: generations and edits, dall-e by URL (signed as Azure does it), gpt-image by base64.
// Any thread.
#pragma once

#include "tests/support/fake_provider.h"

namespace lightfast::test {

class FakeOpenAi final : public FakeProvider {
 public:
  explicit FakeOpenAi(std::string key = "sk-fake");

  std::string base_url() const { return url("/v1"); }
  const std::string& key() const { return key_; }

 private:
  ServedAnswer answer_to(const ServedRequest& request);
  boost::json::object picture(const std::string& model, const std::string& format);

  const std::string key_;
};

Fault openai_problem(int status, const std::string& message, const std::string& code = "invalid_value");

}  // namespace lightfast::test
