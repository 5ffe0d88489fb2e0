// GET /v1/resolve: the hosted image that a provider's URL became.
#pragma once

#include "server/guard/caller.h"
#include "server/http/message.h"
#include "server/images/image_urls.h"
#include "server/images/retention_rule.h"
#include "server/images/source_lookup.h"

namespace lightfast::routes {

class ResolveRoutes {
 public:
  ResolveRoutes(images::SourceLookup& sources, const images::ImageUrls& urls, const images::RetentionRule& rule)
      : sources_(sources), urls_(urls), rule_(rule) {}

  Task<Result<http::Response>> resolve(http::Request& request, guard::Caller caller);

 private:
  images::SourceLookup& sources_;
  const images::ImageUrls& urls_;
  images::RetentionRule rule_;
};

}  // namespace lightfast::routes
