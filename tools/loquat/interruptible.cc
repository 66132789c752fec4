#include "interruptible.h"

#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "loquat/fiber.h"

namespace loquat::tool {

bool run_interruptible(Signals& signals, const std::function<void()>& body,
                       const std::function<Duration()>& grace_period) {
  termios terminal{};
  const bool has_terminal = ::tcgetattr(STDIN_FILENO, &terminal) == 0;
  std::exception_ptr failure;
  bool interrupted = false;
  auto work = spawn([&] {
    try {
      body();
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
  });
  auto interrupt = spawn([&] {
    signals.wait();
    interrupted = true;
    work.cancel();
    auto again = spawn([&] { signals.wait(); });
    (void)again.join_for(grace_period());
    if (has_terminal) ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    std::_Exit(1);
  });
  work.join();
  interrupt.cancel();
  interrupt.join();
  if (failure) std::rethrow_exception(failure);
  return !interrupted;
}

}  // namespace loquat::tool
