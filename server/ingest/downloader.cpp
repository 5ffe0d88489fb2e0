#include "server/ingest/downloader.h"

#include <algorithm>
#include <charconv>

#include "server/ingest/download_sink.h"

namespace lightfast::ingest {
namespace {

using std::chrono::milliseconds;

constexpr int max_redirects = 5;
constexpr int max_broken_repeats = 3;
constexpr milliseconds fresh_window{10'000};   // a delivery network may need that long to know a new file
constexpr milliseconds settled_window{2'000};  // a hiccup of the source's
constexpr milliseconds first_delay{250};
constexpr milliseconds longest_delay{2'000};
constexpr milliseconds writers_delay{100};
constexpr std::uint64_t low_speed_bytes_per_second = 1'000;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

Error status_error(const HttpAnswer& answer) {
  const std::string said = answer.url.host + " answered " + std::to_string(answer.status);
  if (answer.status == 403 || answer.status == 404 || answer.status == 410) {
    return {Errc::source_gone, "the source is gone: " + said};
  }
  return {Errc::download_failed, said};
}

std::optional<milliseconds> retry_after(const HttpAnswer& answer) {
  const auto header = find_header(answer.headers, "Retry-After");
  if (!header) return std::nullopt;
  long seconds = 0;
  const auto [end, problem] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (problem != std::errc() || end != header->data() + header->size() || seconds < 0 || seconds > 86'400) {
    return std::nullopt;
  }
  return std::chrono::seconds(seconds);
}

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
         });
}

}  // namespace

// What one try came to, and what another might.
struct Downloader::Attempt {
  enum class Next {
    give_up,      // no other try helps
    wait_for_it,  // it may be there soon: while the window lasts
    repeat,       // the connection broke: a few times, whatever the window
  };

  static Attempt done(Download download) { return {std::move(download), {}, Next::give_up, std::nullopt}; }
  static Attempt failed(Error error, Next next, std::optional<milliseconds> pause = std::nullopt) {
    return {std::nullopt, std::move(error), next, pause};
  }

  std::optional<Download> download;
  Error error;
  Next next = Next::give_up;
  std::optional<milliseconds> pause;  // asked for by the source
};

// A final answer, redirects behind it, or why there is none.
struct Downloader::Fetched {
  std::optional<HttpAnswer> answer;
  Attempt failure;
};

HttpClientOptions download_client_options(const AddressGuard& guard) {
  HttpClientOptions options;
  options.name = "download";
  options.address_policy = [&guard](const sockaddr& address) { return guard.allows(address); };
  return options;
}

std::string describe_other_than_image(std::string_view first_bytes) {
  if (first_bytes.starts_with("\xEF\xBB\xBF")) first_bytes.remove_prefix(3);
  const auto begin = first_bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  first_bytes.remove_prefix(begin);
  for (const char* word : {"<!doctype html", "<html", "<head", "<body", "<script", "<title"}) {
    if (begins_with_word(first_bytes, word)) return "an HTML page";
  }
  if (begins_with_word(first_bytes, "<svg")) return "an SVG drawing";
  if (begins_with_word(first_bytes, "<?xml") || begins_with_word(first_bytes, "<error")) return "an XML document";
  if (first_bytes[0] == '{' || first_bytes[0] == '[') return "JSON";
  const bool is_text = std::all_of(first_bytes.begin(), first_bytes.end(), [](char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
  });
  return is_text ? "text" : "";
}

milliseconds Downloader::left_until(SteadyTime deadline) const {
  return std::chrono::ceil<milliseconds>(deadline - parts_.clock.steady_now());
}

Task<Result<Download>> Downloader::download(DownloadRequest request) {
  const SteadyTime begun = parts_.clock.steady_now();
  const SteadyTime deadline = begun + limits_.timeout;
  const SteadyTime window_end = begun + (request.age == SourceAge::fresh ? fresh_window : settled_window);
  milliseconds own_delay = first_delay;
  int broken = 0;
  while (true) {
    Attempt made = co_await attempt(request, deadline);
    if (made.download) co_return std::move(*made.download);
    if (made.next == Attempt::Next::give_up) co_return std::move(made.error);
    const milliseconds delay = made.pause ? std::max(*made.pause, own_delay) : own_delay;
    const SteadyTime again = parts_.clock.steady_now() + delay;
    const bool may_repeat = made.next == Attempt::Next::repeat && ++broken <= max_broken_repeats;
    if (again >= deadline || (again > window_end && !may_repeat)) co_return std::move(made.error);
    co_await parts_.sleep(delay);
    own_delay = std::min(own_delay * 2, longest_delay);
  }
}

Task<Result<SpoolWriter>> Downloader::open_spool(SteadyTime deadline) {
  auto open = [this] { return SpoolWriter::create(parts_.storage, limits_.max_bytes); };
  auto spool = co_await parts_.writers.run(open);
  while (!spool && spool.error().code == Errc::overloaded && left_until(deadline) > writers_delay) {
    co_await parts_.sleep(writers_delay);
    spool = co_await parts_.writers.run(open);
  }
  co_return spool;
}

HttpCall Downloader::call_for(const HttpUrl& url, const DownloadRequest& request, SteadyTime deadline) const {
  HttpCall call;
  call.url = url.str();
  call.headers = {{"Accept", "*/*"}, {"Accept-Encoding", "identity"}};
  if (request.credential && url.origin() == request.credential->origin) {
    call.headers.emplace_back("Authorization", "Bearer " + request.credential->bearer);
  }
  call.timeout = left_until(deadline);
  call.low_speed_bytes_per_second = low_speed_bytes_per_second;
  call.max_body_bytes = limits_.max_bytes;
  return call;
}

// One chain of redirects, followed by hand so that every hop is judged. The address itself is judged where the
// connection is opened.
Task<Downloader::Fetched> Downloader::fetch(const DownloadRequest& request, std::shared_ptr<DownloadSink> sink,
                                            SteadyTime deadline) {
  using Next = Attempt::Next;
  auto parsed = parse_http_url(request.url);
  if (!parsed) co_return Fetched{{}, Attempt::failed(parsed.error(), Next::give_up)};
  HttpUrl url = std::move(*parsed);
  bool was_downgraded = false;
  for (int redirects = 0;; ++redirects) {
    if (left_until(deadline) <= milliseconds(0)) {
      co_return Fetched{{},
                        Attempt::failed({Errc::download_timeout, url.host + " did not answer in time"}, Next::give_up)};
    }
    HttpCall call = call_for(url, request, deadline);
    call.valve = sink->valve();
    call.sink = [sink](std::span<const std::byte> piece) { return sink->take(piece); };
    if (was_downgraded) {
      call.narrower = [this](const sockaddr& address) { return parts_.guard.is_explicitly_allowed(address); };
    }
    HttpResult result = co_await parts_.client.fetch(std::move(call));
    if (!result) co_return Fetched{{}, broken(result.error().error, deadline)};
    const auto location = find_header(result->headers, "Location");
    if (!is_redirect(result->status) || !location) co_return Fetched{std::move(*result), {}};
    if (redirects == max_redirects) {
      co_return Fetched{
          {}, Attempt::failed({Errc::download_forbidden, "the source redirects more than 5 times"}, Next::give_up)};
    }
    auto next = resolve_location(url, *location);
    if (!next) {
      co_return Fetched{{},
                        Attempt::failed({Errc::download_forbidden,
                                         "the source redirects to what is not fetched: " + next.error().detail},
                                        Next::give_up)};
    }
    // From https to http only within networks that the operator allows.
    was_downgraded = was_downgraded || (url.scheme == "https" && next->scheme == "http");
    url = std::move(*next);
  }
}

Downloader::Attempt Downloader::broken(Error error, SteadyTime deadline) const {
  const bool is_over = left_until(deadline) <= milliseconds(0);
  const bool may_heal = error.code == Errc::download_failed || error.code == Errc::overloaded ||
                        (error.code == Errc::download_timeout && !is_over);
  return Attempt::failed(std::move(error), may_heal ? Attempt::Next::repeat : Attempt::Next::give_up);
}

Task<Downloader::Attempt> Downloader::attempt(const DownloadRequest& request, SteadyTime deadline) {
  using Next = Attempt::Next;
  auto spool = co_await open_spool(deadline);
  if (!spool) co_return Attempt::failed(spool.error(), Next::give_up);
  const auto sink = std::make_shared<DownloadSink>(std::move(*spool), parts_.writers);
  Fetched fetched = co_await fetch(request, sink, deadline);
  if (!fetched.answer) co_return std::move(fetched.failure);
  const HttpAnswer& answer = *fetched.answer;
  if (answer.status != 200) {
    const bool is_absent_yet = request.age == SourceAge::fresh && (answer.status == 403 || answer.status == 404);
    const bool may_come = is_absent_yet || is_passing(answer.status);
    co_return Attempt::failed(status_error(answer), may_come ? Next::wait_for_it : Next::give_up, retry_after(answer));
  }
  auto finish = [sink] { return sink->finish(); };
  auto written = co_await parts_.writers.run(finish);
  while (!written && written.error().code == Errc::overloaded && left_until(deadline) > writers_delay) {
    co_await parts_.sleep(writers_delay);
    written = co_await parts_.writers.run(finish);
  }
  if (!written) co_return Attempt::failed(written.error(), Next::give_up);
  if (written->size_bytes == 0) {
    co_return Attempt::failed({Errc::download_failed, answer.url.host + " answered with an empty body"}, Next::repeat);
  }
  Download download{std::move(written->spooled), written->size_bytes,
                    std::string(find_header(answer.headers, "Content-Type").value_or("")),
                    describe_other_than_image(written->first_bytes)};
  if (request.prove) {
    const Result<void> proven = co_await request.prove(*download.bytes.spool);
    if (!proven) {
      const bool may_be_cut = request.age == SourceAge::fresh && proven.error().code == Errc::invalid_image;
      co_return Attempt::failed(proven.error(), may_be_cut ? Next::repeat : Next::give_up);
    }
  }
  co_return Attempt::done(std::move(download));
}

}  // namespace lightfast::ingest
