// What the fakes of providers have in common: who may call, what goes wrong next, what was asked, and a delivery host
// of its own for the images. Written from what is known of each provider's wire, not from our drivers. Any thread.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fake_files.h"
#include "tests/support/fault.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {

class FakeProvider {
 public:
  virtual ~FakeProvider() = default;

  std::string url(const std::string& target = "") const { return server_.url(target); }

  void fail_makes(std::vector<Fault> faults);   // the next calls that make an image
  std::vector<ServedRequest> makes() const;     // all of them, failed ones included
  std::vector<ServedRequest> requests() const;  // every request, the delivery host's not included
  FakeFiles& files() { return files_; }

  // A file at the delivery host; gives its URL. `name` may bring a query.
  std::string host(FakeFile file, const std::string& name = "out.png");
  std::string next_png();  // other bytes each time

 protected:
  using Answer = std::function<ServedAnswer(const ServedRequest&)>;

  // `authorization` is the header's whole value; whoever sends another is refused with 401 and `refusal`, except for
  // what `is_public` names. `makes` tells the calls that make an image; `answer` is what they and the others do.
  struct Manner {
    std::string authorization;
    std::string refusal;
    std::function<bool(const ServedRequest&)> is_make;
    Answer answer;
    std::string public_path = {};
  };
  explicit FakeProvider(Manner manner);

  mutable std::mutex mutex_;

 private:
  ServedAnswer handle(const ServedRequest& request);
  std::optional<Fault> take_fault();

  const Manner manner_;
  std::deque<Fault> faults_;
  std::vector<ServedRequest> makes_, requests_;
  std::atomic<std::uint32_t> pictures_ = 0;
  FakeFiles files_;
  LoopbackServer delivery_{[this](const ServedRequest& request) { return files_.answer(request); }};
  LoopbackServer server_{[this](const ServedRequest& request) { return handle(request); }};
};

// Helpers for the fakes themselves.
ServedAnswer json_answer(int status, const boost::json::value& body, const std::string& headers = "");
std::string path_of(const ServedRequest& request);  // the target without its query
std::string header_of(const ServedRequest& request, const std::string& lower_case_name);
boost::json::object body_of(const ServedRequest& request);  // empty where it is no JSON object

}  // namespace lightfast::test
