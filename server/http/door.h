// The door of a core: takes new connections, and answers at once what its lane knows, on an epoll of its own. Whoever
// wants anything else, or doesn't take an answer at once, is let in to a session, with the bytes read so far. Here a
// connection costs a few bytes and no coroutine, and a request two system calls more than sending its answer. Knows
// nothing of HTTP. The core's thread.
#pragma once

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "server/http/lane.h"

namespace lightfast::http {

// What was done with a connection before it had a session.
struct Arrival {
  IpAddress peer;
  std::string bytes;    // read from it, not answered
  LaneAnswer answered;  // the lane's last answer to it
};

class Door {
 public:
  struct Patience {
    std::chrono::nanoseconds first;  // for the first bytes of a connection
    std::chrono::nanoseconds idle;   // for those after an answer
  };
  struct House {
    std::function<bool()> has_room;                  // for one more connection, which then counts
    std::function<void()> left;                      // one that counted is gone
    std::function<void(UniqueFd, Arrival)> let_in;   // one goes on as a session
    std::function<void(UniqueFd)> refuse;            // one that there is no room for
    std::function<void(std::string_view)> short_of;  // why no connections are taken at present
  };

  // Without a lane everyone is let in at once.
  Door(boost::asio::io_context& context, Lane* lane, House house, Patience patience);

  void open(UniqueFd listener);
  // No new connections; of those at the door, who has said something by now is let in, the others are closed.
  void close();
  void sweep(std::chrono::nanoseconds since_last);

 private:
  struct Visitor {
    IpAddress peer;
    bool is_here = false;
    bool is_fresh = false;  // something came since the last sweep
    bool was_served = false;
    std::chrono::nanoseconds waited{0};
  };
  enum class Wish { stay, leave, enter };
  Visitor& visitor(int socket) { return visitors_[static_cast<std::size_t>(socket)]; }

  void wait();
  void attend();
  bool accept_waiting();
  void pause_accepting();
  void welcome(UniqueFd socket, const IpAddress& peer);
  void attend_to(int socket, std::uint32_t events);
  Wish hear(int socket, bool is_ending, Arrival& arrival);
  Wish serve(int socket, std::string_view input, Arrival& arrival);
  void leave(int socket);
  void watch(int socket, std::uint32_t events);
  void unwatch(int socket);

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  boost::asio::steady_timer accept_timer_;
  Lane* const lane_;
  const House house_;
  const Patience patience_;
  UniqueFd listener_;
  std::vector<Visitor> visitors_;  // by descriptor
};

}  // namespace lightfast::http
