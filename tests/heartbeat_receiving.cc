// Receiving from a silent peer, on every kind of socket, also with notices for which poll(2) returns at once.
#include <netinet/in.h>
#include <poll.h>

#include <functional>
#include <iostream>
#include <memory>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "tests/heartbeat_connection.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

struct Receiver {
  const char* name;
  std::function<std::string(Socket&)> call;
  bool all = false;     // waits for the whole of "hello"
  bool stream = false;  // reads a line of a stream
};

std::string text(std::span<const std::byte> buffer, const Message& message) {
  return {reinterpret_cast<const char*>(buffer.data()), message.size};
}

std::string line_of(SocketStream stream) {
  std::string line;
  std::getline(stream, line);
  return line;
}

const Receiver receivers[] = {
    {"recv", [](Socket& s) { return s.recv(100); }},
    {"recv_peek", [](Socket& s) { return s.recv(100, MSG_PEEK); }},
    {"recv_waitall", [](Socket& s) { return s.recv(5, MSG_WAITALL); }, true},
    {"recv_peek_waitall", [](Socket& s) { return s.recv(5, MSG_PEEK | MSG_WAITALL); }, true},
    {"recv_into",
     [](Socket& s) {
       char buffer[100];
       return std::string(buffer, s.recv_into(std::span<char>(buffer)));
     }},
    {"recvfrom", [](Socket& s) { return s.recvfrom(100).data; }},
    {"recvfrom_into",
     [](Socket& s) {
       std::byte buffer[100];
       return text(buffer, s.recvfrom_into(buffer));
     }},
    {"recvmsg", [](Socket& s) { return s.recvmsg(100, 100).data; }},
    {"recvmsg_waitall", [](Socket& s) { return s.recvmsg(5, 0, MSG_WAITALL).data; }, true},
    {"recvmsg_into",
     [](Socket& s) {
       std::byte buffer[100];
       const std::span<std::byte> spans[] = {std::span(buffer).first(50), std::span(buffer).last(50)};
       return text(buffer, s.recvmsg_into(spans));
     }},
    {"wait_readable_and_recv",
     [](Socket& s) {
       while (!s.wait_readable(1h)) {
       }
       return s.recv(100);
     }},
    {"getline", [](Socket& s) { return line_of(s.makefile()); }, true, true},
    {"getline_unbuffered", [](Socket& s) { return line_of(s.makefile(0)); }, true, true},
};

const Ending data{"data", "hello", [](Socket&, Fd& theirs, Hold&) { hostile::put(theirs, "hello"); }};
const Ending line{"data", "hello", [](Socket&, Fd& theirs, Hold&) { hostile::put(theirs, "hello\n"); }};
const std::vector<Ending> endings = tcp_endings("", "ECONNRESET", "", SHUT_RD);

// Leaves the ICMP error of an earlier datagram in the error queue (IP_RECVERR).
void icmp_error(Socket& ours, Fd&) {
  ours.setsockopt(IPPROTO_IP, IP_RECVERR, 1);
  const Address peer = ours.getpeername();
  ours.connect(Connection(hostile::udp()).ours.getsockname());  // a port that is closed again
  ours.send("x");
  pollfd queued{ours.fileno(), 0, 0};  // wait_readable() rightly does not return for it
  if (::poll(&queued, 1, 10'000) != 1) throw std::runtime_error("no ICMP error");
  (void)ours.getsockopt(SOL_SOCKET, SO_ERROR);
  ours.connect(peer);
}

// Sends one byte of urgent data: poll(2) returns POLLPRI.
void urgent(Socket&, Fd& theirs) { hostile::put(theirs, "!", MSG_OOB); }

// "hel" has arrived, and the call waits for more.
void a_part(Socket&, Fd& theirs) { hostile::put(theirs, "hel"); }
const Ending rest{"rest", "hello", [](Socket&, Fd& theirs, Hold&) {
                    hostile::put(theirs, "lo");
                    hostile::put(theirs, "\n");
                  }};

// Another fiber is receiving already: callers in one direction queue.
void add_queued(Cases& cases) {
  struct Queued : Connection {
    using Connection::Connection;
    Fiber<> first;
  };
  for (const char* how : {"data", "closed"}) {
    cases.push_back({std::string("behind_another_receiver_") + how, "recv",
                     [how = std::string(how)] {
                       auto state = std::make_shared<Queued>(hostile::tcp());
                       state->first = spawn([state] {
                         try {
                           state->ours.recv(1);
                         } catch (const OSError&) {  // closed
                         }
                       });
                       sleep(0ms);
                       const auto let_go = [state, how](Hold&) {
                         if (how == "data") return hostile::put(state->theirs, "ahello");
                         state->ours.close();
                       };
                       return Scene{[state] { return state->ours.recv(5); }, let_go, how == "data" ? "hello" : "EBADF"};
                     },
                     Waits::yes, false});
  }
}

void add_descriptors(Cases& cases) {
  cases.push_back(connection_case(
      "silent_unix_peer", "recv_fds", [](Socket& s) { return recv_fds(s, 5, 1).data; }, data,
      [] { return hostile::unix_pair(SOCK_STREAM); }));
}

// The call's own timeout ends it, possibly before all beats.
void add_timeouts(Cases& cases) {
  for (const Receiver& receiver : receivers) {
    if (receiver.stream || std::string(receiver.name).starts_with("wait_")) continue;
    Case one = connection_case("silent_tcp_peer_timeout", receiver.name, receiver.call,
                               {"30_ms", "ETIMEDOUT", [](Socket&, Fd&, Hold&) {}}, hostile::tcp,
                               [](Socket& ours, Fd&) { ours.settimeout(30ms); });
    one.waits = Waits::maybe;
    cases.push_back(std::move(one));
  }
}

}  // namespace

void add_receiving(Cases& cases) {
  struct Silent {
    const char* name;
    std::function<Wire()> wire;
    Prepare prepare;
    bool stream;
  };
  const Silent silent[] = {
      {"silent_tcp_peer", hostile::tcp, {}, true},
      {"silent_unix_peer", [] { return hostile::unix_pair(SOCK_STREAM); }, {}, true},
      {"silent_seqpacket_peer", [] { return hostile::unix_pair(SOCK_SEQPACKET); }, {}, false},
      {"silent_unix_datagram_peer", [] { return hostile::unix_pair(SOCK_DGRAM); }, {}, false},
      {"silent_udp_peer", hostile::udp, {}, false},
      {"zero_copy_notice", hostile::tcp, zero_copy_notice, true},
      {"icmp_error_in_queue", hostile::udp, icmp_error, false},
      {"urgent_data", hostile::tcp, urgent, true},
      {"non_blocking_for_others", hostile::tcp, [](Socket& ours, Fd&) { ours.settimeout(1h); }, true},
  };
  for (const Silent& each : silent) {
    for (const Receiver& receiver : receivers) {
      if (receiver.stream && !each.stream) continue;
      cases.push_back(connection_case(each.name, receiver.name, receiver.call, receiver.stream ? line : data, each.wire,
                                      each.prepare));
    }
  }
  for (const Ending& ending : endings) {
    for (const Receiver& receiver : receivers) {
      if (receiver.stream && std::string(ending.name) == "closed") continue;  // a stream keeps its socket open
      cases.push_back(connection_case("silent_tcp_peer", receiver.name, receiver.call, ending, hostile::tcp));
    }
  }
  for (const Receiver& receiver : receivers) {
    if (receiver.all)
      cases.push_back(connection_case("half_a_message", receiver.name, receiver.call, rest, hostile::tcp, a_part));
  }
  add_queued(cases);
  add_descriptors(cases);
  add_timeouts(cases);
}

}  // namespace loquat::heartbeat
