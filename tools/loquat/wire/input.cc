#include "input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../help/message_text.h"

namespace loquat::tool {

WireInput::WireInput(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  if (path != "-") descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) fail();
  if (isatty(descriptor_) != 0) throw std::runtime_error(name_ + " is a terminal; a capture file is wanted");
}

WireInput::~WireInput() {
  if (descriptor_ > 0) close(descriptor_);
}

std::span<const std::byte> WireInput::read_raw() {
  for (;;) {
    const ssize_t size = ::read(descriptor_, buffer_.data(), buffer_.size());
    if (size >= 0) return std::span(buffer_).first(static_cast<std::size_t>(size));
    if (errno != EINTR) fail();
  }
}

std::span<const std::byte> WireInput::read() {
  if (gunzip_) return unpack();
  const auto bytes = read_raw();
  const bool packed =
      !bytes.empty() && bytes[0] == std::byte{0x1f} && (bytes.size() == 1 || bytes[1] == std::byte{0x8b});
  if (std::exchange(begun_, true) || !packed) return bytes;
  gunzip_ = std::make_unique<Gunzip>();
  gunzip_->feed(bytes);
  return unpack();
}

std::span<const std::byte> WireInput::unpack() {
  for (;;) {
    try {
      if (const auto bytes = gunzip_->next(); !bytes.empty()) return bytes;
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(name_ + ": " + e.what());
    }
    const auto packed = read_raw();
    if (packed.empty()) break;
    gunzip_->feed(packed);
  }
  if (!gunzip_->finished()) complain(name_ + ": the gzip data ends too early");
  return {};
}

bool WireInput::pauses(Duration time) const {
  if (gunzip_ && gunzip_->has_more()) return false;
  pollfd descriptor{descriptor_, POLLIN, 0};
  return ::poll(&descriptor, 1,
                static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count())) == 0;
}

void WireInput::fail() const { throw std::runtime_error(name_ + ": " + std::generic_category().message(errno)); }

}  // namespace loquat::tool
