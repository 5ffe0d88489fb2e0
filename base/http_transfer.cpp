#include "base/http_transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/ip_address.h"

namespace lightfast {
namespace {

constexpr std::size_t max_head_bytes = 65'536;
constexpr std::uint64_t max_error_body_bytes = 1 << 20;
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           token_marks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

}  // namespace

// What libcurl calls. Nothing is thrown through it.
struct HttpTransfer::Callbacks {
  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<HttpTransfer*>(self)->on_header({data, size * count});
  }

  static std::size_t body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    try {
      return transfer.on_body(std::as_bytes(std::span(data, size * count)));
    } catch (const std::exception& problem) {
      transfer.own_error_ = Error{Errc::internal, std::string("taking an answer: ") + problem.what()};
      return 0;
    }
  }

  static int progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
    return static_cast<HttpTransfer*>(self)->stalls(static_cast<std::uint64_t>(received)) ? 1 : 0;
  }

  // Sees every address about to be connected to: after DNS, for each try of happy eyeballs.
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    if (purpose != CURLSOCKTYPE_IPCXN || !transfer.admits(address->addr)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  // The second belt: sees reused connections too.
  static int before_request(void* self, char* remote, char*, int, int) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const auto address = IpAddress::parse(remote);
    if (!address) return CURL_PREREQFUNC_ABORT;
    const bool admitted =
        address->with_sockaddr([&](const sockaddr& socket_address) { return transfer.admits(socket_address); });
    return admitted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }
};

HttpTransfer::HttpTransfer(HttpCall call, HttpUrl url, const HttpClientOptions& options,
                           std::function<void(HttpResult)> done)
    : call_(std::move(call)), options_(options), done_(std::move(done)) {
  answer_.url = std::move(url);
}

HttpTransfer::~HttpTransfer() {
  if (easy_) curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(header_list_));
  curl_slist_free_all(static_cast<curl_slist*>(resolve_list_));
}

Result<HttpUrl> HttpTransfer::check(const HttpCall& call) {
  if (!is_token(call.method)) return Error{Errc::invalid_request, "'" + call.method + "' is no HTTP method"};
  for (const auto& [name, value] : call.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      return Error{Errc::invalid_request, "the header " + name + " holds characters that a header cannot hold"};
    }
  }
  return parse_http_url(call.url);
}

void* HttpTransfer::prepare() {
  began_ = std::chrono::steady_clock::now();
  easy_ = curl_easy_init();
  if (!easy_) return nullptr;
  set_request();
  set_headers();
  set_limits();
  set_guards();
  return easy_;
}

// The URL given to libcurl holds the origin alone; path and query go to the wire through CURLOPT_REQUEST_TARGET, which
// it does not read, so that no byte of a signed URL is normalised.
void HttpTransfer::set_request() {
  const HttpUrl& url = answer_.url;
  set(easy_, CURLOPT_URL, (url.origin() + "/").c_str());
  set(easy_, CURLOPT_REQUEST_TARGET, url.target.c_str());
  set(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(easy_, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (call_.method == "HEAD") set(easy_, CURLOPT_NOBODY, 1L);
  const bool takes_body = call_.method == "POST" || call_.method == "PUT" || call_.method == "PATCH";
  const bool has_body = takes_body || (!call_.body.empty() && call_.method != "HEAD");
  if (has_body) {
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
    set(easy_, CURLOPT_POSTFIELDS, call_.body.c_str());
  }
  const bool is_usual = call_.method == "HEAD" || call_.method == (has_body ? "POST" : "GET");
  if (!is_usual) {
    set(easy_, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
  }
}

void HttpTransfer::set_headers() {
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
  for (const auto& [name, value] : call_.headers) add(value.empty() ? name + ";" : name + ": " + value);
  add("Expect:");                                                         // nobody waits for "100 Continue"
  if (!find_header(call_.headers, "Content-Type")) add("Content-Type:");  // or libcurl makes one up
  header_list_ = list;
  set(easy_, CURLOPT_HTTPHEADER, list);
  set(easy_, CURLOPT_USERAGENT, options_.user_agent.c_str());
}

void HttpTransfer::set_limits() {
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call_.connect_timeout.count()));
  set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(call_.timeout.count()));
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_QUICK_EXIT, 1L);  // ending a call does not wait for a name that is still being resolved
  set(easy_, CURLOPT_FRESH_CONNECT, call_.connection == HttpConnection::fresh ? 1L : 0L);
  set(easy_, CURLOPT_HEADERFUNCTION, &Callbacks::header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_WRITEFUNCTION, &Callbacks::body);
  set(easy_, CURLOPT_WRITEDATA, this);
  set(easy_, CURLOPT_NOPROGRESS, 0L);
  set(easy_, CURLOPT_XFERINFOFUNCTION, &Callbacks::progress);
  set(easy_, CURLOPT_XFERINFODATA, this);
  set(easy_, CURLOPT_PRIVATE, this);
}

void HttpTransfer::set_guards() {
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_PROXY, "");  // not even the one in the environment
  set(easy_, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open_socket);
  set(easy_, CURLOPT_OPENSOCKETDATA, this);
  set(easy_, CURLOPT_PREREQFUNCTION, &Callbacks::before_request);
  set(easy_, CURLOPT_PREREQDATA, this);
  if (!options_.resolve || answer_.url.is_ipv6_literal) return;
  const HttpUrl& url = answer_.url;
  std::string entry = url.host + ":" + std::to_string(url.port) + ":";
  for (const std::string& address : options_.resolve(url.host, url.port)) entry += address + ",";
  entry.pop_back();
  resolve_list_ = curl_slist_append(nullptr, entry.c_str());
  set(easy_, CURLOPT_RESOLVE, static_cast<curl_slist*>(resolve_list_));
}

std::size_t HttpTransfer::on_header(std::string_view line) {
  if (head_complete_) return line.size();  // trailers
  head_bytes_ += line.size();
  if (head_bytes_ > max_head_bytes) {
    own_error_ = Error{Errc::download_failed, "the answer's header is longer than 64 KiB"};
    return 0;
  }
  const std::string_view text = trim(line);
  if (text.starts_with("HTTP/")) {  // a 1xx head may have come before
    answer_.headers.clear();
    const auto space = std::min(text.find(' '), text.size() - 1);
    std::from_chars(text.data() + space + 1, text.data() + text.size(), answer_.status);
    return line.size();
  }
  if (text.empty()) return on_head_complete() ? line.size() : 0;
  const auto colon = text.find(':');
  if (colon != std::string_view::npos) {
    answer_.headers.emplace_back(text.substr(0, colon), trim(text.substr(colon + 1)));
  }
  return line.size();
}

bool HttpTransfer::on_head_complete() {
  if (answer_.status < 200) return true;
  head_complete_ = true;
  if (call_.on_head) call_.on_head(answer_);
  const auto length_text = find_header(answer_.headers, "Content-Length");
  if (!length_text || answer_.status / 100 != 2 || call_.method == "HEAD") return true;
  std::uint64_t length = 0;
  std::from_chars(length_text->data(), length_text->data() + length_text->size(), length);
  if (length <= call_.max_body_bytes) return true;
  own_error_ = Error{Errc::too_large, "the answer is " + std::string(*length_text) + " bytes long; at most " +
                                          std::to_string(call_.max_body_bytes) + " are taken"};
  return false;
}

std::size_t HttpTransfer::on_body(std::span<const std::byte> piece) {
  paused_ = false;
  const bool is_good = answer_.status / 100 == 2;
  const std::uint64_t limit = is_good ? call_.max_body_bytes : std::min(call_.max_body_bytes, max_error_body_bytes);
  if (body_bytes_ + piece.size() > limit) {
    if (!is_good) {
      body_cut_ = true;
      keep(piece.first(limit - body_bytes_));
      return 0;
    }
    own_error_ = Error{Errc::too_large,
                       "the answer is longer than the " + std::to_string(call_.max_body_bytes) + " bytes taken"};
    return 0;
  }
  if (!has_sink()) return keep(piece);
  const Result<HttpFlow> flow = call_.sink(piece);
  if (!flow) {
    own_error_ = flow.error();
    return 0;
  }
  if (*flow == HttpFlow::pause) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  body_bytes_ += piece.size();
  return piece.size();
}

std::size_t HttpTransfer::keep(std::span<const std::byte> piece) {
  answer_.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  body_bytes_ += piece.size();
  return piece.size();
}

// Not CURLOPT_LOW_SPEED_TIME, which would also count the wait for a first byte that a generation may take.
bool HttpTransfer::stalls(std::uint64_t received_bytes) {
  if (!head_complete_ && call_.head_timeout > std::chrono::milliseconds(0)) {
    head_late_ = std::chrono::steady_clock::now() - began_ >= call_.head_timeout;
    return head_late_;
  }
  if (call_.low_speed_bytes_per_second == 0 || !head_complete_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (paused_ || window_begin_ == std::chrono::steady_clock::time_point()) {
    window_begin_ = now;
    window_bytes_ = received_bytes;
    return false;
  }
  if (now - window_begin_ < call_.low_speed_time) return false;
  const auto wanted = call_.low_speed_bytes_per_second * static_cast<std::uint64_t>(call_.low_speed_time.count());
  stalled_ = received_bytes - window_bytes_ < wanted;
  window_begin_ = now;
  window_bytes_ = received_bytes;
  return stalled_;
}

bool HttpTransfer::admits(const sockaddr& address) {
  const bool admitted =
      (!options_.address_policy || options_.address_policy(address)) && (!call_.narrower || call_.narrower(address));
  (admitted ? address_admitted_ : address_refused_) = true;
  return admitted;
}

bool HttpTransfer::go_on() {
  return curl_easy_pause(easy_, CURLPAUSE_CONT) == CURLE_OK;
}

bool HttpTransfer::was_sent() const {
  long bytes = 0;
  if (easy_) curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

void HttpTransfer::finish(int curl_code) {
  if (own_error_) return fail(std::move(*own_error_));
  if (curl_code != CURLE_OK && !body_cut_) return fail(explain(curl_code));
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(answer_));
}

void HttpTransfer::abandon(Error error) {
  fail(std::move(error));
}

void HttpTransfer::fail(Error error) {
  if (const auto done = std::exchange(done_, nullptr)) {
    done(HttpFailure{std::move(error), was_sent(), head_complete_});
  }
}

// Names the host, never the address behind it nor anything the other side said.
Error HttpTransfer::explain(int curl_code) const {
  const std::string& host = answer_.url.host;
  if (address_refused_ && (!address_admitted_ || curl_code == CURLE_ABORTED_BY_CALLBACK)) {
    return {Errc::download_forbidden, host + " leads to an address that is not public, which is not allowed"};
  }
  if (stalled_) {
    return {Errc::download_timeout, "the answer of " + host + " came slower than " +
                                        std::to_string(call_.low_speed_bytes_per_second) + " bytes a second"};
  }
  switch (curl_code) {
    case CURLE_ABORTED_BY_CALLBACK:
      if (head_late_) return {Errc::download_timeout, host + " did not answer in time"};
      return {Errc::download_failed, "calling " + host + ": " + curl_easy_strerror(static_cast<CURLcode>(curl_code))};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::download_timeout,
              head_complete_ ? "the answer of " + host + " did not end in time" : host + " did not answer in time"};
    case CURLE_COULDNT_RESOLVE_HOST: return {Errc::download_failed, "the name " + host + " could not be resolved"};
    case CURLE_COULDNT_CONNECT: return {Errc::download_failed, "no connection to " + host};
    case CURLE_PARTIAL_FILE: return {Errc::download_failed, "the answer of " + host + " was cut short"};
    case CURLE_GOT_NOTHING: return {Errc::download_failed, host + " closed the connection without an answer"};
    default:
      return {Errc::download_failed, "calling " + host + ": " + curl_easy_strerror(static_cast<CURLcode>(curl_code))};
  }
}

}  // namespace lightfast
