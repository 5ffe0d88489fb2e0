#include "server/imaging/decoder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "server/imaging/decode_budget.h"
#include "server/imaging/decode_child.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// The child gets a descriptor that can only read, whatever the server's own can do. Where /proc is missing it gets
// a copy.
UniqueFd reopen_for_reading(int file) {
  UniqueFd reopened(::open(fmt::format("/proc/self/fd/{}", file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!reopened) reopened.reset(::fcntl(file, F_DUPFD_CLOEXEC, 0));
  return reopened;
}

Result<void> to_result(const DecodeReply& reply) {
  if (reply.outcome == DecodeOutcome::proven) return {};
  return invalid(std::string(reply.reason()));
}

}  // namespace

struct Decoder::Impl {
  DecoderOptions options;
  Logger& log;
  DecodeBudget budget;
  std::mutex mutex;
  std::vector<std::unique_ptr<DecodeChild>> idle;  // at most options.children

  Impl(DecoderOptions o, Logger& l)
      : options(std::move(o)), log(l), budget(std::max(1u, options.children), options.total_decode_bytes) {}

  std::unique_ptr<DecodeChild> take_idle();
  void give_back(std::unique_ptr<DecodeChild> child);
  DecodeRequest request_for(std::uint64_t size_bytes, const ImageFacts& facts) const;
  Result<void> ask(const DecodeRequest& request, int image);
  Result<void> conclude(std::unique_ptr<DecodeChild> child, const DecodeChild::Answer& answer,
                        const DecodeRequest& request);
  Error give_up(DecodeChild& child, DecodeChild::Failure failure, const DecodeRequest& request);
};

std::unique_ptr<DecodeChild> Decoder::Impl::take_idle() {
  const std::lock_guard lock(mutex);
  if (idle.empty()) return nullptr;
  auto child = std::move(idle.back());
  idle.pop_back();
  return child;
}

void Decoder::Impl::give_back(std::unique_ptr<DecodeChild> child) {
  const std::lock_guard lock(mutex);
  idle.push_back(std::move(child));
}

DecodeRequest Decoder::Impl::request_for(std::uint64_t size_bytes, const ImageFacts& facts) const {
  DecodeRequest request;
  request.format = static_cast<std::uint32_t>(facts.format);
  request.width = facts.width;
  request.height = facts.height;
  request.frames = facts.frames;
  request.size_bytes = size_bytes;
  request.memory_bytes = options.child_memory_bytes;
  request.cpu_seconds = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(options.time_limit).count());
  return request;
}

// A child that died while it was idle does not count against the image: the request could not be sent, and goes to
// another one. A new child that takes none is no decoder.
Result<void> Decoder::Impl::ask(const DecodeRequest& request, int image) {
  while (auto child = take_idle()) {
    const auto answer = child->ask(request, image, options.time_limit);
    if (answer.failure != DecodeChild::Failure::not_sent) return conclude(std::move(child), answer, request);
  }
  auto started = DecodeChild::start(options.program);
  if (!started) {
    log.error("image decoder not started", {{"reason", explain(started.error())}});
    return started.error();
  }
  const auto answer = (*started)->ask(request, image, options.time_limit);
  return conclude(std::move(*started), answer, request);
}

Result<void> Decoder::Impl::conclude(std::unique_ptr<DecodeChild> child, const DecodeChild::Answer& answer,
                                     const DecodeRequest& request) {
  if (answer.failure != DecodeChild::Failure::none) return give_up(*child, answer.failure, request);
  if (answer.reply.retiring == 0) give_back(std::move(child));
  return to_result(answer.reply);
}

Error Decoder::Impl::give_up(DecodeChild& child, DecodeChild::Failure failure, const DecodeRequest& request) {
  const bool late = failure == DecodeChild::Failure::timed_out;
  const std::string how = child.end();
  log.warning("image decoder ended", {{"how", late ? std::string_view("time limit") : std::string_view(how)},
                                      {"format", content_type(request.facts().format)},
                                      {"width", request.width},
                                      {"height", request.height},
                                      {"size_bytes", request.size_bytes}});
  return late ? invalid(fmt::format("decoding it takes longer than {} ms", options.time_limit.count()))
              : invalid("decoding it failed: the decoder ended before it was done");
}

Decoder::Decoder(DecoderOptions options, Logger& log) : impl_(std::make_unique<Impl>(std::move(options), log)) {}

Decoder::~Decoder() = default;

Result<void> Decoder::prove(int file, std::uint64_t size_bytes, const ImageFacts& facts) {
  const std::uint64_t most = std::min(impl_->options.child_memory_bytes, impl_->options.total_decode_bytes);
  if (facts.decode_bytes > most) {
    return Error{Errc::too_many_pixels,
                 fmt::format("decoding the image takes {} bytes; allowed are {}", facts.decode_bytes, most)};
  }
  const UniqueFd image = reopen_for_reading(file);
  if (!image) return system_error(errno, "open the image for the decoder");
  const DecodeBudget::Share share(impl_->budget, facts.decode_bytes);
  return impl_->ask(impl_->request_for(size_bytes, facts), image.get());
}

}  // namespace lightfast::imaging
