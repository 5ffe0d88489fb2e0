// A request for images as OpenAI's SDKs send it, JSON or multipart/form-data: what of it matters here, and the one
// thing that is taken out. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lightfast::proxy::openai {

// "/images/generations", "/images/edits", "/images/variations".
bool makes_images(std::string_view method, std::string_view path);

// Whether a call concerns nobody but who calls: what is made from its own body, and the public list of models.
bool is_for_one_user(std::string_view method, std::string_view path);

struct ImageRequest {
  std::string model;
  std::string prompt;
  bool wants_url = false;  // response_format: "url"
  // The body without `response_format`, which models that answer with base64 alone refuse; absent: as it was.
  std::optional<std::string> body;
};

// What cannot be read has nothing in it, and goes on as it is: its refusal is the provider's.
ImageRequest read_image_request(std::string_view body, std::string_view content_type);

}  // namespace lightfast::proxy::openai
