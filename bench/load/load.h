// load.h - the load generator: one thread, one epoll, no code of Loquat, so that it measures every server alike.
//
//   CPU      The server's CPU time is read from /proc/PID/task/*/schedstat at the bounds of the measured time.
//   Errors   Anything unexpected (a lost connection, a wrong answer, 20 s without any) ends the program with a
//   sentence. Output   One line of "NAME VALUE" pairs for bench/run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace load {

[[noreturn]] void fail(const std::string& why);

// "--name value" pairs of the command line.
class Arguments {
 public:
  Arguments(int argc, char** argv);
  std::string text(const std::string& name) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  std::size_t number(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

double now();  // seconds, monotonic

// Nanoseconds of CPU that all threads of the processes ("PID" or "PID,PID") have used.
std::uint64_t cpu_ns(const std::string& pids);

// Reads "IN_FLIGHT SECONDS" lines from standard input, and for each answers with the units that `run` has done, the
// time and the CPU of --pid.
void answer_requests(const Arguments& arguments, const std::function<std::size_t(std::size_t, double)>& run);

struct Connection {
  int fd = -1;
  std::uint32_t number = 0;  // from 0 in the order of connecting
};

// Connections to one server and the loop over them.
class Crowd {
 public:
  // "127.0.0.1:PORT".
  explicit Crowd(const std::string& server);

  Connection& connect();
  std::vector<Connection>& all() { return connections_; }

  // Waits for bytes and hands them over, until `done()`, which is asked after each round.
  using Received = std::function<void(Connection&, std::string_view)>;
  void loop(const Received& received, const std::function<bool()>& done);

 private:
  std::uint16_t port_;
  int epoll_;
  std::vector<Connection> connections_;  // never grows beyond its reserve: references stay good
  std::string buffer_;
};

// Sends all of it, blocking.
void send_all(const Connection& connection, std::string_view data);

// A masked WebSocket message of at most 125 bytes.
std::string web_frame(const std::string& text);

// Connects one more client, of the kind that --kind says, and lets it do what its kind does first: fetch --path, or
// enter `room`. Returns when it has been served.
Connection& enter(Crowd& crowd, const Arguments& arguments, const std::string& room);

// The kinds of load; each prints its line. bench/run says what the arguments are.
void exchange(const Arguments& arguments);
void members(const Arguments& arguments);
void lines(const Arguments& arguments);
void bursts(const Arguments& arguments);
void idle(const Arguments& arguments);

}  // namespace load
