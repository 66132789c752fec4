// lab.h - runs any program as the lab's client, and the servers that it talks to.
#pragma once

#include <string>
#include <vector>

#include "../wire/output.h"
#include "wire/lab/faults.h"
#include "wire/lab/lab.h"

namespace loquat::tool {

struct WireLabOptions {
  std::vector<std::string> command;
  std::string server;  // a command for the shell; empty: a small web server at port 80 and an echo at port 7
  std::vector<wire::Fault> faults;
  std::uint64_t seed = 0;
  bool ipv6 = false;
  WireOutputOptions output;
  std::string pcapng, vantage = "client";
};

// The exit status of the command.
int run_wire_lab(const WireLabOptions& options);

// The default servers on the server's host; they end with the run.
void serve_web(wire::Lab& lab);
void serve_echo(wire::Lab& lab);

}  // namespace loquat::tool
