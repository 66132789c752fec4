#include "tls/socket_bio.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "sys/kernel.h"

namespace loquat::tls {
namespace {

constexpr std::size_t in_size = 2 * (16 * 1024 + 512);  // two records

}  // namespace

SocketBio::SocketBio(net::Descriptor& descriptor, std::string already_read) : descriptor_(descriptor) {
  if (already_read.empty()) return;
  end_ = already_read.size();
  in_ = std::make_unique_for_overwrite<char[]>(std::max(in_size, end_));
  std::memcpy(in_.get(), already_read.data(), end_);
}

BIO* SocketBio::make() {
  BIO* bio = BIO_new(method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

BIO_METHOD* SocketBio::method() {
  static BIO_METHOD* const the_method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loquat socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read_ex(made, &SocketBio::on_read);
    BIO_meth_set_write_ex(made, &SocketBio::on_write);
    BIO_meth_set_ctrl(made, &SocketBio::on_control);
    return made;
  }();
  return the_method;
}

// Receives once. False: nothing has arrived.
bool SocketBio::fill() {
  if (at_end_ || in_error_ != 0 || too_much_unsent()) return false;
  if (fills_left_-- == 0) return rests_ = true, fills_left_ = 0, false;
  if (!in_) {
    in_.reset(new (std::nothrow) char[in_size]);
    if (!in_) return in_error_ = ENOMEM, false;
  }
  sys::Operation receive(sys::OpKind::recv);
  receive.handle = descriptor_.handle();
  receive.data = in_.get();
  receive.size = in_size;
  const std::int64_t result = descriptor_.world().attempt(receive);
  begin_ = 0;
  end_ = result > 0 ? static_cast<std::size_t>(result) : 0;
  if (result == 0) at_end_ = true;
  if (result < 0 && !sys::must_wait(result)) in_error_ = static_cast<int>(-result);
  return result > 0;
}

int SocketBio::on_read(BIO* bio, char* data, std::size_t size, std::size_t* got) {
  auto& self = *static_cast<SocketBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = 0;
  if (self.unread() == 0 && !self.fill()) {
    if (!self.at_end_ && self.in_error_ == 0) BIO_set_retry_read(bio);
    return 0;
  }
  *got = std::min(size, self.unread());
  std::memcpy(data, self.in_.get() + self.begin_, *got);
  self.begin_ += *got;
  return 1;
}

std::int64_t SocketBio::send(std::string_view data) noexcept {
  sys::Operation sending(sys::OpKind::send);
  sending.handle = descriptor_.handle();
  sending.const_data = data.data();
  sending.size = data.size();
  const std::int64_t result = descriptor_.world().attempt(sending);
  if (result >= 0) return result;
  if (!sys::must_wait(result)) out_error_ = static_cast<int>(-result);
  return 0;
}

int SocketBio::on_write(BIO* bio, const char* data, std::size_t size, std::size_t* taken) {
  auto& self = *static_cast<SocketBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *taken = 0;
  std::string_view rest(data, size);
  if (!self.has_unsent() && self.out_error_ == 0) rest.remove_prefix(static_cast<std::size_t>(self.send(rest)));
  try {
    if (self.out_error_ == 0) self.out_.append(rest);
  } catch (const std::bad_alloc&) {
    self.out_error_ = ENOMEM;
  }
  *taken = size;
  return 1;
}

void SocketBio::flush() noexcept {
  while (has_unsent() && out_error_ == 0) {
    const std::int64_t sent = send(std::string_view(out_).substr(sent_));
    if (sent == 0) return;
    sent_ += static_cast<std::size_t>(sent);
  }
  if (has_unsent() && out_error_ == 0) return;
  std::string().swap(out_);
  sent_ = 0;
}

long SocketBio::on_control(BIO* bio, int command, long, void*) {
  const auto& self = *static_cast<SocketBio*>(BIO_get_data(bio));
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return self.at_end_ ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace loquat::tls
