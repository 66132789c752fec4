// names.cc - what a thread is doing, and the functions on its stack, in words.
#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/syscall.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "inspect/stack_of_thread.h"

namespace loquat::inspect {
namespace {

struct Call {
  long number;
  const char* name;
};
// Those that block a thread.
constexpr Call calls[] = {
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_pread64, "pread"},
    {SYS_pwrite64, "pwrite"},
    {SYS_openat, "openat"},
    {SYS_close, "close"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_flock, "flock"},
    {SYS_fcntl, "fcntl"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_sendto, "sendto"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_recvmmsg, "recvmmsg"},
    {SYS_sendmmsg, "sendmmsg"},
    {SYS_sendfile, "sendfile"},
    {SYS_splice, "splice"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_futex, "futex"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_rt_sigtimedwait, "sigtimedwait"},
    {SYS_getrandom, "getrandom"},
    {SYS_fallocate, "fallocate"},
    {SYS_ioctl, "ioctl"},
    {SYS_io_uring_enter, "io_uring_enter"},
#if defined(SYS_poll)
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_open, "open"},
    {SYS_pause, "pause"},
#endif
};

using Text = std::unique_ptr<char, void (*)(void*)>;

}  // namespace

std::string activity_of(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/syscall");
  std::string first;
  if (!(file >> first)) return {};
  if (first == "running") return std::string(own_code);
  const long number = std::atol(first.c_str());
  if (number < 0) return "the kernel";
  for (const Call& each : calls) {
    if (each.number == number) return std::string(each.name) + "(2)";
  }
  return "system call " + first;
}

std::string name_of_frame(void* address) {
  char* const inside = static_cast<char*>(address) - 1;  // of the call, which may be the last in its function
  Dl_info info{};
  char text[32];
  if (::dladdr(inside, &info) == 0) {
    std::snprintf(text, sizeof text, "%p", address);
    return text;
  }
  if (info.dli_sname != nullptr) {
    int status = 0;
    const Text readable(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), std::free);
    return status == 0 ? readable.get() : info.dli_sname;
  }
  const std::string path = info.dli_fname;
  std::snprintf(text, sizeof text, "+0x%tx", inside - static_cast<char*>(info.dli_fbase));
  return path.substr(path.rfind('/') + 1) + text;
}

}  // namespace loquat::inspect
