#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "loquat/server.h"

namespace loquat {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

int number_in(const std::string& name, const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    throw std::invalid_argument(name + " is no number: " + text);
  return number;
}

// Takes the first of names that are separated by colons.
std::string take_name(std::string& names) {
  const std::size_t end = names.find(':');
  std::string name = names.substr(0, end);
  names.erase(0, end == std::string::npos ? end : end + 1);
  return name.empty() ? "unknown" : name;
}

}  // namespace

std::vector<PassedSocket> listen_fds() {
  const std::string process = take_variable("LISTEN_PID"), count = take_variable("LISTEN_FDS");
  std::string names = take_variable("LISTEN_FDNAMES");
  if (process.empty() || number_in("LISTEN_PID", process) != ::getpid()) return {};
  const int end = first_passed + number_in("LISTEN_FDS", count);
  for (int fd = first_passed; fd < end; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  std::vector<PassedSocket> sockets;
  for (int fd = first_passed; fd < end; ++fd) {
    std::string name = take_name(names);
    try {
      sockets.push_back({name, Socket::from_fd(fd)});
    } catch (const OSError& error) {
      throw_oserror(error.errc(), {"listen_fds: descriptor " + std::to_string(fd) + " (" + name + ")", {}, {}, 0});
    }
  }
  return sockets;
}

}  // namespace loquat
