// wait_all.cc - MSG_WAITALL on every poller, though not every poller can wait for more than the next bytes.
//
//   1. Only streams wait, as in recv(2). Once bytes have arrived, the call returns them, even if the stream ends, an
//      error occurs, the deadline passes or the fiber is cancelled before the rest.
//   2. Received descriptors (SCM_RIGHTS) end the call: unix(7). So does urgent data, in front of it.
//   3. MSG_PEEK waits for all bytes on TCP only; a Unix stream returns those that are there.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <numeric>
#include <vector>

#include "loquat/timeout.h"
#include "net/call.h"
#include "sys/kernel.h"

namespace loquat::net {
namespace {

// The part of the buffers that is not filled yet.
class Rest {
 public:
  explicit Rest(sys::Operation& operation) : operation_(operation), left_(operation.size) {
    if (operation.kind == sys::OpKind::recv) return;
    msghdr& message = *operation.message;
    pieces_.assign(message.msg_iov, message.msg_iov + message.msg_iovlen);
    left_ = std::accumulate(pieces_.begin(), pieces_.end(), std::size_t{0},
                            [](std::size_t sum, const iovec& piece) { return sum + piece.iov_len; });
    empty_ = message;
    message.msg_iov = pieces_.data();
  }

  bool full() const { return left_ == 0; }

  void advance(std::size_t size) {
    left_ -= size;
    if (operation_.kind == sys::OpKind::recv) {
      operation_.data = static_cast<char*>(operation_.data) + size;
      operation_.size = left_;
      return;
    }
    msghdr& message = *operation_.message;
    while (message.msg_iovlen != 0 && size >= message.msg_iov->iov_len) {
      size -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (size == 0) return;
    message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + size;
    message.msg_iov->iov_len -= size;
  }

  // Whether the received message ends the call. If not, prepares for the next one's control data.
  bool ended_by_descriptors() {
    if (operation_.kind == sys::OpKind::recv) return false;
    msghdr& message = *operation_.message;
    if ((message.msg_flags & MSG_CTRUNC) != 0) return true;
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
      if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_RIGHTS) return true;
    }
    message.msg_controllen = empty_.msg_controllen;
    message.msg_namelen = empty_.msg_namelen;
    return false;
  }

 private:
  sys::Operation& operation_;
  std::size_t left_;
  std::vector<iovec> pieces_;
  msghdr empty_{};
};

}  // namespace

std::int64_t Descriptor::Call::perform_whole(sys::Operation& operation) {
  operation.flags &= ~MSG_WAITALL;
  if (descriptor_.option(SO_TYPE) != SOCK_STREAM) return perform_once(operation);
  return (operation.flags & MSG_PEEK) != 0 ? peek_all(operation) : receive_all(operation);
}

std::int64_t Descriptor::Call::receive_all(sys::Operation& operation) {
  Rest rest(operation);
  std::int64_t done = 0;
  for (;;) {
    std::int64_t result = 0;
    try {
      result = done == 0 ? perform_once(operation) : receive_more(operation);
    } catch (const TimedOut&) {  // the next wait throws it again
      if (done == 0) throw;
    } catch (const sched::Cancelled&) {
      if (done == 0) throw;
      sched::Worker::current()->cancel(sched::Worker::current()->task());  // at the next wait
    }
    if (result <= 0) return done > 0 ? done : result;
    done += result;
    rest.advance(static_cast<std::size_t>(result));
    if (rest.full() || rest.ended_by_descriptors()) return done;
  }
}

// Receives after earlier bytes. Returns 0 in front of urgent data, too, which a receive by the poller would skip.
std::int64_t Descriptor::Call::receive_more(sys::Operation& operation) {
  if (!descriptor_.world_.is_kernel()) return perform_once(operation);
  operation.flags |= MSG_WAITALL;
  for (;;) {
    const std::int64_t result = descriptor_.world_.attempt(operation);
    if (!sys::must_wait(result)) return result;
    sys::Operation ready(sys::OpKind::wait_in, MSG_OOB);
    ready.handle = descriptor_.handle_;
    const std::int64_t waited = perform_once(ready);
    if (waited < 0) return waited;
  }
}

std::int64_t Descriptor::Call::peek_all(sys::Operation& operation) {
  const int protocol = descriptor_.option(SO_PROTOCOL);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) return perform_once(operation);
  operation.flags |= MSG_WAITALL;
  const std::int64_t result = perform_once(operation);
  if (result != -ETIMEDOUT || !timed_out_) return result;
  operation.flags &= ~MSG_WAITALL;
  const std::int64_t part = descriptor_.world_.attempt(operation);
  return sys::must_wait(part) ? result : part;
}

}  // namespace loquat::net
