#include "input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace loquat::tool {

WireInput::WireInput(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  if (path != "-") descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) fail();
  if (isatty(descriptor_) != 0) throw std::runtime_error(name_ + " is a terminal; a capture file is wanted");
}

WireInput::~WireInput() {
  if (descriptor_ > 0) close(descriptor_);
}

std::span<const std::byte> WireInput::read() {
  for (;;) {
    const ssize_t size = ::read(descriptor_, buffer_.data(), buffer_.size());
    if (size >= 0) return std::span(buffer_).first(static_cast<std::size_t>(size));
    if (errno != EINTR) fail();
  }
}

bool WireInput::pauses(Duration time) const {
  pollfd descriptor{descriptor_, POLLIN, 0};
  return ::poll(&descriptor, 1,
                static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count())) == 0;
}

void WireInput::fail() const { throw std::runtime_error(name_ + ": " + std::generic_category().message(errno)); }

}  // namespace loquat::tool
