// What a server whose clock jumps is asked for meanwhile.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

#include "base/clock.h"
#include "tests/torture/clock_lane.h"

namespace lightfast::torture {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::chrono::milliseconds window{2200};  // the scheduler looks at the clock twice
constexpr std::chrono::milliseconds pace{30};
constexpr std::chrono::seconds signed_for{3600};
constexpr std::chrono::seconds longest_rounding = std::chrono::days(1);
const std::string careless = "careless";  // a user whose images may go

bool is_id(const std::string& id) {
  return id.size() == 30 && id.starts_with("img_") && id[4] <= '7' &&
         id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 4) == std::string::npos;
}

test::HttpRequest post(const std::string& target, const json::object& body) {
  return {.method = "POST",
          .target = target,
          .headers = {{"Content-Type", "application/json"}},
          .body = json::serialize(body)};
}

std::string user_of(const std::string& path) {
  const std::string file = file_of(path);
  return file.substr(0, file.find('/'));
}

}  // namespace

void ClockLane::work() {
  const auto end = std::chrono::steady_clock::now() + window;
  while (std::chrono::steady_clock::now() < end) {
    act();
    std::this_thread::sleep_for(pace);
  }
}

void ClockLane::act() {
  const auto die = random_() % 100;
  if (die < 25) {
    upload("user" + std::to_string(random_() % 3));
  } else if (die < 30) {
    generate();
  } else if (die < 65) {
    fetch();
  } else if (die < 75) {
    remove();
  } else if (die < 82) {
    restore();
  } else if (die < 88) {
    sign();
  } else if (die < 96) {
    fetch_signed();
  } else {
    clean_up();
  }
}

void ClockLane::upload(const std::string& user) {
  const std::string bytes = TestImage{next_image_++, 16}.bytes();
  const Answer answer = history_->client.upload(user, bytes);
  if (expect(answer, 201, "an upload") && user != careless) add(answer, sha256(bytes));
}

void ClockLane::generate() {
  const Answer answer = history_->client.send(
      post("/v1/images/generate",
           {{"user_id", "user0"}, {"provider", "sample"}, {"prompt", "hour " + std::to_string(next_image_++)}}));
  if (!expect(answer, 201, "a generation")) return;
  const std::string digest(json::parse(answer.body).at("sha256").as_string());
  add(answer, Sha256Digest::from_hex(digest).value());
}

void ClockLane::add(const Answer& answer, const Sha256Digest& digest) {
  const std::string path = path_of(answer);
  const std::string id = id_of(path);
  if (!is_id(id)) violation("no id: " + id);
  if (!history_->ids.insert(id).second) violation("given twice: " + id);
  history_->images[path] = {digest, true_now()};
  report_.add("acknowledged");
}

void ClockLane::fetch() {
  if (history_->images.empty()) return;
  const auto image = any_of(history_->images);
  const Answer answer = history_->client.get(image->first);
  if (!expect(answer, 200, "a read")) return;
  if (sha256(answer.body) != image->second.digest) violation("WRONG BYTES served for " + image->first);
}

void ClockLane::remove() {
  if (history_->images.empty()) return;
  const auto image = any_of(history_->images);
  const Answer answer = history_->client.remove(user_of(image->first), id_of(image->first));
  if (!expect(answer, 204, "a removal")) return;
  image->second.removed = true_now();
  history_->trash.insert(history_->images.extract(image));
}

void ClockLane::restore() {
  if (history_->trash.empty()) return;
  const auto image = any_of(history_->trash);
  const Answer answer = history_->client.restore(user_of(image->first), id_of(image->first));
  const bool restored = expect(answer, 200, "restoring " + image->first);
  auto node = history_->trash.extract(image);
  if (restored) history_->images.insert(std::move(node));
}

void ClockLane::sign() {
  if (history_->images.empty()) return;
  const std::string path = any_of(history_->images)->first;
  const Answer answer = history_->client.send(
      post("/v1/images/sign", {{"user_id", user_of(path)}, {"id", id_of(path)}, {"expires_in", signed_for.count()}}));
  if (!expect(answer, 200, "signing a URL")) return;
  const json::value given = json::parse(answer.body);
  const std::string url(given.at("url").as_string());
  const auto expires_at = parse_iso8601(given.at("expires_at").as_string());
  const Time now = history_->clock.now();
  if (!expires_at || *expires_at < now + signed_for - 1min || *expires_at > now + signed_for + longest_rounding) {
    return violation("a signed URL lasts until " + answer.body);
  }
  history_->signed_url = {path, url.substr(url.find("/v1/")), std::chrono::floor<std::chrono::seconds>(*expires_at)};
}

void ClockLane::fetch_signed() {
  const auto& url = history_->signed_url;
  if (!url || !history_->images.contains(url->image)) return;
  const auto left = url->expires_at - history_->clock.now();
  if (left > -1min && left < 1min) return;
  const Answer answer = history_->client.get_without_key(url->target);
  expect(answer, left > 0s ? 200 : 403, "a signed URL that has " + std::to_string(left.count()) + " s left");
  if (answer.status == 200 && sha256(answer.body) != history_->images.at(url->image).digest) {
    violation("WRONG BYTES served for " + url->target);
  }
}

// Does as it is told, whatever the clock, but to nobody else.
void ClockLane::clean_up() {
  upload(careless);
  const test::CommandResult result = history_->server.run({"cleanup", "--user", careless});
  if (result.exit_code != 0) violation("a cleanup failed: " + result.err);
}

bool ClockLane::expect(const Answer& answer, int status, const std::string& what) {
  if (answer.status == status) return true;
  violation(what + " was answered " + std::to_string(answer.status) + " " + answer.body.substr(0, 200));
  return false;
}

ClockLane::Images::iterator ClockLane::any_of(Images& images) {
  return std::next(images.begin(), static_cast<std::ptrdiff_t>(random_() % images.size()));
}

}  // namespace lightfast::torture
