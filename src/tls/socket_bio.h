// socket_bio.h - the ciphertext side of a TLS connection: a BIO that never waits, on the descriptor's World.
//
//   1. read() takes what was received before, else asks the kernel once for more than OpenSSL wants now: a record's
//      header and its body come in one system call. Nothing there: it says "retry".
//   2. write() takes everything. What the kernel does not take at once is kept, in order, and goes out by flush(). So
//      OpenSSL never has half a record to write again, whoever calls it next. Where the peer takes nothing any more it
//      is dropped and out_error() says why: what has arrived from the peer can still be read.
//   3. A peer that makes OpenSSL answer and takes no answer (key updates for ever) does not fill the memory: while more
//      than `max_unsent` is kept, nothing is received. One that sends what nobody has to be told of does not keep the
//      worker: a step receives twice at most, which is enough for any record.
//   4. Memory is held only while there are bytes in it.
//
// Layer: tls.  Source: BIO_meth_new(3).
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/descriptor.h"

namespace loquat::tls {

class SocketBio {
 public:
  SocketBio(net::Descriptor& descriptor, std::string already_read);
  SocketBio(const SocketBio&) = delete;
  SocketBio& operator=(const SocketBio&) = delete;

  // A new BIO on this, which must outlive it.
  BIO* make();

  // Sends what is kept, as far as the kernel takes it now.
  void flush() noexcept;
  bool has_unsent() const noexcept { return sent_ < out_.size(); }
  // Before each call into OpenSSL.
  void begin_step() noexcept {
    fills_left_ = 2;
    rests_ = false;
  }
  // Why there is nothing to read: too much is unsent; the step has received enough.
  bool too_much_unsent() const noexcept { return out_.size() - sent_ > max_unsent; }
  bool rests() const noexcept { return rests_; }
  // Received and not taken yet.
  std::size_t unread() const noexcept { return end_ - begin_; }
  // Gives the memory of an empty buffer back.
  void release() noexcept {
    if (unread() == 0) in_.reset();
  }
  // The errno that ended the direction; 0: none. And whether the end of what comes in was reached in order.
  int in_error() const noexcept { return in_error_; }
  int out_error() const noexcept { return out_error_; }
  bool at_end() const noexcept { return at_end_; }

 private:
  static constexpr std::size_t max_unsent = 64 * 1024;  // a record of ours and a handshake's flight are less

  static int on_read(BIO* bio, char* data, std::size_t size, std::size_t* got);
  static int on_write(BIO* bio, const char* data, std::size_t size, std::size_t* taken);
  static long on_control(BIO* bio, int command, long number, void* pointer);
  static BIO_METHOD* method();
  bool fill();
  std::int64_t send(std::string_view data) noexcept;

  net::Descriptor& descriptor_;
  std::unique_ptr<char[]> in_;
  std::size_t begin_ = 0, end_ = 0;
  std::string out_;
  std::size_t sent_ = 0;
  int in_error_ = 0, out_error_ = 0;
  bool at_end_ = false;
  bool rests_ = false;
  int fills_left_ = 2;
};

}  // namespace loquat::tls
