// The reply of an admin command that runs in this very process: goes straight to the listener.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/admin/admin_socket.h"
#include "server/admin/reply.h"

namespace lightfast::commands {

class LocalReply final : public admin::Reply {
 public:
  LocalReply(boost::asio::io_context& context, const admin::Listener& listener)
      : timer_(context), listener_(listener) {}

  Task<Result<void>> part(std::string json) override;
  Result<void> write(std::span<const std::byte> bytes) override;

  // Tells the listener about the progress now and then, until end().
  Task<void> watch();
  void end();

 private:
  boost::asio::steady_timer timer_;
  const admin::Listener& listener_;
  bool ended_ = false;
};

}  // namespace lightfast::commands
