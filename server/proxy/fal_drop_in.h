// /fal/proxy: what fal's own SDKs take for a proxy of theirs, with hosted images in the results. Any thread; it must
// outlive its coroutines.
#pragma once

#include <string>

#include "server/proxy/drop_in.h"
#include "server/proxy/fal_target.h"

namespace lightfast::proxy {

class FalDropIn {
 public:
  static constexpr const char* path = "/fal/proxy";

  FalDropIn(DropIn& common, providers::FalApi api);

  Task<http::Response> handle(http::Request& request);

 private:
  Task<Result<http::Response>> answer(Visit& visit, const std::string& wanted);
  Task<Result<http::Response>> change_result(const Visit& visit, HttpStream answer, fal::Target target);
  Making making_of(const Visit& visit, const boost::json::object& result, const fal::Target& target) const;

  DropIn& common_;
  const providers::FalApi api_;
  const ProviderSettings provider_;
};

}  // namespace lightfast::proxy
