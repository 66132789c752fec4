// filter.h - a layer between a stream Socket's calls and its descriptor, like a filter BIO in OpenSSL: TLS.
//
//   1. The Descriptor owns the filter from set_filter() until the descriptor ends, even after retire_filter(). Socket's
//      calls make the calls below that have the same names, with the turn taken and the deadline running. They promise
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

  // For a listening socket: the filter of `accepted`, a connection just accepted. So a caller of Socket::accept() gets
  // a connection with a filter without knowing of filters.
  virtual std::unique_ptr<Filter> for_accepted(Descriptor& accepted) = 0;

  // In direction in; the buffer is not empty.
  virtual std::size_t recv_into(Descriptor::Call& call, std::span<std::byte> buffer, int flags) = 0;
  // In direction out.
  virtual std::size_t send(Descriptor::Call& call, std::string_view data, int flags) = 0;
  virtual void sendall(Descriptor::Call& call, std::span<const std::string_view> pieces, int flags) = 0;
  // In no direction. Returns false if the deadline passes first.
  virtual bool wait_readable(Descriptor::Call& call) = 0;
  virtual bool wait_writable(Descriptor::Call& call) = 0;
  virtual void shutdown(int how) = 0;
  // Before the descriptor is closed, when it has no user any more. Does not wait.
  virtual void send_close_notify() noexcept = 0;

  std::unique_ptr<Filter> earlier;  // filters that this one has replaced
};

}  // namespace loquat::net
