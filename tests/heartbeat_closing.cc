// close() and every other way to release a descriptor, with SO_LINGER and a peer that does not read; and the calls that
// never wait, on sockets with full queues.
#include <fcntl.h>
#include <sys/socket.h>

#include <memory>

#include "loquat/file.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

struct State {
  Socket ours;
  Fd theirs;
};

std::shared_ptr<State> full(Wire wire) {
  auto state = std::make_shared<State>();
  hostile::fill(wire.ours);
  state->ours = Socket::from_fd(wire.ours.release());
  state->theirs = std::move(wire.theirs);
  return state;
}

struct Call {
  const char* name;
  std::function<void(Socket&)> call;
};

const Call closers[] = {
    {"close", [](Socket& s) { s.close(); }},
    {"destructor", [](Socket& s) { const Socket gone = std::move(s); }},
    {"assignment", [](Socket& s) { s = Socket(); }},
    {"stream_close",
     [](Socket& s) {
       auto stream = s.makefile();
       s.close();
       stream.close();
     }},
    {"stream_destructor",
     [](Socket& s) {
       auto stream = s.makefile();
       s.close();
     }},
    {"owned_file", [](Socket& s) { const File owner(s.detach(), File::own); }},
    {"owned_file_assignment",
     [](Socket& s) {
       File owner(s.detach(), File::own);
       owner = File(0);
     }},
};

struct Ending {
  const char* name;
  std::function<void(State&, Hold&)> let_go;
};
const Ending endings[] = {
    {"reads", [](State& s, Hold& hold) { hostile::drain(s.theirs, [&] { return hold.ended(); }); }},
    {"resets", [](State& s, Hold&) { hostile::reset(s.theirs); }},
};

void add_lingering(Cases& cases) {
  for (const Ending& ending : endings) {
    for (const Call& closer : closers) {
      for (const bool with_timeout : {false, true}) {
        cases.push_back(
            {std::string(with_timeout ? "linger_non_blocking_" : "linger_") + ending.name, closer.name,
             [&closer, &ending, with_timeout] {
               auto state = full(hostile::tcp());
               const linger minute{1, 60};
               state->ours.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&minute), sizeof(minute)});
               if (with_timeout) state->ours.settimeout(1h);
               const auto call = [state, &closer] {
                 closer.call(state->ours);
                 return std::string("closed");
               };
               return Scene{call, [state, &ending](Hold& hold) { ending.let_go(*state, hold); }, "closed"};
             }});
      }
    }
  }
}

// None of these may wait.
const Call prompt[] = {
    {"close", [](Socket& s) { s.close(); }},
    {"destructor", [](Socket& s) { const Socket gone = std::move(s); }},
    {"detach", [](Socket& s) { ::close(s.detach()); }},
    {"shutdown_read", [](Socket& s) { s.shutdown(SHUT_RD); }},
    {"shutdown_write", [](Socket& s) { s.shutdown(SHUT_WR); }},
    {"shutdown_both", [](Socket& s) { s.shutdown(SHUT_RDWR); }},
    {"dup", [](Socket& s) { s.dup().close(); }},
    {"fromfd", [](Socket& s) { fromfd(s.fileno()); }},
    {"makefile", [](Socket& s) { s.makefile(); }},
    {"getsockname", [](Socket& s) { s.getsockname(); }},
    {"getpeername", [](Socket& s) { s.getpeername(); }},
    {"family_type_proto", [](Socket& s) { (void)(s.family() + s.type() + s.proto()); }},
    {"getsockopt", [](Socket& s) { s.getsockopt(SOL_SOCKET, SO_SNDBUF); }},
    {"setsockopt", [](Socket& s) { s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1); }},
    {"set_inheritable", [](Socket& s) { s.set_inheritable(!s.get_inheritable()); }},
    {"settimeout", [](Socket& s) { s.settimeout(s.gettimeout() ? std::optional<Duration>() : 1s); }},
    {"setblocking", [](Socket& s) { s.setblocking(!s.getblocking()); }},
    {"recv_dontwait",
     [](Socket& s) {
       try {
         s.recv(1, MSG_DONTWAIT);
       } catch (const BlockingIOError&) {
       }
     }},
    {"send_dontwait",
     [](Socket& s) {
       try {
         s.send("x", MSG_DONTWAIT);
       } catch (const BlockingIOError&) {
       }
     }},
    {"recv_with_timeout_0",
     [](Socket& s) {
       s.settimeout(0s);
       try {
         s.recv(1);
       } catch (const BlockingIOError&) {
       }
     }},
    {"sendall_with_timeout_0",
     [](Socket& s) {
       s.settimeout(0s);
       try {
         s.sendall(std::string(1000, 'x'));
       } catch (const BlockingIOError&) {
       }
     }},
    {"wait_readable_0", [](Socket& s) { s.wait_readable(0s); }},
    {"wait_writable_0", [](Socket& s) { s.wait_writable(0s); }},
    {"recv_nothing", [](Socket& s) { s.recv(0); }},
    {"sendall_nothing", [](Socket& s) { s.sendall(""); }},
    {"bind_again",
     [](Socket& s) {
       try {
         s.bind(s.getsockname());
       } catch (const OSError&) {
       }
     }},
    {"create_server",
     [](Socket&) {
       create_servers({"127.0.0.1", 0}, 3);
     }},
    {"socketpair", [](Socket&) { socketpair(); }},
};

void add_prompt(Cases& cases) {
  struct Kind {
    const char* name;
    std::function<Wire()> wire;
  };
  static const Kind kinds[] = {
      {"full_tcp_peer_prompt", hostile::tcp},
      {"full_unix_peer_prompt", [] { return hostile::unix_pair(SOCK_STREAM); }},
      {"full_unix_datagram_peer_prompt", [] { return hostile::unix_pair(SOCK_DGRAM); }},
  };
  for (const Kind& kind : kinds) {
    for (const Call& each : prompt) {
      const bool datagrams = kind.name == std::string("full_unix_datagram_peer_prompt");
      // An empty datagram waits for room in the queue.
      if (datagrams && each.name == std::string("sendall_nothing")) continue;
      cases.push_back({kind.name, each.name,
                       [&kind, &each] {
                         auto state = full(kind.wire());
                         const auto call = [state, &each] {
                           each.call(state->ours);
                           return std::string("done");
                         };
                         return Scene{call, [](Hold&) {}, "done"};
                       },
                       Waits::no});
    }
  }
}

// close() waits for calls in flight; they end at once.
void add_in_use(Cases& cases) {
  struct Used : State {
    Fiber<> reader, writer;
  };
  for (const Call& each : closers) {
    if (std::string(each.name).starts_with("stream")) continue;
    cases.push_back({"in_use", each.name,
                     [&each] {
                       auto state = std::make_shared<Used>();
                       Wire wire = hostile::tcp();
                       hostile::fill(wire.ours);
                       state->ours = Socket::from_fd(wire.ours.release());
                       state->theirs = std::move(wire.theirs);
                       auto use = [state](auto f) {
                         return spawn([state, f] {
                           try {
                             f(state->ours);
                           } catch (const OSError&) {
                           }
                         });
                       };
                       state->reader = use([](Socket& s) { s.recv(1); });
                       state->writer = use([](Socket& s) { s.sendall("x"); });
                       sleep(0ms);
                       const auto call = [state, &each] {
                         each.call(state->ours);
                         state->reader.join();
                         state->writer.join();
                         return std::string("closed");
                       };
                       return Scene{call, [](Hold&) {}, "closed"};
                     },
                     Waits::no, false});
  }
}

}  // namespace

void add_closing(Cases& cases) {
  add_lingering(cases);
  add_prompt(cases);
  add_in_use(cases);
}

}  // namespace loquat::heartbeat
