// A form with the boundary "B", or JSON, as a request for images.
#include <string>

#include "server/proxy/openai_request.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::proxy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto form = openai::read_image_request(body, "multipart/form-data; boundary=B");
  if (form.body) {
    expect(form.body->size() < body.size(), "something was taken out");
    const auto left = openai::read_image_request(*form.body, "multipart/form-data; boundary=B");
    expect(left.model == form.model || left.model.empty() || left.body, "nothing but the one field was taken out");
  }
  openai::read_image_request(body, "application/json");
  return 0;
}
