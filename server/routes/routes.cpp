#include "server/routes/routes.h"

#include <limits>

#include "server/http/error_response.h"

namespace lightfast::routes {
namespace {

using guard::Scope;
using http::Method;

template <class Object>
using OpenHandler = Task<Result<http::Response>> (Object::*)(http::Request&);
template <class Object>
using GuardedHandler = Task<Result<http::Response>> (Object::*)(http::Request&, guard::Caller);

// Anyone may.
template <class Object>
http::Handler open(Object& object, OpenHandler<Object> handler) {
  return [&object, handler](http::Request& request) -> Task<http::Response> {
    auto response = co_await (object.*handler)(request);
    if (!response) co_return http::error_response(response.error());
    co_return std::move(*response);
  };
}

// Only with a key of that scope.
template <class Object>
http::Handler needs(const guard::ApiKeyGuard& guard, Scope scope, Object& object, GuardedHandler<Object> handler) {
  return [&guard, scope, &object, handler](http::Request& request) -> Task<http::Response> {
    auto caller = guard.require(request, scope);
    if (!caller) co_return http::error_response(caller.error());
    request.caller = caller->key_name;
    auto response = co_await (object.*handler)(request, std::move(*caller));
    if (!response) co_return http::error_response(response.error());
    co_return std::move(*response);
  };
}

using Counted = std::function<guard::Subject(http::Request&)>;

guard::Subject address_of(http::Request& request) {
  return guard::Subject::of(request.client_address);
}

// A key, whoever uses it from wherever; an address where there is none that is valid.
Counted key_or_address(const guard::ApiKeyGuard& guard) {
  return [&guard](http::Request& request) {
    const auto caller = guard.identify(request);
    if (!caller || !*caller) return address_of(request);
    request.caller = (*caller)->key_name;
    return guard::Subject::of((*caller)->identity());
  };
}

// As often as the limiter lets whoever is counted.
http::Handler limited(guard::RateLimiter& limiter, Counted counted, http::Handler handler) {
  if (!limiter.is_on()) return handler;
  return [&limiter, counted = std::move(counted),
          handler = std::move(handler)](http::Request& request) -> Task<http::Response> {
    const auto taken = limiter.take(counted(request));
    if (!taken.is_allowed) co_return limiter.refuse(taken);
    auto response = co_await handler(request);
    const bool is_kept_by_caches = response.echoes_request_id_only;  // what stands in it is told to others too
    if (!is_kept_by_caches) guard::RateLimiter::describe(taken, response.headers);
    co_return response;
  };
}

// The handler keeps the limit itself: its refusals are in the provider's words.
constexpr std::uint64_t any_length = std::numeric_limits<std::int64_t>::max();

// What clients of another server call here, each in its own way: whoever is meant answers, refusals too.
template <class DropIn>
http::Route drop_in(DropIn& object, std::string_view beneath = "/*") {
  http::Route route{Method::other, std::string(DropIn::path) + std::string(beneath),
                    [&object](http::Request& request) { return object.handle(request); }, any_length};
  route.fields = http::Cors::Fields::any;
  return route;
}

}  // namespace

http::Router make_router(Handlers h, http::Cors cors) {
  const auto serves = [&](OpenHandler<HostedRoutes> handler) {
    return limited(h.limits.serving, address_of, open(h.hosted, handler));
  };
  const auto takes = [&](OpenHandler<TicketRoutes> handler) {
    return limited(h.limits.writing, address_of, open(h.tickets, handler));
  };
  const auto reads = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return needs(h.guard, Scope::read, object, handler);
  };
  const auto writes = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return limited(h.limits.writing, key_or_address(h.guard), needs(h.guard, Scope::write, object, handler));
  };
  const auto administers = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return limited(h.limits.writing, key_or_address(h.guard), needs(h.guard, Scope::admin, object, handler));
  };

  std::vector<http::Route> routes{
      {Method::get, "/healthz", open(h.health, &HealthRoutes::healthz)},
      {Method::get, "/readyz", open(h.health, &HealthRoutes::readyz)},
      {Method::get, "/metrics", open(h.metrics, &MetricsRoutes::metrics)},
      {Method::get, "/openapi.json", open(h.openapi, &OpenApiRoutes::document)},

      {Method::get, "/v1/images/hosted/{user}", serves(&HostedRoutes::incomplete)},
      {Method::get, "/v1/images/hosted/{user}/{id}", serves(&HostedRoutes::by_id)},
      {Method::get, "/v1/images/hosted/{user}/{collection}/{name}", serves(&HostedRoutes::by_name)},
      {Method::get, "/v1/images/hosted/{user}/{collection}/{name}/{rest}", serves(&HostedRoutes::by_name)},

      {Method::post, "/v1/images/generate", writes(h.generation, &GenerationRoutes::generate),
       h.generation.generate_body_limit()},
      {Method::post, "/v1/images/import", writes(h.generation, &GenerationRoutes::import),
       h.generation.import_body_limit()},
      {Method::get, "/v1/jobs", reads(h.jobs, &JobRoutes::list)},
      {Method::get, "/v1/jobs/{job}", reads(h.jobs, &JobRoutes::get)},
      {Method::post, "/v1/webhooks/{provider}", open(h.webhooks, &WebhookRoutes::receive), WebhookRoutes::body_limit},

      {Method::get, "/v1/resolve", reads(h.resolving, &ResolveRoutes::resolve)},

      {Method::post, "/v1/images/sign", reads(h.signing, &SignRoutes::sign), SignRoutes::body_limit},
      {Method::post, "/v1/images/upload", writes(h.uploads, &UploadRoutes::upload), h.uploads.body_limit()},
      {Method::post, "/v1/uploads", writes(h.tickets, &TicketRoutes::create), TicketRoutes::body_limit},
      {Method::put, "/v1/uploads/{ticket}", takes(&TicketRoutes::receive), h.tickets.image_limit()},
      {Method::post, "/v1/uploads/{ticket}", takes(&TicketRoutes::receive), h.tickets.image_limit()},

      {Method::post, "/v1/tokens", writes(h.tokens, &TokenRoutes::create), TokenRoutes::body_limit},

      {Method::get, "/v1/images/{user}/{id}", reads(h.images, &ImageRoutes::get)},
      {Method::delete_, "/v1/images/{user}/{id}", writes(h.images, &ImageRoutes::remove)},
      {Method::post, "/v1/images/{user}/{id}/restore", writes(h.images, &ImageRoutes::restore)},
      {Method::post, "/v1/images/{user}/{id}/pin", writes(h.images, &ImageRoutes::pin)},
      {Method::post, "/v1/images/{user}/{id}/unpin", writes(h.images, &ImageRoutes::unpin)},

      {Method::get, "/v1/users/{user}/collections", reads(h.collections, &CollectionRoutes::list)},
      {Method::get, "/v1/users/{user}/collections/{collection}", reads(h.collections, &CollectionRoutes::names)},
      {Method::get, "/v1/users/{user}/collections/{collection}/{name}", reads(h.collections, &CollectionRoutes::name)},
      {Method::get, "/v1/users/{user}/collections/{collection}/{name}/{rest}",
       reads(h.collections, &CollectionRoutes::name)},
      {Method::get, "/v1/users/{user}/collections/{collection}/{name}/versions",
       reads(h.collections, &CollectionRoutes::versions)},
      {Method::get, "/v1/users/{user}/collections/{collection}/{name}/{rest}/versions",
       reads(h.collections, &CollectionRoutes::versions)},
      {Method::post, "/v1/users/{user}/collections/{collection}/{name}/current",
       writes(h.collections, &CollectionRoutes::set_current), CollectionRoutes::body_limit},
      {Method::post, "/v1/users/{user}/collections/{collection}/{name}/{rest}/current",
       writes(h.collections, &CollectionRoutes::set_current), CollectionRoutes::body_limit},

      {Method::get, "/v1/users/{user}/images", reads(h.images, &ImageRoutes::list)},
      {Method::get, "/v1/users/{user}/usage", reads(h.users, &UserRoutes::usage)},
      {Method::put, "/v1/users/{user}/limits", administers(h.users, &UserRoutes::set_limits),
       UserRoutes::limits_body_limit},
      {Method::delete_, "/v1/users/{user}", writes(h.users, &UserRoutes::remove)},
      {Method::delete_, "/v1/users/{user}/collections/{collection}", writes(h.users, &UserRoutes::remove_collection)},

      {Method::post, "/v1/admin/cleanup", administers(h.admin, &AdminRoutes::cleanup)},

      drop_in(h.replicate),
      drop_in(h.openai),
      drop_in(h.fal, ""),
      {Method::post, std::string(proxy::FalDropIn::webhooks_path) + "/{order}",
       open(h.fal, &proxy::FalDropIn::take_webhook), proxy::FalDropIn::webhook_limit},
  };
  for (auto& route : routes) {
    route.is_open_to_pages = route.pattern.starts_with("/v1/images/hosted/") ||
                             route.pattern.starts_with("/v1/uploads/") || route.pattern == "/openapi.json";
  }
  return http::Router(std::move(routes), std::move(cors));
}

}  // namespace lightfast::routes
