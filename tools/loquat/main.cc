// loquat - a chat server that any client can use on one port, its clients, and a microscope for TCP.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "command.h"
#include "help/command_text.h"
#include "help/message_text.h"
#include "help/usage_error.h"
#include "loquat/fiber.h"

namespace {

// A program that was started without one of its first three descriptors would get that number for a file or a socket of
// its own, and then read commands from it or print into it. In their place input ends at once, and output fails.
void open_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) < 0) std::abort();
  }
}

// What could not be written is a failure, unless its reader has seen enough: head(1), say.
int with_output(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good()) return status;
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0) return status;
  loquat::tool::complain("cannot write to standard output");
  return status == 0 ? 1 : status;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // write(2) to a closed pipe fails; the process goes on
  std::signal(SIGXFSZ, SIG_IGN);  // write(2) past a file size limit fails; the process goes on
  loquat::report_stack_overflow();
  CLI::App app{"Sockets you can write, talk through, and see. Start with: loquat serve", "loquat"};
  const auto language = loquat::tool::asked_language(argc, argv);
  loquat::tool::set_message_language(language);
  app.formatter(loquat::tool::help_formatter(language));
  app.failure_message([language](const CLI::App* root, const CLI::Error& error) {
    return loquat::tool::usage_error(*root, error, language);
  });
  app.set_version_flag("--version", std::string("loquat ") + LOQUAT_VERSION);
  app.require_subcommand(1);
  loquat::tool::Chosen chosen;
  loquat::tool::add_serve(app, chosen);
  loquat::tool::add_admin(app, chosen);
  loquat::tool::add_join(app, chosen);
  loquat::tool::add_talk(app, chosen);
  loquat::tool::add_wire(app, chosen);
  loquat::tool::add_doctor(app, chosen);
  loquat::tool::add_demo(app, chosen);
  loquat::tool::add_completion(app, chosen);
  loquat::tool::add_manual(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int status = app.exit(e) == 0 ? 0 : 2;
    std::cout.flush();
    return with_output(status);
  }
  try {
    return with_output(chosen());
  } catch (const loquat::tool::TranslatedError& e) {
    loquat::tool::complain_as_it_is(e.what());
    return 1;
  } catch (const std::exception& e) {
    loquat::tool::complain(e.what());
    return 1;
  }
}
