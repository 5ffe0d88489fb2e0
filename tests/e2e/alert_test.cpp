#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <mutex>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {
namespace {

// Someone who listens behind ALERT_WEBHOOK_URL, and refuses the first `refusals` posts.
class Listener {
 public:
  explicit Listener(int refusals = 0) : refusals_(refusals) {}

  std::string url() const { return server_.url("/hook?token=secret"); }
  std::vector<boost::json::object> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  ServedAnswer take(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    if (refusals_-- > 0) return answer(500, "not now");
    heard_.push_back(boost::json::parse(request.body).as_object());
    return answer(204, "");
  }

  std::mutex mutex_;
  int refusals_;
  std::vector<boost::json::object> heard_;
  LoopbackServer server_{[this](const ServedRequest& request) { return take(request); }};
};

void damage_one(RunningServer& server) {
  const auto image = server.uploaded(png(1));
  write_file(server.process().images() / "alice" / (text(image, "id") + ".png"), "not what it was");
  CHECK(server.get(server.path_of(image)).status == 503);
}

}  // namespace

TEST_CASE("a quarantined file is told to the alert webhook") {
  Listener listener;
  RunningServer server(Environment{{"ALERT_WEBHOOK_URL", listener.url()}});
  damage_one(server);
  REQUIRE(eventually([&] { return !listener.heard().empty(); }));
  const auto alert = listener.heard().front();
  CHECK(text(alert, "alert") == "file_quarantined");
  CHECK(text(alert, "detail").find("alice/img_") != std::string::npos);
  CHECK(text(alert, "server") == server.process().base_url());
  CHECK(is_whole_second_utc(text(alert, "raised_at")));
  CHECK(number(alert, "times") == 1);
}

TEST_CASE("an alert that is refused is posted again") {
  Listener listener(1);
  RunningServer server(Environment{{"ALERT_WEBHOOK_URL", listener.url()}});
  damage_one(server);
  CHECK(eventually([&] { return listener.heard().size() == 1; }));
}

TEST_CASE("the alert webhook's address is checked at the start and never shown") {
  ServerProcess process(Environment{{"ALERT_WEBHOOK_URL", "ftp://example.com/secret"}});
  const auto refused = process.run({"serve", "--print-config"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("ALERT_WEBHOOK_URL=(hidden): allowed is an address") != std::string::npos);
  const auto shown = process.run({"serve", "--print-config"}, {{"ALERT_WEBHOOK_URL", "https://example.com/secret"}});
  CHECK(shown.exit_code == 0);
  CHECK(shown.out.find("secret") == std::string::npos);
}

}  // namespace lightfast::test
