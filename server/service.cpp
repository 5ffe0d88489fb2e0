#include "server/service.h"

#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stop_token>
#include <thread>

#include "server/admin/admin_commands.h"
#include "server/admin/admin_socket.h"
#include "server/app.h"
#include "server/guard/access_log.h"
#include "server/guard/api_key_guard.h"
#include "server/guard/generated_key.h"
#include "server/http/server.h"
#include "server/lifecycle/stray_sweep.h"
#include "server/routes/routes.h"

namespace lightfast {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds drain_time{25};
constexpr std::chrono::seconds access_flush_interval{1};

class Service {
 public:
  Service(App& app, asio::io_context& control, asio::signal_set& signals, const std::vector<std::string>& keys)
      : app_(app), control_(control), signals_(signals), guard_(keys),
        health_(app.database(), app.storage(), app.readers(), app.ingest().limits().min_free_bytes),
        hosted_(guard_, app.opener(), app.accesses()), images_(app.images(), app.urls(), retention_rule(app.config())),
        uploads_(app.ingest(), app.urls()), router_(routes::make_router({guard_, health_, hosted_, images_, uploads_})),
        access_log_(app.log()),
        server_(server_options(app.config()), router_, app.ids(), app.clock(), app.log(),
                [this](const http::Exchange& exchange) { access_log_.write(exchange); }),
        commands_(app.images(), app.urls(), app.database(), app.readers(), retention_rule(app.config())),
        socket_(control_.get_executor(), commands_, app.log()),
        sweep_(app.storage(), app.database(), app.ingest().in_flight(), app.readers(), app.log()) {}

  Result<void> run();

 private:
  static http::ServerOptions server_options(const Config& config);
  void announce() const;
  Task<void> flush_accesses();
  Task<void> clean_up();

  App& app_;
  asio::io_context& control_;  // signals, the admin socket and background work, on the main thread
  asio::signal_set& signals_;
  guard::ApiKeyGuard guard_;
  routes::HealthRoutes health_;
  routes::HostedRoutes hosted_;
  routes::ImageRoutes images_;
  routes::UploadRoutes uploads_;
  http::Router router_;
  guard::AccessLog access_log_;
  http::Server server_;
  admin::AdminCommands commands_;
  admin::AdminSocket socket_;
  lifecycle::StraySweep sweep_;
  asio::steady_timer flush_timer_{control_};
  std::stop_source stopping_;
};

http::ServerOptions Service::server_options(const Config& config) {
  http::ServerOptions options;
  options.host = config.host;
  options.port = config.port;
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  options.tcp_congestion = config.tcp_congestion;
  return options;
}

Result<void> Service::run() {
  ::signal(SIGPIPE, SIG_IGN);
  if (auto listening = server_.listen(); !listening) return listening;
  if (auto listening = socket_.listen(app_.layout().socket); !listening) return listening;
  server_.start();
  announce();

  asio::co_spawn(control_, flush_accesses(), asio::detached);
  asio::co_spawn(control_, clean_up(), asio::detached);
  signals_.async_wait([this](boost::system::error_code, int signal) {
    app_.log().info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    stopping_.request_stop();
    flush_timer_.cancel();
    socket_.stop();
  });
  control_.run();  // until nothing is left: the signal came, admin commands and background work have ended

  const bool all_finished = server_.stop(drain_time);
  app_.accesses().flush_blocking();
  app_.log().info("stopped", {{"all_finished", all_finished}});
  return {};
}

void Service::announce() const {
  const Config& config = app_.config();
  app_.log().info("retention", {{"rule", images::describe(retention_rule(config))}});
  app_.log().info("ready", {{"port", server_.port()},
                            {"url", config.public_base_url},
                            {"images", config.images.string()},
                            {"database", config.database.string()},
                            {"version", LIGHTFAST_VERSION}});
}

Task<void> Service::flush_accesses() {
  while (!stopping_.stop_requested()) {
    boost::system::error_code cancelled;
    flush_timer_.expires_after(access_flush_interval);
    co_await flush_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_await app_.accesses().flush();
  }
}

Task<void> Service::clean_up() {
  auto moved = co_await sweep_.run(stopping_.get_token());
  if (!moved) app_.log().warning("the sweep for stray files did not finish", {{"reason", moved.error().detail}});
}

}  // namespace

Result<void> serve_until_signal(const Config& config, Logger& log) {
  // First of all and to the end: a signal that comes early is not lost, one that comes twice cuts nothing short.
  asio::io_context control{1};
  asio::signal_set signals(control, SIGTERM, SIGINT);
  auto app = App::open(config, log, OpenMode::create);
  if (!app) return app.error();
  std::vector<std::string> keys = config.api_keys;
  if (keys.empty()) {
    auto generated = guard::generated_key((*app)->layout().api_key);
    if (!generated) return generated.error();
    log.info(generated->is_new ? "made an API key" : "using the generated API key",
             {{"file", (*app)->layout().api_key.string()}});
    keys.push_back(generated->key);
  }
  Service service(**app, control, signals, keys);
  return service.run();
}

}  // namespace lightfast
