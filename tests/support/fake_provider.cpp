#include "tests/support/fake_provider.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/fixture_images.h"

namespace lightfast::test {

namespace json = boost::json;

FakeProvider::FakeProvider(Manner manner) : manner_(std::move(manner)) {}

void FakeProvider::fail_makes(std::vector<Fault> faults) {
  const std::lock_guard lock(mutex_);
  faults_.insert(faults_.end(), faults.begin(), faults.end());
}

std::vector<ServedRequest> FakeProvider::makes() const {
  const std::lock_guard lock(mutex_);
  return makes_;
}

std::vector<ServedRequest> FakeProvider::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string FakeProvider::host(FakeFile file, const std::string& name) {
  const std::string target = "/files/" + std::to_string(++pictures_) + "/" + name;
  files_.put(target, std::move(file));
  return delivery_.url(target);
}

std::string FakeProvider::next_png() {
  return png(++pictures_);
}

std::optional<Fault> FakeProvider::take_fault() {
  if (faults_.empty()) return std::nullopt;
  Fault fault = faults_.front();
  faults_.pop_front();
  return fault;
}

ServedAnswer FakeProvider::handle(const ServedRequest& request) {
  std::optional<Fault> fault;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (manner_.is_make(request)) {
      makes_.push_back(request);
      fault = take_fault();
    }
  }
  if (fault && fault->kind == Fault::Kind::answer) return test::answer(fault->status, fault->body, fault->headers);
  if (fault) return {.then = ServedAnswer::Then::reset};
  const bool is_public = !manner_.public_path.empty() && request.target == manner_.public_path;
  if (!is_public && header_of(request, "authorization") != manner_.authorization) {
    return test::answer(401, manner_.refusal, "Content-Type: application/json\r\n");
  }
  return manner_.answer(request);
}

ServedAnswer json_answer(int status, const json::value& body, const std::string& headers) {
  return answer(status, json::serialize(body), "Content-Type: application/json\r\n" + headers);
}

std::string path_of(const ServedRequest& request) {
  return request.target.substr(0, request.target.find('?'));
}

std::string header_of(const ServedRequest& request, const std::string& lower_case_name) {
  const auto found = request.headers.find(lower_case_name);
  return found == request.headers.end() ? "" : found->second;
}

json::object body_of(const ServedRequest& request) {
  boost::system::error_code problem;
  json::value body = json::parse(request.body, problem);
  return problem || !body.is_object() ? json::object() : body.as_object();
}

}  // namespace lightfast::test
