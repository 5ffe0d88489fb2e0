// The providers on 127.0.0.1 that make an image in one call: Chutes, Stability, SD WebUI; and Pexels, which finds one.
// Any thread.
#pragma once

#include "tests/support/fake_provider.h"

namespace lightfast::test {

// POST /generate; raw bytes, or JSON where as_json says so.
class FakeChutes final : public FakeProvider {
 public:
  explicit FakeChutes(std::string key = "cpk_fake");
  const std::string& key() const { return key_; }
  std::atomic<bool> as_json = false;

 private:
  const std::string key_;
};

Fault no_capacity();  // Chutes' most common answer

// POST /v2beta/stable-image/generate/{core|ultra|sd3}: a form in, raw bytes out.
class FakeStability final : public FakeProvider {
 public:
  explicit FakeStability(std::string key = "sk-stability");
  const std::string& key() const { return key_; }
  std::atomic<bool> is_filtering = false;

 private:
  const std::string key_;
};

// /sdapi/v1/…, with Basic auth; a grid first and a map last, as some settings have it.
class FakeSdWebUi final : public FakeProvider {
 public:
  FakeSdWebUi();
  std::string url_with_login() const;
};

// GET /v1/search. Nothing is found where the query holds "nothing".
class FakePexels final : public FakeProvider {
 public:
  explicit FakePexels(std::string key = "pexels-fake");
  std::string base_url() const { return url("/v1"); }
  const std::string& key() const { return key_; }

 private:
  ServedAnswer search(const ServedRequest& request);

  const std::string key_;
};

}  // namespace lightfast::test
