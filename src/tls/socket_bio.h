// socket_bio.h - the ciphertext side of a TLS connection: a BIO that never waits, on the descriptor's World.
//
//   1. read() returns bytes received before. If there are none, it receives once, and more than OpenSSL asks for, so
//      that a record's header and body take one system call. If nothing has arrived, it asks OpenSSL to retry.
//   2. write() accepts everything. It keeps what the kernel does not take at once, in order, for flush(). So OpenSSL
//      never has to write half a record again, whichever call is next. Once sending has failed, the bytes are dropped,
//      out_error() says why, and bytes from the peer can still be read.
//   3. A peer that provokes replies without reading them (key updates for ever) cannot fill the memory: while more than
//      `max_unsent` bytes are kept, nothing is received. A peer that sends records without content cannot keep the
//      worker busy: a step receives at most twice, which is enough for any record.
//   4. Buffers exist only while there are bytes in them.
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

  // Returns a new BIO that refers to this object.
  BIO* make();

  // Sends as many of the kept bytes as the kernel takes now.
  void flush() noexcept;
  bool has_unsent() const noexcept { return sent_ < out_.size(); }
  // Before each call into OpenSSL.
  void begin_step() noexcept {
    fills_left_ = 2;
    rests_ = false;
  }
  // Why read() returned nothing: too many bytes are unsent, or the step has received enough.
  bool too_much_unsent() const noexcept { return out_.size() - sent_ > max_unsent; }
  bool rests() const noexcept { return rests_; }
  // Bytes received and not read yet.
  std::size_t unread() const noexcept { return end_ - begin_; }
  // Frees an empty buffer.
  void release() noexcept {
    if (unread() == 0) in_.reset();
  }
  // The errno that ended each direction; 0: none. at_end(): the peer has sent its end of stream.
  int in_error() const noexcept { return in_error_; }
  int out_error() const noexcept { return out_error_; }
  bool at_end() const noexcept { return at_end_; }

 private:
  static constexpr std::size_t max_unsent = 64 * 1024;  // more than one of our records, or a flight of the handshake

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
