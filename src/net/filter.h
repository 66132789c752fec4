// filter.h - what may stand between a stream Socket's calls and its descriptor, as a filter BIO does in OpenSSL: TLS.
//
//   1. The Descriptor owns it from set_filter() to its own end, also after retire_filter(). The calls below come from
//      Socket's calls of the same names, with the turn already taken and the deadline running; what they promise is
//      what socket.h promises.
//   2. A filter moves its bytes by World::attempt(), which never waits, and waits in Call::perform(wait_in or
//      wait_out).
//
// Layer: net.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/call.h"

namespace loquat::net {

class Filter {
 public:
  virtual ~Filter() = default;

  // Of a listening socket: what stands before `accepted`, a connection that it has just taken. So whoever calls
  // Socket::accept(), and knows of no filter, gets a connection that has one.
  virtual std::unique_ptr<Filter> for_accepted(Descriptor& accepted) = 0;

  // In direction in; the buffer is not empty.
  virtual std::size_t recv_into(Descriptor::Call& call, std::span<std::byte> buffer, int flags) = 0;
  // In direction out.
  virtual std::size_t send(Descriptor::Call& call, std::string_view data, int flags) = 0;
  virtual void sendall(Descriptor::Call& call, std::span<const std::string_view> pieces, int flags) = 0;
  // In no direction. False when the call's deadline is over first.
  virtual bool wait_readable(Descriptor::Call& call) = 0;
  virtual bool wait_writable(Descriptor::Call& call) = 0;
  virtual void shutdown(int how) = 0;
  // The descriptor is about to be closed and has no user any more: a last word that does not wait.
  virtual void send_close_notify() noexcept = 0;

  std::unique_ptr<Filter> earlier;  // the Descriptor's, which has been retired
};

}  // namespace loquat::net
