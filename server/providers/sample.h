// The built-in provider: draws an image from the prompt without any network, clearly labelled SAMPLE, so that an app
// can be developed and the first command can be tried with no account anywhere. The same prompt gives the same picture.
// Understands width, height, aspect_ratio and num_outputs of `input`, and ignores the rest. Any thread.
#pragma once

#include <boost/json/object.hpp>

#include "base/workers.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

struct SampleShape {
  int width = 512;
  int height = 512;
  int pictures = 1;
};

// Errc::invalid_request: a side outside 16–2048, an aspect ratio that is not like 16:9, more than 4 pictures.
Result<SampleShape> parse_sample_shape(const boost::json::object& input);

// A PNG. Pure; takes some milliseconds of a core.
std::string draw_sample(std::string_view prompt, const SampleShape& shape, int picture);

class Sample final : public Provider {
 public:
  explicit Sample(Workers& workers) : workers_(workers) {}  // they outlive this

  std::string_view name() const override { return "sample"; }
  std::string_view default_model() const override { return "sample"; }
  bool is_free() const override { return true; }
  Result<void> check(const GenerationRequest& request) const override;
  Task<CreateOutcome> create(GenerationRequest request) override;

 private:
  Workers& workers_;
};

}  // namespace lightfast::providers
