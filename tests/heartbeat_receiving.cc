// Receiving from a peer that is silent, on every kind of socket, with notices that make poll(2) say "ready" meanwhile.
#include <netinet/in.h>

#include <functional>
#include <iostream>
#include <memory>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

struct Receiver {
  const char* name;
  std::function<std::string(Socket&)> call;
  bool all = false;     // waits for all of "hello"
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

// How the silence ends.
struct Ending {
  const char* name;
  std::string ends;
  std::function<void(Socket& ours, Fd& theirs, Hold& hold)> let_go;
};

const Ending data{"data", "hello", [](Socket&, Fd& theirs, Hold&) { hostile::put(theirs, "hello"); }};
const Ending line{"data", "hello", [](Socket&, Fd& theirs, Hold&) { hostile::put(theirs, "hello\n"); }};
const Ending endings[] = {
    {"peer_closes", "", [](Socket&, Fd& theirs, Hold&) { theirs.close(); }},
    {"peer_resets", "ECONNRESET", [](Socket&, Fd& theirs, Hold&) { hostile::reset(theirs); }},
    {"closed", "EBADF", [](Socket& ours, Fd&, Hold&) { ours.close(); }},
    {"detached", "EBADF", [](Socket& ours, Fd&, Hold&) { ::close(ours.detach()); }},
    {"shut_down", "", [](Socket& ours, Fd&, Hold&) { ours.shutdown(SHUT_RD); }},
    {"cancelled", "Cancelled", [](Socket&, Fd&, Hold& hold) { hold.cancel(); }},
};

struct State {
  Socket ours;
  Fd theirs;
};

using Prepare = std::function<void(Socket& ours, Fd& theirs)>;

Case make_case(const std::string& situation, const Receiver& receiver, const Ending& ending,
               const std::function<Wire()>& wire, const Prepare& prepare = {}) {
  Case one{situation + "_" + ending.name, receiver.name, [=, &receiver] {
             Wire made = wire();
             auto state = std::make_shared<State>();
             state->ours = Socket::from_fd(made.ours.release());
             state->theirs = std::move(made.theirs);
             if (prepare) prepare(state->ours, state->theirs);
             return Scene{[state, &receiver] { return receiver.call(state->ours); },
                          [state, let_go = ending.let_go](Hold& hold) { let_go(state->ours, state->theirs, hold); },
                          ending.ends};
           }};
  one.in_threads = std::string(ending.name) != "cancelled";
  return one;
}

// A zero-copy notice in the error queue: poll(2) says POLLERR until somebody fetches it.
void notice(Socket& ours, Fd& theirs) {
  ours.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1);
  ours.send(std::string(1000, 'x'), MSG_ZEROCOPY);
  char sink[1000];
  ::recv(theirs, sink, sizeof(sink), MSG_WAITALL);
}

// An ICMP error of an earlier datagram in the error queue (IP_RECVERR), after recv() has reported it.
void icmp_error(Socket& ours, Fd&) {
  ours.setsockopt(IPPROTO_IP, IP_RECVERR, 1);
  const Address peer = ours.getpeername();
  {
    Wire other = hostile::udp();
    Socket gone = Socket::from_fd(other.theirs.release());
    const Address nobody = gone.getsockname();
    gone.close();
    ours.sendto("x", nobody);
  }
  ours.wait_readable(1s);
  (void)ours.getsockopt(SOL_SOCKET, SO_ERROR);
  (void)peer;
}

// One byte of urgent data beside the stream: poll(2) says POLLPRI.
void urgent(Socket&, Fd& theirs) { hostile::put(theirs, "!", MSG_OOB); }

// "hel" is there, and more is asked for.
void a_part(Socket&, Fd& theirs) { hostile::put(theirs, "hel"); }
const Ending rest{"rest", "hello", [](Socket&, Fd& theirs, Hold&) {
                    hostile::put(theirs, "lo");
                    hostile::put(theirs, "\n");
                  }};

// Another fiber, or thread, of this program receives already: callers of one direction queue.
void add_queued(Cases& cases) {
  struct Queued : State {
    Fiber<> first;
  };
  for (const char* how : {"data", "closed"}) {
    cases.push_back({std::string("behind_another_receiver_") + how, "recv",
                     [how = std::string(how)] {
                       Wire made = hostile::tcp();
                       auto state = std::make_shared<Queued>();
                       state->ours = Socket::from_fd(made.ours.release());
                       state->theirs = std::move(made.theirs);
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
  cases.push_back({"silent_unix_peer", "recv_fds", [] {
                     Wire made = hostile::unix_pair(SOCK_STREAM);
                     auto state = std::make_shared<State>();
                     state->ours = Socket::from_fd(made.ours.release());
                     state->theirs = std::move(made.theirs);
                     return Scene{[state] { return recv_fds(state->ours, 5, 1).data; },
                                  [state](Hold&) { hostile::put(state->theirs, "hello"); }, "hello"};
                   }});
}

// A time-out of its own ends the call; it may be over before the beats are.
void add_timeouts(Cases& cases) {
  for (const Receiver& receiver : receivers) {
    if (receiver.stream || std::string(receiver.name).starts_with("wait_")) continue;
    Case one = make_case("silent_tcp_peer_timeout", receiver, {"30_ms", "ETIMEDOUT", [](Socket&, Fd&, Hold&) {}},
                         hostile::tcp, [](Socket& ours, Fd&) { ours.settimeout(30ms); });
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
      {"zero_copy_notice", hostile::tcp, notice, true},
      {"icmp_error_in_queue", hostile::udp, icmp_error, false},
      {"urgent_data", hostile::tcp, urgent, true},
      {"non_blocking_for_others", hostile::tcp, [](Socket& ours, Fd&) { ours.settimeout(1h); }, true},
  };
  for (const Silent& each : silent) {
    for (const Receiver& receiver : receivers) {
      if (receiver.stream && !each.stream) continue;
      cases.push_back(make_case(each.name, receiver, receiver.stream ? line : data, each.wire, each.prepare));
    }
  }
  for (const Ending& ending : endings) {
    for (const Receiver& receiver : receivers) {
      if (receiver.stream && std::string(ending.name) == "closed") continue;  // a stream keeps its socket open
      cases.push_back(make_case("silent_tcp_peer", receiver, ending, hostile::tcp));
    }
  }
  for (const Receiver& receiver : receivers) {
    if (receiver.all) cases.push_back(make_case("half_a_message", receiver, rest, hostile::tcp, a_part));
  }
  add_queued(cases);
  add_descriptors(cases);
  add_timeouts(cases);
}

}  // namespace loquat::heartbeat
