// What the chat server and the terminal clients need: poller, descriptors, disk, port, terminal.
#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "../data_home.h"
#include "io/choose_poller.h"
#include "loquat/error.h"
#include "loquat/socket.h"
#include "parts.h"
#include "wire/kernel/owners.h"
#include "wire/kernel/sock_diag.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

namespace texts = wire::texts;

constexpr std::uint16_t default_port = 7777;
constexpr rlim_t min_descriptors = 4096;

std::string word_in(const char* path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

std::string uring_remedy(int error) {
  std::string disabled = word_in("/proc/sys/kernel/io_uring_disabled");
  if (disabled == "1" || disabled == "2") return "sudo sysctl kernel.io_uring_disabled=0 (it is " + disabled + ")";
  if (error == ENOSYS) return "a kernel from 5.19 on with CONFIG_IO_URING; epoll does everything meanwhile";
  if (error == ENOMEM) return "a higher limit of locked memory: ulimit -l unlimited";
  return "a container's seccomp filter denies it: --security-opt seccomp=unconfined, or a profile that allows "
         "io_uring_*";
}

// The directory itself, or its nearest parent that exists.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::is_directory(path, error) && path.has_parent_path() && path != path.parent_path()) {
    path = path.parent_path();
  }
  return path;
}

// Returns 0, or the errno of the step that failed. `took`: how long write and fsync took.
int write_durably(const std::filesystem::path& directory, Duration& took) {
  std::string name = (directory / ".loquat-doctor-XXXXXX").string();
  int fd = ::mkstemp(name.data());
  if (fd < 0) return errno;
  auto began = Clock::now();
  int error = ::write(fd, "?", 1) == 1 && ::fsync(fd) == 0 ? 0 : errno;
  took = Clock::now() - began;
  ::close(fd);
  ::unlink(name.c_str());
  return error;
}

std::string holder_of(std::uint16_t port, bool& loquat) {
  wire::kernel::SockDiag diag;
  auto facts = diag.exact({"127.0.0.1", port}, {});
  if (!facts) return "another program";
  auto owners = wire::kernel::Owners::find().of(facts->inode);
  if (owners.empty()) return fmt::format("a process of uid {}", facts->uid);
  loquat = owners.front().program == "loquat";
  return fmt::format("{} ({})", owners.front().program, owners.front().pid);
}

int width_of_terminal() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Check check_kernel() {
  utsname name{};
  ::uname(&name);
  std::string text = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  return {"kernel", "all", true, false, {text, text}, {}};
}

Check check_io_uring() {
  Check check{"io_uring", "serve (faster)", true, false, texts::uring_allowed, {}};
  try {
    io::probe_uring();
  } catch (const OSError& e) {
    check.ok = false;
    check.text = texts::uring_denied(std::strerror(e.errc()));
    check.remedy = uring_remedy(e.errc());
  }
  return check;
}

Check check_poller() {
  Check check{"poller", "serve", true, true, {}, {}};
  try {
    const std::string chosen = io::make_pollers(PollerKind::automatic, 1, nullptr).front()->name();
    check.text = {chosen, chosen};
  } catch (const std::exception& e) {
    check.ok = false;
    check.text = {e.what(), e.what()};
    check.remedy = "unset LOQUAT_POLLER, or set it to epoll";
  }
  return check;
}

// serve raises its soft limit to the hard one.
Check check_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  bool enough = limit.rlim_max >= min_descriptors;
  return {"descriptors",
          "serve",
          enough,
          false,
          texts::descriptors_at_once(limit.rlim_max),
          enough ? "" : "systemd: LimitNOFILE=65536; else a hard nofile line in /etc/security/limits.conf"};
}

Check check_data_directory() {
  Check check{"data directory", "serve", false, true, {}, {}};
  try {
    std::filesystem::path directory = data_home(), there = existing(directory);
    Duration took{};
    int error = write_durably(there, took);
    check.ok = error == 0;
    if (check.ok) {
      check.text = texts::directory_is_writable(directory.string(), took);
    } else {
      check.text = texts::directory_not_writable(directory.string(), there.string(), std::strerror(error));
      check.remedy = "loquat serve --data DIR, with a directory of yours on a local disk";
    }
  } catch (const std::exception& e) {
    check.text = {e.what(), e.what()};
    check.remedy = "loquat serve --data DIR";
  }
  return check;
}

Check check_port() {
  Check check{"port 7777", "serve", true, true, texts::port_is_free, {}};
  try {
    create_server({"127.0.0.1", default_port});
  } catch (const OSError& e) {
    bool loquat = false;
    check.ok = false;
    std::string holder = e.errc() == EADDRINUSE ? holder_of(default_port, loquat) : std::strerror(e.errc());
    check.serve_needs = !loquat;
    check.text = texts::port_is_taken(holder);
    check.remedy =
        loquat ? "a server runs already: open http://127.0.0.1:7777" : "loquat serve --listen 127.0.0.1:7778";
  }
  return check;
}

Check check_terminal() {
  std::setlocale(LC_CTYPE, "");
  bool utf8 = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* kind = std::getenv("TERM");
  bool colour = terminal && std::getenv("NO_COLOR") == nullptr && kind != nullptr && std::strcmp(kind, "dumb") != 0;
  int width = width_of_terminal();
  bool ok = utf8 && (!terminal || width >= 80);
  Check check{"terminal",
              "wire, join",
              ok,
              false,
              texts::terminal_kind(::nl_langinfo(CODESET),
                                   terminal ? texts::terminal_columns(width) : wire::Text(texts::no_terminal),
                                   colour ? texts::colour : texts::no_colour),
              {}};
  if (!utf8) check.remedy = "export LANG=C.UTF-8 (or --ascii)";
  if (utf8 && !ok) check.remedy = "a window of 80 columns or more";
  return check;
}

}  // namespace loquat::tool
