#include "server/fast/fast_lane.h"

#include <charconv>

#include "server/http/response_head.h"

namespace lightfast::fast {
namespace {

constexpr std::string_view kBlankLine = "\r\n";
constexpr std::string_view kLastLines = "Connection: close\r\n\r\n";

// One tag in quotes: no list, no '*', nothing weak.
bool is_one_tag(std::string_view value) {
  return value.size() >= 2 && value.find('"', 1) == value.size() - 1 && value.front() == '"';
}

// The fields of a 206 that differ from one range to the next, and the blank line.
class RangeLines {
 public:
  RangeLines(const PlainRange& range, std::size_t size) {
    add("Content-Range: bytes ");
    add(range.first);
    add("-");
    add(range.first + range.length - 1);
    add("/");
    add(size);
    add("\r\nContent-Length: ");
    add(range.length);
    add("\r\n");
    add(kBlankLine);
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void add(std::string_view text) { size_ += text.copy(text_.data() + size_, text_.size() - size_); }
  void add(std::size_t number) {
    const auto end = std::to_chars(text_.data() + size_, text_.data() + text_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
  }

  std::array<char, 192> text_;  // enough for four numbers of 64 bits
  std::size_t size_ = 0;
};

}  // namespace

FastLane::FastLane(AnswerCache& cache, const Clock& clock, Admit admit)
    : cache_(cache), counts_(cache.add_lane()), clock_(clock), admit_(std::move(admit)) {}

http::LaneAnswer FastLane::serve(int socket, const IpAddress& peer, std::string_view input) {
  const auto began = clock_.steady_now();
  const auto request = parse_plain_request(input);
  if (!request) return {};
  const auto* place = find(*request);
  if (!place) return leave_as_miss();
  const auto choice = choose(*request, *place->answer);
  if (!choice) return {};
  if (!place->is_good()) {
    cache_.drop(place->answer);
    return leave_as_miss();
  }
  if (admit_ && !admit_(peer, *request)) return {};
  auto sent = send(socket, *request, place->answer, *choice);
  counts_.duration.observe(clock_.steady_now() - began);
  return sent;
}

http::LaneAnswer FastLane::leave_as_miss() {
  counts_.misses.add();
  return {};
}

const AnswerIndex::Place* FastLane::find(const PlainRequest& request) {
  const auto* place = answers_.find(request.id);
  if (!place || place->answer->is_withdrawn()) {
    auto shared = cache_.find(request.id);
    if (!shared) return nullptr;
    place = &answers_.insert(std::move(shared));
  }
  const auto& answer = *place->answer;
  const bool is_there = answer.path() == request.path || answer.is_also_at(request.user, request.id, request.extension);
  return is_there ? place : nullptr;
}

// In the order of RFC 9110 section 13.2.2. What takes more than comparing is left to the full parser.
std::optional<FastLane::Choice> FastLane::choose(const PlainRequest& request, const ReadyAnswer& answer) {
  if (!request.if_none_match.empty()) {
    if (request.if_none_match == answer.etag()) return Choice{not_modified, {}};
    if (!is_one_tag(request.if_none_match)) return std::nullopt;
  } else if (!request.if_modified_since.empty()) {
    if (request.if_modified_since != answer.last_modified()) return std::nullopt;
    return Choice{not_modified, {}};
  }
  if (request.range.empty()) return Choice{ok, {}};
  if (request.is_head || (!request.if_range.empty() && request.if_range != answer.etag())) return std::nullopt;
  const auto range = parse_plain_range(request.range, answer.size_bytes());
  if (!range) return std::nullopt;
  return Choice{partial, *range};
}

http::LaneAnswer FastLane::send(int socket, const PlainRequest& request, const std::shared_ptr<ReadyAnswer>& answer,
                                const Choice& choice) {
  http::Outgoing out{.texts = {status_and_date(choice.status)}, .is_last = !request.keep_alive};
  std::optional<RangeLines> range_lines;
  PlainRange content;  // of the body
  switch (choice.status) {
    case not_modified: out.texts[1] = answer->not_modified_head(); break;
    case ok:
      out.texts[1] = answer->whole_head();
      if (!request.is_head) content = {0, answer->size_bytes()};
      break;
    case partial:
      range_lines.emplace(choice.range, answer->size_bytes());
      out.texts[1] = answer->partial_head();
      out.texts[2] = range_lines->text();
      content = choice.range;
      break;
  }
  if (!request.keep_alive) {
    auto& head_end = choice.status == partial ? out.texts[2] : out.texts[1];
    head_end.remove_suffix(kBlankLine.size());
    out.texts[3] = kLastLines;
  }
  if (answer->is_in_memory()) {
    out.texts[4] = answer->body().substr(content.first, content.length);
  } else if (content.length > 0) {
    out.file = &answer->file();
    out.offset = content.first;
    out.length = content.length;
  }
  http::LaneAnswer sent{.consumed = request.size, .keep_alive = request.keep_alive};
  sent.sent = http::send_now(socket, out, sent.unsent);
  counts_.answers[choice.status].add();
  counts_.body_bytes.add(content.length);
  if (!request.is_head) cache_.counts().count(answer, content.length);
  return sent;
}

std::string_view FastLane::status_and_date(Status status) {
  const auto now = clock_.now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != second_ || lines_[ok].empty()) {
    second_ = second;
    const auto date = to_http_date(now);
    constexpr std::array<int, 3> numbers{200, 206, 304};
    for (const auto each : {ok, partial, not_modified}) {
      http::Response nothing;
      nothing.status = numbers[each];
      const auto head = http::make_head(nothing, {.date = date, .request_id = {}});
      lines_[each] = head.substr(0, head.find(date) + date.size() + 2);
    }
  }
  return lines_[status];
}

void FastLane::sweep() {
  const auto drops = cache_.drops();
  if (drops == drops_seen_) return;
  drops_seen_ = drops;
  answers_.prune();
}

}  // namespace lightfast::fast
