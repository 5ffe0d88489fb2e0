// /openai/v1/*: OpenAI's HTTP interface for its own SDKs. Answers with images get hosted URLs, also those of models
// that give none; all else is passed on. Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>

#include "server/proxy/drop_in.h"
#include "server/proxy/openai_request.h"

namespace lightfast::proxy {

class OpenAiDropIn {
 public:
  static constexpr const char* path = "/openai/v1";

  OpenAiDropIn(DropIn& common, ProviderSettings provider) : common_(common), provider_(std::move(provider)) {}

  Task<http::Response> handle(http::Request& request);

 private:
  class ImageEvents;

  Task<Result<http::Response>> answer(Visit& visit);
  Task<Result<http::Response>> make_images(Visit& visit);
  Task<Result<http::Response>> change_answer(const Visit& visit, HttpStream answer, Making making, bool wants_url);
  // An object with `url` or `b64_json`; false where it could not be hosted.
  static Task<bool> host(DropIn& common, boost::json::object& image, Making making, bool wants_url,
                         SteadyTime deadline);

  DropIn& common_;
  const ProviderSettings provider_;
};

}  // namespace lightfast::proxy
