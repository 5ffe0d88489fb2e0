// A text/event-stream taken apart into its events as it comes in, and an event's data. Nothing is lost or changed on
// the way: the events put together again are the stream. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lightfast::proxy {

class EventSplitter {
 public:
  // An event may be an image as base64 on one line. What is longer is given out in pieces, as no event.
  static constexpr std::size_t longest_event = 128 << 20;

  void feed(std::string_view bytes);
  // The next whole event with the blank line that ends it; nullopt until more was fed.
  std::optional<std::string> next();
  // What was fed and not given out: how much, and all of it, as at the end of the stream.
  std::size_t held() const { return pending_.size() - begin_; }
  std::string rest();

 private:
  std::optional<std::size_t> find_end();

  std::string pending_;
  std::size_t begin_ = 0;     // of what was not given out
  std::size_t searched_ = 0;  // from there on no event ends before this
};

// The event's type, "message" where it says none; its data, the lines joined by line feeds.
std::string event_type(std::string_view event);
std::string event_data(std::string_view event);

// The event with other data: one line, which `data` must be; all else as it stands.
std::string with_data(std::string_view event, std::string_view data);

}  // namespace lightfast::proxy
