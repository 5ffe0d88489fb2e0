// A client's socket, the bytes read ahead from it, and how long it has been waited for. Knows nothing of HTTP but the
// names of the phases. A connection belongs to its core's thread; the core's sweep gives up on the slow ones.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "server/http/lane.h"

namespace lightfast::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// How long a client may keep us waiting, by phase.
struct Patience {
  std::chrono::milliseconds head;
  std::chrono::milliseconds idle;
  std::chrono::milliseconds body_grace;
  std::uint64_t min_body_bytes_per_second;
  std::chrono::milliseconds stall;  // of a body, without a single byte
  std::chrono::milliseconds lingering;
};

class Connection;
using ConnectionHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using ConnectionList = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

class Connection : public ConnectionHook {
 public:
  enum class Phase { idle, head, body, handling, sending, lingering };

  // `initial` are bytes that someone else has already read from the socket.
  Connection(Socket socket, const IpAddress& peer, std::string_view initial, ConnectionList& list);

  const IpAddress& peer() const { return peer_; }

  // The bytes read and not yet consumed. A view lasts until the next receive().
  std::string_view input() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  // Waits for more input, into a buffer of at least `capacity` bytes; false when none will come: the client ended
  // or broke the connection, the sweep gave up on it, or it was cut.
  Task<bool> receive(std::size_t capacity);
  // Waits for input that is not for `lane`; what is, it answers on the way, without waking the caller. One of its
  // answers that leaves something to do ends the wait too: it stands in `answered` then. False as in receive().
  Task<bool> receive_beside(Lane& lane, LaneAnswer& answered);
  void shrink_input();  // gives a large buffer back, once it is empty

  // For the sender: the socket is non-blocking.
  int native_handle() { return socket_.native_handle(); }
  Task<bool> wait_until_writable();  // false as in receive()
  Task<> give_way();                 // lets the other connections of this core go first
  void count_sent(std::size_t bytes) { sent_ += bytes; }

  // A phase's time and bytes count from its start.
  void enter(Phase phase);
  Phase phase() const { return phase_; }
  bool is_expired() const { return expired_; }  // the sweep gave up on this phase
  bool is_cut() const { return cut_; }

  void sweep(std::chrono::nanoseconds since_last, const Patience& patience);
  void wake_if_idle();  // ends the wait for a request of which nothing has come yet
  void cut();           // from outside the coroutine: every wait fails from now on

  void shutdown_send();

 private:
  template <class Handler>
  struct LaneRead;

  void make_room(std::size_t capacity);
  bool take_late_input();
  bool serve_input(Lane& lane, LaneAnswer& answered);
  std::uint64_t bytes_moved();
  bool is_too_slow(const Patience& patience);
  void expire();

  Socket socket_;
  const IpAddress peer_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  Phase phase_ = Phase::head;
  bool waiting_ = false;  // the coroutine waits for the client, not for us
  bool seen_by_sweep_ = false;
  bool expired_ = false;
  bool woken_ = false;
  bool cut_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t moved_at_last_sweep_ = 0;
  std::chrono::nanoseconds waited_{0};   // in this phase, for the client
  std::chrono::nanoseconds stalled_{0};  // since a byte of a body moved
};

}  // namespace lightfast::http
