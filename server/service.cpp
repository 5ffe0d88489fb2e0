#include "server/service.h"

#include <malloc.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/cores.h"
#include "base/time_zone.h"
#include "server/admin/admin_commands.h"
#include "server/admin/admin_socket.h"
#include "server/alert_sender.h"
#include "server/api.h"
#include "server/app.h"
#include "server/background.h"
#include "server/descriptors.h"
#include "server/gauges.h"
#include "server/guard/access_log.h"
#include "server/guard/request_metrics.h"
#include "server/http/server.h"
#include "server/lifecycle/pace.h"
#include "server/lifecycle/scheduler.h"
#include "server/lifecycle/stray_sweep.h"
#include "server/proxy_notice.h"
#include "server/ready_answers.h"

namespace lightfast {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds drain_time{25};
constexpr std::chrono::seconds job_drain_time{24};  // then waiting requests are let go, so that they end in time
// An access counts within a second; of very many at once, the writing takes a twentieth of a core at most.
constexpr Pause access_flush_pause{std::chrono::milliseconds(500), 20, std::chrono::seconds(20)};
constexpr Pause webhook_pause{std::chrono::seconds(1)};
constexpr Pause ballast_pause{std::chrono::milliseconds(250)};
constexpr Pause cleanup_pause{std::chrono::seconds(1)};
constexpr Pause alert_pause{std::chrono::seconds(1)};
constexpr Pause memory_pause{std::chrono::minutes(1)};
constexpr Pause old_jobs_pause{std::chrono::minutes(10)};
constexpr Pause scrub_pause{std::chrono::minutes(10)};
constexpr std::uint64_t scrub_bytes_per_second = 10'000'000;
constexpr Pause check_pause{std::chrono::seconds(10)};  // while the database's file cannot be read to its end
constexpr Pause key_use_pause{std::chrono::seconds(10)};
constexpr std::chrono::milliseconds job_check_pause{50};

class Service {
 public:
  Service(App& app, asio::io_context& control, asio::signal_set& signals, const Secrets& secrets)
      : app_(app),
        control_(control),
        signals_(signals),
        descriptors_(share_descriptors(raise_descriptor_limit())),
        cache_(open_answer_cache(app, descriptors_.cached_files)),
        api_(app, *cache_, control.get_executor(), secrets),
        request_metrics_(app.metrics(), api_.router()),
        access_log_(app.log()),
        proxy_notice_(app.log()),
        server_(
            server_options(app.config(), descriptors_), api_.router(), app.ids(), app.clock(), app.log(),
            [this](const http::Exchange& exchange) { observe(exchange); }, lane_maker(app, api_, cache_)),
        upkeep_(app.upkeep(), app.backup()),
        importing_(app.ingest(), app.downloader(), app.database(), app.readers(), app.urls()),
        key_commands_(api_.keys(), app.clock()),
        stats_(app.database(), app.room(), app.readers(), app.clock(), app.upkeep().cleaner.limits()),
        commands_(app.images(), app.urls(), retention_rule(app.config()), upkeep_, importing_, key_commands_,
                  api_.signed_urls(), stats_),
        socket_(control.get_executor(), commands_, app.log()),
        sweep_(app.storage(), app.database(), app.ingest().in_flight(), app.eraser(), app.upkeep().workers, app.log()),
        scheduler_(app.upkeep().cleaner, app.room(), app.database(), app.clock(), app.log(), app.alerts(),
                   {app.config().cleanup_at, utc_offset_at}),
        alert_sender_(app.alerts(), app.provider_client(), app.config().alert_webhook_url, app.config().public_base_url,
                      app.sleep(), app.log()),
        background_(control, app.log()) {}

  Result<void> run();

 private:
  static http::ServerOptions server_options(const Config& config, const DescriptorShares& descriptors);
  void observe(const http::Exchange& exchange);
  void announce() const;
  void start_background();
  void begin_stop(int signal);
  void let_jobs_finish();
  void end();
  Task<void> check_database();
  Task<void> sweep_strays();
  Task<void> forget_old_jobs();
  Task<void> keep_ballast();
  Task<void> give_back_memory();
  Task<void> clean_up_in_time();
  Task<void> scrub();

  App& app_;
  asio::io_context& control_;  // signals, jobs, admin commands and background work, on the main thread
  asio::signal_set& signals_;
  const DescriptorShares descriptors_;
  const std::shared_ptr<fast::AnswerCache> cache_;
  Api api_;
  guard::RequestMetrics request_metrics_;
  guard::AccessLog access_log_;
  ProxyNotice proxy_notice_;
  http::Server server_;
  admin::UpkeepCommands upkeep_;
  admin::ImportCommand importing_;
  admin::KeyCommands key_commands_;
  admin::StatsCommand stats_;
  admin::AdminCommands commands_;
  admin::AdminSocket socket_;
  lifecycle::StraySweep sweep_;
  bool checked_ = false;  // the database, with a verdict
  lifecycle::Scheduler scheduler_;
  AlertSender alert_sender_;
  Background background_;
  asio::steady_timer job_deadline_{control_};
  asio::steady_timer job_check_{control_};
  std::thread drain_;
  bool all_finished_ = true;
  bool ended_ = false;
};

http::ServerOptions Service::server_options(const Config& config, const DescriptorShares& descriptors) {
  http::ServerOptions options;
  options.host = config.host;
  options.port = config.port;
  options.threads = usable_cores();
  options.tcp_congestion = config.tcp_congestion;
  options.trusted_proxies = http::TrustedProxies(config.trusted_proxies);
  options.accepts_with_data = true;
  options.max_connections = descriptors.connections;
  return options;
}

void Service::observe(const http::Exchange& exchange) {
  request_metrics_.count(exchange);
  access_log_.write(exchange);
  proxy_notice_.look(exchange);
}

Result<void> Service::run() {
  ::signal(SIGPIPE, SIG_IGN);
  if (auto listening = server_.listen(); !listening) return listening;
  if (auto listening = socket_.listen(app_.layout().socket); !listening) return listening;
  if (auto started = api_.start(); !started) return started;
  announce();  // before the first answer: whoever gets that finds this in the log
  server_.start();
  start_background();
  signals_.async_wait([this](boost::system::error_code, int signal) { begin_stop(signal); });
  control_.run();  // until nothing is left to wait for: the signal came, and everything has ended

  drain_.join();
  app_.accesses().flush_blocking();
  app_.log().info("stopped", {{"all_finished", all_finished_}});
  return {};
}

void Service::announce() const {
  const Config& config = app_.config();
  app_.log().info("retention", {{"rule", images::describe(retention_rule(config))}});
  app_.log().info("ready", {{"port", server_.port()},
                            {"url", config.public_base_url},
                            {"images", config.images.string()},
                            {"database", config.database.string()},
                            {"provider", app_.providers().default_provider().name()},
                            {"version", LIGHTFAST_VERSION}});
}

void Service::start_background() {
  background_.repeat("database check", check_pause, [this] { return check_database(); });
  background_.repeat("accesses", access_flush_pause, [this] { return app_.accesses().flush(); });
  background_.repeat("uses of keys", key_use_pause, [this] { return api_.keys().flush_uses(); });
  background_.repeat("old jobs", old_jobs_pause, [this] { return forget_old_jobs(); });
  background_.repeat("webhooks", webhook_pause, [this] { return api_.webhooks().send_due(); });
  background_.repeat("ballast", ballast_pause, [this] { return keep_ballast(); });
  background_.repeat("memory", memory_pause, [this] { return give_back_memory(); });
  background_.repeat("cleanup", cleanup_pause, [this] { return clean_up_in_time(); });
  background_.repeat("alerts", alert_pause, [this] { return alert_sender_.send_due(); });
  background_.repeat("scrub", scrub_pause, [this] { return scrub(); });
}

// Once, or again until the file could be read to its end. Only a sound database tells strays from images: the sweep
// comes after the check.
Task<void> Service::check_database() {
  if (checked_ || background_.stop_token().stop_requested()) co_return;
  const auto started = std::chrono::steady_clock::now();
  auto sound = co_await app_.upkeep().workers.run(
      [this]() -> Result<void> { return app_.database().quick_check(background_.stop_token()); });
  checked_ = sound || sound.error().code == Errc::damaged;
  if (!sound) {
    if (!checked_ && !background_.stop_token().stop_requested()) {
      app_.log().warning("the database could not be checked and will be again", {{"reason", explain(sound.error())}});
    }
    co_return;
  }
  const auto took = std::chrono::steady_clock::now() - started;
  app_.log().info("the database is sound",
                  {{"checked_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  co_await sweep_strays();
}

Task<void> Service::sweep_strays() {
  auto swept = co_await sweep_.run(background_.stop_token());
  if (!swept) app_.log().warning("the sweep for stray files did not finish", {{"reason", explain(swept.error())}});
}

Task<void> Service::forget_old_jobs() {
  auto forgotten = co_await api_.job_store().clean_up();
  if (!forgotten) app_.log().warning("old jobs could not be forgotten", {{"reason", forgotten.error().detail}});
}

Task<void> Service::keep_ballast() {
  if (app_.ballast().missing_bytes() == 0) co_return;
  co_await app_.upkeep().workers.run([this]() -> Result<void> {
    app_.ballast().keep();
    return {};
  });
}

// What was freed between things that are still held stays with the process otherwise: as much again as the cache holds,
// once its answers have come and gone.
Task<void> Service::give_back_memory() {
  co_await app_.upkeep().workers.run([]() -> Result<void> {
    ::malloc_trim(0);
    return {};
  });
}

// Where its workers are all busy, it comes a second later.
Task<void> Service::clean_up_in_time() {
  co_await app_.upkeep().workers.run([this]() -> Result<void> {
    if (app_.database().require_changeable()) scheduler_.step(background_.stop_token());
    return {};
  });
}

Task<void> Service::scrub() {
  auto scrubbed = co_await app_.upkeep().workers.run([this] {
    lifecycle::Pace pace(scrub_bytes_per_second, background_.stop_token());
    return app_.upkeep().scrub.run(std::ref(pace), background_.stop_token());
  });
  if (!scrubbed) app_.log().warning("the scrub did not finish", {{"reason", explain(scrubbed.error())}});
}

// Requests finish first, since they wait for jobs; then jobs may, until the time is over. What is not finished by then
// stands in the database, and goes on after the next start.
void Service::begin_stop(int signal) {
  app_.log().info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  background_.stop();
  upkeep_.stop();
  socket_.stop();
  job_deadline_.expires_after(job_drain_time);
  job_deadline_.async_wait([this](boost::system::error_code) { end(); });
  drain_ = std::thread([this] {
    all_finished_ = server_.stop(drain_time);
    asio::post(control_, [this] { let_jobs_finish(); });
  });
}

void Service::let_jobs_finish() {
  if (ended_) return;
  if (api_.jobs().active() == 0) {
    job_deadline_.cancel();
    return;
  }
  job_check_.expires_after(job_check_pause);
  job_check_.async_wait([this](boost::system::error_code) { let_jobs_finish(); });
}

void Service::end() {
  ended_ = true;
  api_.jobs().stop();
  app_.close_clients();
}

}  // namespace

Result<void> serve_until_signal(const Config& config, Logger& log) {
  // First of all and to the end: a signal that comes early is not lost, one that comes twice cuts nothing short.
  asio::io_context control{1};
  asio::signal_set signals(control, SIGTERM, SIGINT);
  use_time_zone(config.time_zone);
  auto app = App::open(config, log, OpenMode::create);
  if (!app) return app.error();
  auto secrets = load_secrets(**app);
  if (!secrets) return secrets.error();
  add_gauges((*app)->metrics(), **app);
  Service service(**app, control, signals, *secrets);
  return service.run();
}

}  // namespace lightfast
