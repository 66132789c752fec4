#include "loquat/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>

#include "loquat/error.h"
#include "loquat/file.h"

namespace loquat {

struct Signals::State {
  sigset_t before;
  File file;
};

Signals::Signals(std::initializer_list<int> numbers) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int number : numbers) sigaddset(&wanted, number);
  int fd = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) throw_oserror(errno, {"signalfd", {}, {}, 0});
  state_.reset(new State{{}, File(fd, File::own)});
  ::pthread_sigmask(SIG_BLOCK, &wanted, &state_->before);
}

Signals::~Signals() { ::pthread_sigmask(SIG_SETMASK, &state_->before, nullptr); }

int Signals::wait() {
  std::string data = state_->file.read(sizeof(signalfd_siginfo));
  signalfd_siginfo info{};
  std::memcpy(&info, data.data(), std::min(data.size(), sizeof(info)));
  return static_cast<int>(info.ssi_signo);
}

}  // namespace loquat
