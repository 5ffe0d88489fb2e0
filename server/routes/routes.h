// Every URL that the server answers, with its guard and its handler: routes.cpp is the table of contents.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/guard/rate_limiter.h"
#include "server/http/router.h"
#include "server/proxy/fal_drop_in.h"
#include "server/proxy/openai_drop_in.h"
#include "server/proxy/replicate_drop_in.h"
#include "server/routes/admin_routes.h"
#include "server/routes/collection_routes.h"
#include "server/routes/generation_routes.h"
#include "server/routes/health_routes.h"
#include "server/routes/hosted_routes.h"
#include "server/routes/image_routes.h"
#include "server/routes/job_routes.h"
#include "server/routes/metrics_routes.h"
#include "server/routes/openapi_routes.h"
#include "server/routes/resolve_routes.h"
#include "server/routes/sign_routes.h"
#include "server/routes/ticket_routes.h"
#include "server/routes/token_routes.h"
#include "server/routes/upload_routes.h"
#include "server/routes/user_routes.h"
#include "server/routes/webhook_routes.h"

namespace lightfast::routes {

// What the handlers work on; all of it outlives the router.
struct Handlers {
  const guard::ApiKeyGuard& guard;
  guard::RateLimits& limits;
  HealthRoutes& health;
  HostedRoutes& hosted;
  ImageRoutes& images;
  CollectionRoutes& collections;
  UserRoutes& users;
  UploadRoutes& uploads;
  TicketRoutes& tickets;
  GenerationRoutes& generation;
  JobRoutes& jobs;
  ResolveRoutes& resolving;
  WebhookRoutes& webhooks;
  SignRoutes& signing;
  TokenRoutes& tokens;
  MetricsRoutes& metrics;
  AdminRoutes& admin;
  OpenApiRoutes& openapi;
  proxy::ReplicateDropIn& replicate;
  proxy::OpenAiDropIn& openai;
  proxy::FalDropIn& fal;
};

// The pattern of the one route that ready answers (server/fast) are for.
inline constexpr const char* hosted_image = "/v1/images/hosted/{user}/{id}";

http::Router make_router(Handlers handlers, http::Cors cors);

}  // namespace lightfast::routes
