// lines.cc - netcats that pour lines into the lobby as fast as the server takes them.
//
//   bench_load lines --to HOST:PORT --pid PIDS --senders 8 --lines 2000
//
// Ends when one more client, who only listens, has seen every line; a line is shown when it is durable.
// Prints "units N seconds S cpu NS".
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>

#include "load.h"

namespace load {

namespace {

constexpr char mark = '~';

// Sends what the kernel takes without waiting, so that what others say can be read meanwhile.
void pour(const Connection& connection, std::string_view& rest) {
  if (rest.empty()) return;
  const ssize_t size = send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size > 0) rest.remove_prefix(static_cast<std::size_t>(size));
}

}  // namespace

void lines(const Arguments& arguments) {
  const std::size_t senders = arguments.number("senders"), count = arguments.number("lines");
  Crowd crowd(arguments.text("to"));
  Connection& listener = crowd.connect();
  send_all(listener, "/nick listener\n");
  bool welcome = false;
  crowd.loop([&](Connection&, std::string_view bytes) { welcome = !bytes.empty(); }, [&] { return welcome; });
  for (std::size_t i = 0; i < senders; ++i) crowd.connect();

  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += "~ a line of ordinary length, as people write them when they talk to one another\n";
  }
  std::vector<std::string_view> rest(senders, text);
  const std::string pids = arguments.text("pid");
  const double began = now();
  const auto cpu = cpu_ns(pids);
  std::size_t seen = 0;
  crowd.loop(
      [&](Connection& connection, std::string_view bytes) {
        if (connection.number == 0) seen += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), mark));
      },
      [&] {
        for (std::size_t i = 0; i < senders; ++i) pour(crowd.all()[i + 1], rest[i]);
        return seen >= senders * count;
      });
  std::printf("units %zu seconds %.6f cpu %llu\n", seen, now() - began,
              static_cast<unsigned long long>(cpu_ns(pids) - cpu));
}

}  // namespace load
