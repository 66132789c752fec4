#include "sys/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

#if !defined(RESOLVE_CACHED)
#define RESOLVE_CACHED 0x20  // headers before Linux 5.12
#endif

namespace loquat::sys {
namespace {

constexpr int open_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int max_tries = 16;  // while others rename what lies on the way of a link

bool has_odd_name(std::string_view path) noexcept {
  for (;;) {
    const std::size_t end = path.find('/');
    const std::string_view name = path.substr(0, end);
    if (name.empty() || name == "." || name == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

int open_at_once(int folder, const std::string& path, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = open_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  const auto fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

}  // namespace

int open_beneath(int folder, const std::string& path, bool only_cached) noexcept {
  if (has_odd_name(path)) return -EXDEV;
  int result = -EAGAIN;
  if (only_cached) {
    result = open_at_once(folder, path, RESOLVE_CACHED);
    const bool unknown = result == -EINVAL || result == -ENOSYS || result == -EPERM;
    return unknown ? -EAGAIN : result;
  }
  for (int i = 0; i < max_tries && result == -EAGAIN; ++i) result = open_at_once(folder, path, 0);
  return result == -ENOSYS || result == -EPERM ? open_by_steps(folder, path) : result;
}

int open_by_steps(int folder, const std::string& path) noexcept {
  if (has_odd_name(path)) return -EXDEV;
  int at = folder;
  for (std::size_t begin = 0;;) {
    const std::size_t end = path.find('/', begin);
    const bool last = end == std::string::npos;
    char name[256];
    const std::size_t size = (last ? path.size() : end) - begin;
    if (size >= sizeof name) {
      if (at != folder) ::close(at);
      return -ENAMETOOLONG;
    }
    name[path.copy(name, size, begin)] = '\0';
    const int next = ::openat(at, name, O_NOFOLLOW | (last ? open_flags : O_PATH | O_DIRECTORY | O_CLOEXEC));
    const int error = errno;
    if (at != folder) ::close(at);
    if (next < 0) return -error;
    if (last) return next;
    at = next;
    begin = end + 1;
  }
}

}  // namespace loquat::sys
