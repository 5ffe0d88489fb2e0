// fal.ai on 127.0.0.1: its queue under /queue, direct calls under /run, its public keys under /rest, webhooks signed
// with Ed25519. Any thread.
#pragma once

#include <map>
#include <memory>

#include "tests/support/fake_provider.h"
#include "tests/support/http_client.h"

namespace lightfast::test {

class FakeFal final : public FakeProvider {
 public:
  explicit FakeFal(std::string key = "id:secret");
  ~FakeFal() override;

  std::string queue_url() const { return url("/queue"); }
  std::string run_url() const { return url("/run"); }
  std::string rest_url() const { return url("/rest"); }
  const std::string& key() const { return key_; }

  // How the next requests go: polls before the end, an answer of the model's instead of its result, addresses that lie
  // elsewhere in the answer to a submit.
  struct Course {
    int polls = 0;
    std::optional<Fault> result = {};
    boost::json::value output = nullptr;  // instead of one PNG
    std::string status_url = {};
  };
  void script(Course course);

  // The headers of a webhook that says a request has ended, over `body`, signed at `time` (Unix seconds).
  Headers sign(const std::string& request_id, const std::string& body, std::int64_t time) const;
  std::string last_id() const;

 private:
  struct Key;
  ServedAnswer answer_to(const ServedRequest& request);
  ServedAnswer submit(const ServedRequest& request);
  ServedAnswer status(const std::string& id);
  ServedAnswer result(const std::string& id);
  boost::json::value output_of(const boost::json::object& input);

  const std::string key_;
  const std::unique_ptr<Key> signing_key_;
  Course course_;
  struct Queued {
    boost::json::object input;
    Course course;
    int polls = 0;
  };
  std::map<std::string, Queued> queued_;
};

}  // namespace lightfast::test
