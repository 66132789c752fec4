#include "server/handshake.h"

#include <exception>

#include "loquat/fiber.h"
#include "net/closing.h"
#include "net/descriptor.h"

namespace loquat::server {

bool shake_hands(Socket& socket, Duration timeout) {
  net::Descriptor& descriptor = net::Descriptor::of(socket, "serve");
  if (descriptor.filter() == nullptr) return true;
  std::exception_ptr failure;
  try {
    return socket.wait_writable(timeout);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  // An alert that says why is on its way. TLS delivers no more bytes, so linger below it.
  descriptor.retire_filter();
  net::linger(socket);
  std::rethrow_exception(failure);
}

}  // namespace loquat::server
