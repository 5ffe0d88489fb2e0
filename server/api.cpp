#include "server/api.h"

#include "server/jobs/once.h"
#include "server/routes/routes.h"

namespace lightfast {
namespace {

jobs::RunnerSettings runner_settings(const Config& config) {
  jobs::RunnerSettings settings;
  settings.provider_timeout = std::chrono::seconds(config.provider_timeout_seconds);
  settings.hosting_enabled = config.hosting_enabled;
  if (config.public_base_url.starts_with("https://")) settings.webhook_base_url = config.public_base_url;
  return settings;
}

// Jobs and everything that works on them.
struct Jobs {
  Jobs(App& app, boost::asio::any_io_executor executor, const images::UrlSigner& signer, const std::string& signing_key)
      : store(app.database(), app.readers(), app.clock()),
        answers(app.urls(), retention_rule(app.config())),
        sources(app.urls(), signer, app.opener(), app.readers(),
                std::chrono::seconds(app.config().provider_timeout_seconds)),
        runner(store, app.ingest(), app.downloader(), app.providers(), sources, app.ids(), app.clock(), app.log(),
               app.metrics(), app.alerts(), ended, app.sleep(), runner_settings(app.config())),
        service(std::move(executor), store, runner, ended, answers, app.ids(), app.clock(), app.log()),
        once(store, app.log()),
        webhooks(store, service, answers, app.download_client(), signing_key, app.clock(), app.log()) {}

  jobs::JobStore store;
  jobs::Waiters ended;
  jobs::JobAnswers answers;
  jobs::SourceImages sources;
  jobs::JobRunner runner;
  jobs::JobService service;
  jobs::Once once;
  jobs::WebhookSender webhooks;
};

std::string bearer(const std::string& key) {
  return key.empty() ? std::string() : "Bearer " + key;
}

// What the providers' own SDKs may call.
struct DropIns {
  DropIns(App& app, Jobs& jobs, const guard::ApiKeyGuard& keys, guard::RateLimits& limits, const Secrets& secrets)
      : customers(keys, app.config().dropin_open),
        caller(app.drop_in_client(), app.clock(), app.sleep(),
               std::chrono::seconds(app.config().provider_timeout_seconds)),
        follower(app.download_client(), app.clock(), app.sleep(),
                 std::chrono::seconds(app.config().provider_timeout_seconds)),
        rehost(jobs.service, app.ingest(), app.urls(), app.cpu(), app.clock(), app.log(), app.metrics(),
               app.config().hosting_enabled),
        common({customers, limits.writing, caller, follower, rehost, app.cpu(), app.clock(), app.log(), app.metrics()}),
        links(secrets.signing_keys, proxy::for_drop_in_links),
        webhooks(app.download_client(), app.urls(), links, secrets.signing_keys.front(), app.clock(), app.log(),
                 app.metrics()),
        replicate(common,
                  {"replicate", app.config().providers.replicate.base_url, bearer(app.config().providers.replicate.key),
                   "REPLICATE_API_TOKEN", proxy::replicate_error},
                  app.urls(), links, webhooks),
        openai(common, {"openai", app.config().providers.openai.base_url, bearer(app.config().providers.openai.key),
                        "OPENAI_API_KEY", proxy::openai_error}),
        fal(common, app.config().providers.fal, webhooks) {}

  const proxy::CustomerGuard customers;
  proxy::ProviderCaller caller;
  proxy::ProviderCaller follower;
  proxy::Rehost rehost;
  proxy::DropIn common;
  const images::UrlSigner links;
  proxy::CallerWebhooks webhooks;
  proxy::ReplicateDropIn replicate;
  proxy::OpenAiDropIn openai;
  proxy::FalDropIn fal;
};

// Everything that answers a request.
struct Handlers {
  Handlers(App& app, fast::AnswerCache& cache, Jobs& jobs, const guard::KeyRing& keys, const guard::Tokens& tokens,
           const images::UrlSigner& signer, const images::UrlSigner& upload_signer)
      : guard(keys, tokens, app.clock()),
        limits(app.metrics(), app.clock(), app.config().rate_limit_serve, app.config().rate_limit_write),
        hotlinks(app.config().hotlink_allow_hosts, {app.config().public_base_url, app.config().cdn_base_url}),
        signed_urls(app.images(), app.urls(), signer, app.clock()),
        health(app.database(), app.room(), app.readers(), app.instance()),
        hosted(guard, hotlinks, signer, app.opener(), app.accesses(), jobs.service, cache, app.clock()),
        images(app.images(), app.urls(), retention_rule(app.config())),
        collections(app.collections(), app.urls(), retention_rule(app.config())),
        users(app.users(), retention_rule(app.config())),
        uploads(app.ingest(), jobs.once, app.urls()),
        tickets(upload_signer, keys, app.ingest(), app.images(), app.urls(), app.ids(), app.clock()),
        own_images(app.opener(), jobs.service, jobs.sources, app.urls(), signer, app.clock()),
        generation(jobs.service, jobs.once, app.ingest(), app.providers(), own_images, app.urls(),
                   {app.config().keep_source_on_failure, app.config().hosting_enabled}),
        jobs_of(jobs.service, jobs.answers),
        sources(app.database(), app.readers()),
        resolving(sources, app.urls(), retention_rule(app.config())),
        webhooks(jobs.service, app.providers(), app.clock()),
        signing(signed_urls, jobs.service),
        token(tokens, app.clock()),
        metrics(app.metrics(), app.readers()),
        admin(app.upkeep()) {}

  http::Router router(const Config& config, DropIns& drop_ins) {
    return routes::make_router({guard,
                                limits,
                                health,
                                hosted,
                                images,
                                collections,
                                users,
                                uploads,
                                tickets,
                                generation,
                                jobs_of,
                                resolving,
                                webhooks,
                                signing,
                                token,
                                metrics,
                                admin,
                                openapi,
                                drop_ins.replicate,
                                drop_ins.openai,
                                drop_ins.fal},
                               http::Cors(config.cors_allow_origins));
  }

  guard::ApiKeyGuard guard;
  guard::RateLimits limits;
  const guard::Hotlinks hotlinks;
  images::SignedUrls signed_urls;
  routes::HealthRoutes health;
  routes::HostedRoutes hosted;
  routes::ImageRoutes images;
  routes::CollectionRoutes collections;
  routes::UserRoutes users;
  routes::UploadRoutes uploads;
  routes::TicketRoutes tickets;
  routes::OwnImages own_images;
  routes::GenerationRoutes generation;
  routes::JobRoutes jobs_of;
  images::SourceLookup sources;
  routes::ResolveRoutes resolving;
  routes::WebhookRoutes webhooks;
  routes::SignRoutes signing;
  routes::TokenRoutes token;
  routes::MetricsRoutes metrics;
  routes::AdminRoutes admin;
  routes::OpenApiRoutes openapi;
};

}  // namespace

struct Api::Parts {
  Parts(App& app_given, fast::AnswerCache& cache, boost::asio::any_io_executor executor, const Secrets& secrets)
      : app(app_given),
        ring(secrets.api_keys),
        keys(app.database(), app.readers(), ring, app.clock(), app.log()),
        signer(secrets.signing_keys),
        jobs(app, std::move(executor), signer, secrets.signing_keys.front()),
        upload_signer(secrets.signing_keys, images::for_uploading),
        tokens(secrets.signing_keys, ring),
        handlers(app, cache, jobs, ring, tokens, signer, upload_signer),
        drop_ins(app, jobs, handlers.guard, handlers.limits, secrets),
        router(handlers.router(app.config(), drop_ins)) {}

  App& app;
  guard::KeyRing ring;
  guard::ApiKeys keys;
  const images::UrlSigner signer;
  Jobs jobs;
  const images::UrlSigner upload_signer;
  const guard::Tokens tokens;
  Handlers handlers;
  DropIns drop_ins;
  const http::Router router;
};

Api::Api(App& app, fast::AnswerCache& cache, boost::asio::any_io_executor executor, const Secrets& secrets)
    : parts_(std::make_unique<Parts>(app, cache, std::move(executor), secrets)) {}
Api::~Api() = default;

Result<void> Api::start() {
  const auto loaded = parts_->keys.load();
  if (!parts_->app.database().require_changeable()) return {};  // what a damaged database tells is told, no more
  if (!loaded) return loaded;
  return parts_->jobs.service.recover();
}

const http::Router& Api::router() const {
  return parts_->router;
}
guard::ApiKeys& Api::keys() {
  return parts_->keys;
}
images::SignedUrls& Api::signed_urls() {
  return parts_->handlers.signed_urls;
}
guard::RateLimits& Api::limits() {
  return parts_->handlers.limits;
}
const guard::Hotlinks& Api::hotlinks() const {
  return parts_->handlers.hotlinks;
}
jobs::JobService& Api::jobs() {
  return parts_->jobs.service;
}
jobs::JobStore& Api::job_store() {
  return parts_->jobs.store;
}
jobs::WebhookSender& Api::webhooks() {
  return parts_->jobs.webhooks;
}

}  // namespace lightfast
