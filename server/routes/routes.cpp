#include "server/routes/routes.h"

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

}  // namespace

http::Router make_router(Handlers h) {
  const auto reads = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return needs(h.guard, Scope::read, object, handler);
  };
  const auto writes = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return needs(h.guard, Scope::write, object, handler);
  };
  const auto administers = [&]<class Object>(Object& object, GuardedHandler<Object> handler) {
    return needs(h.guard, Scope::admin, object, handler);
  };

  std::vector<http::Route> routes{
      {Method::get, "/healthz", open(h.health, &HealthRoutes::healthz)},
      {Method::get, "/readyz", open(h.health, &HealthRoutes::readyz)},
      {Method::get, "/metrics", open(h.metrics, &MetricsRoutes::metrics)},

      {Method::get, "/v1/images/hosted/{user}", open(h.hosted, &HostedRoutes::incomplete)},
      {Method::get, "/v1/images/hosted/{user}/{id}", open(h.hosted, &HostedRoutes::by_id)},
      {Method::get, "/v1/images/hosted/{user}/{collection}/{name}", open(h.hosted, &HostedRoutes::by_name)},
      {Method::get, "/v1/images/hosted/{user}/{collection}/{name}/{rest}", open(h.hosted, &HostedRoutes::by_name)},

      {Method::post, "/v1/images/generate", writes(h.generation, &GenerationRoutes::generate),
       h.generation.generate_body_limit()},
      {Method::post, "/v1/images/import", writes(h.generation, &GenerationRoutes::import),
       h.generation.import_body_limit()},
      {Method::get, "/v1/jobs/{job}", reads(h.generation, &GenerationRoutes::job)},
      {Method::post, "/v1/webhooks/{provider}", open(h.webhooks, &WebhookRoutes::receive), WebhookRoutes::body_limit},

      {Method::post, "/v1/images/sign", reads(h.signing, &SignRoutes::sign), SignRoutes::body_limit},
      {Method::post, "/v1/images/upload", writes(h.uploads, &UploadRoutes::upload), h.uploads.body_limit()},

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
  };
  for (auto& route : routes) route.cors = route.pattern.starts_with("/v1/images/hosted/");
  return http::Router(std::move(routes));
}

}  // namespace lightfast::routes
