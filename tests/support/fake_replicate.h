// A Replicate on 127.0.0.1, written from what is known of its wire, not from our driver: predictions that start, run
// and end as a test says, its errors, its files, its webhooks. Counts what a test wants to know was not done twice.
// Any thread; a script's functions are called on the fake's own threads.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fake_files.h"
#include "tests/support/fake_webhook.h"
#include "tests/support/fault.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {

// What a prediction does from its creation to its end.
struct PredictionScript {
  // The statuses shown before the final one: the first in the answer to the create, the others one per poll.
  // Empty: it ends when `duration` is over; a create that waits (Prefer: wait) is answered then, another at once.
  std::vector<std::string> statuses = {};
  std::chrono::milliseconds duration{0};
  std::string final_status = "succeeded";
  bool wait_shows_processing = false;  // the final output under status "processing", as wait mode may answer

  // Made once, when the prediction is created; `number` counts from 1. Default: a list of one PNG, another each time.
  std::function<boost::json::value(std::uint32_t number)> output = {};
  boost::json::value partial_output = nullptr;  // shown before the end
  boost::json::value error = nullptr;           // shown at the end
};

Fault unauthenticated();
Fault insufficient_credit();
Fault input_rejected(const std::string& detail);  // 422 with invalid_fields
// 429; with nullopt the seconds stand in the text alone.
Fault throttled(std::optional<int> retry_after_header, int seconds_in_text = 1);
Fault server_error(int status);
Fault connection_reset();
Fault accepted_then_reset();  // of a create: the prediction exists, its answer is lost

class FakeReplicate {
 public:
  explicit FakeReplicate(std::string token = "r8_fake_token");
  ~FakeReplicate();

  std::string base_url() const { return server_.url("/v1"); }
  const std::string& token() const { return token_; }
  const std::string& webhook_secret() const { return webhook_secret_; }

  void script(PredictionScript script);          // for all that follow
  void script_next(PredictionScript script);     // for the next one; may be called several times
  void fail_creates(std::vector<Fault> faults);  // the next ones
  void fail_polls(std::vector<Fault> faults);
  // Called when a prediction exists and before its create is answered.
  void when_created(std::function<void(const std::string& id)> action);

  // A file at the delivery host; gives its URL. `name` may bring a query: "out-0.png?sig=a%2Bb/c".
  std::string host(FakeFile file, const std::string& name = "out-0.png");
  FakeFiles& files() { return files_; }
  void forget();  // an hour later: files gone, outputs null, data_removed

  void set_status(const std::string& id, const std::string& status);  // ends or moves a prediction now
  // The webhook of a prediction as it stands, to be sent by send_webhook.
  Webhook webhook_of(const std::string& id) const;

  // Counts since the start. Creates: accepted ones, each of them paid for.
  int creates() const;
  int create_requests() const;
  int polls() const;
  int cancels() const;
  int open_predictions() const;  // accepted and not ended
  int most_open_predictions() const;
  std::vector<std::string> ids() const;                          // in the order of creation
  boost::json::object create_body(const std::string& id) const;  // as it was received
  std::string create_header(const std::string& id, const std::string& lower_case_name) const;

 private:
  struct Prediction {
    std::string id, model, version;
    ServedRequest request;
    boost::json::object body;
    PredictionScript script;
    boost::json::value output;
    std::chrono::system_clock::time_point created_at;
    std::chrono::steady_clock::time_point ends_at;
    std::size_t shown = 0;             // of script.statuses
    std::optional<std::string> ended;  // the final status, once it is reached
    bool data_removed = false;
  };

  ServedAnswer handle(const ServedRequest& request);
  ServedAnswer handle_api(const ServedRequest& request, const std::string& path);
  ServedAnswer create(const ServedRequest& request, const std::string& path);
  std::string accept(Prediction prediction);  // gives its id
  ServedAnswer answer_create(const std::string& id, const ServedRequest& request);
  ServedAnswer poll(const std::string& id);
  ServedAnswer cancel(const std::string& id);
  ServedAnswer list(const std::string& target) const;

  // All with mutex_ held.
  std::optional<Fault> take_fault(std::deque<Fault>& faults);
  PredictionScript take_script();
  void add(Prediction prediction);
  Prediction* find(const std::string& id);
  std::string advance(Prediction& prediction);  // the status to show now; moves on by one
  void end(Prediction& prediction, const std::string& status);
  boost::json::object json_of(const Prediction& prediction, const std::string& status) const;
  int count_open() const;

  const std::string token_;
  const std::string webhook_secret_ = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  FakeFiles files_;
  PredictionScript script_;
  std::deque<PredictionScript> next_scripts_;
  std::deque<Fault> create_faults_, poll_faults_;
  std::function<void(const std::string&)> when_created_;
  std::map<std::string, Prediction> predictions_;  // ids sort by creation
  std::atomic<std::uint32_t> hosted_ = 0;
  std::uint32_t created_ = 0;
  int create_requests_ = 0, polls_ = 0, cancels_ = 0, most_open_ = 0;
  LoopbackServer server_;  // last: its threads use everything above
};

}  // namespace lightfast::test
