#include "server/proxy/event_rewriting.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "server/proxy/event_stream.h"

namespace lightfast::proxy {
namespace {

namespace asio = boost::asio;

struct Course {
  Course(HttpStream stream, std::shared_ptr<EventRewriter> with, AnswerMemory held)
      : answer(std::move(stream)), rewriter(std::move(with)), memory(std::move(held)) {}

  HttpStream answer;
  std::shared_ptr<EventRewriter> rewriter;
  AnswerMemory memory;
  EventSplitter splitter;
  bool is_over = false;
};

// The next event; empty at the end.
Task<Result<std::string>> next_event(std::shared_ptr<Course> course) {
  if (course->splitter.held() == 0) course->memory.release();
  for (;;) {
    if (auto event = course->splitter.next()) {
      auto changed = co_await course->rewriter->rewrite(std::move(*event));
      co_return changed;
    }
    if (course->is_over) co_return std::string();
    if (!course->memory.covers(course->splitter.held())) co_return course->splitter.rest();
    auto piece = co_await course->answer.next();
    if (!piece) {
      course->is_over = true;
      co_return piece.error();
    }
    if (!piece->empty()) {
      course->splitter.feed(*piece);
      continue;
    }
    course->is_over = true;
    std::string rest = course->splitter.rest();  // an event that lacks its blank line
    if (rest.empty()) co_return rest;
    auto changed = co_await course->rewriter->rewrite(std::move(rest));
    co_return changed;
  }
}

Task<> read_to_end(std::shared_ptr<Course> course) {
  while (!course->is_over) {
    const auto event = co_await next_event(course);
    if (!event) co_return;
  }
}

class RewrittenEvents final : public http::BodyStream {
 public:
  RewrittenEvents(std::shared_ptr<Course> course, Reading reading, asio::any_io_executor executor)
      : course_(std::move(course)), reading_(reading), executor_(std::move(executor)) {}
  RewrittenEvents(const RewrittenEvents&) = delete;
  RewrittenEvents& operator=(const RewrittenEvents&) = delete;
  ~RewrittenEvents() override {
    if (reading_ == Reading::to_the_end && !course_->is_over) {
      asio::co_spawn(executor_, read_to_end(course_), asio::detached);
    }
  }

  Task<Result<std::string>> next() override {
    auto event = co_await next_event(course_);
    co_return event;
  }

 private:
  std::shared_ptr<Course> course_;
  const Reading reading_;
  asio::any_io_executor executor_;
};

}  // namespace

Task<std::shared_ptr<http::BodyStream>> rewrite_events(HttpStream answer, std::shared_ptr<EventRewriter> rewriter,
                                                       Reading reading, AnswerMemory memory) {
  auto executor = co_await asio::this_coro::executor;
  auto course = std::make_shared<Course>(std::move(answer), std::move(rewriter), std::move(memory));
  co_return std::make_shared<RewrittenEvents>(std::move(course), reading, std::move(executor));
}

}  // namespace lightfast::proxy
