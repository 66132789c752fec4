// Connecting to servers that do not answer, and accepting where no client comes or the client has disconnected.
#include <fcntl.h>

#include <cstring>
#include <memory>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;

// A server with a full queue, which therefore answers no client.
struct FullServer {
  explicit FullServer(int family) : listener(hostile::listener(family, 0)) {
    for (int i = 0; i < 3; ++i) waiting[i] = hostile::client_of(listener, SOCK_NONBLOCK);
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&storage), &size);
    address = Address(reinterpret_cast<sockaddr*>(&storage), size);
    ours = Socket(family);
  }
  Fd listener, waiting[3];
  Address address;
  Socket ours;
};

struct Connector {
  const char* name;
  std::function<std::string(FullServer&)> call;
  bool has_socket = true;
  bool unix_too = true;
};

const Connector connectors[] = {
    {"connect",
     [](FullServer& s) {
       s.ours.connect(s.address);
       return std::string("connected");
     }},
    {"connect_ex",
     [](FullServer& s) {
       const int error = s.ours.connect_ex(s.address);
       return std::string(error == 0 ? "connected" : ::strerrorname_np(error));
     }},
    {"create_connection",
     [](FullServer& s) {
       create_connection(s.address.host(), s.address.port());
       return std::string("connected");
     },
     false, false},
    {"create_connection_by_name",
     [](FullServer& s) {
       create_connection("localhost", s.address.port(), 1h);
       return std::string("connected");
     },
     false, false},
    {"sendto_fast_open",
     [](FullServer& s) {
       s.ours.sendto("hello", s.address, MSG_FASTOPEN);
       return std::string("connected");
     },
     true, false},
};

struct Ending {
  const char* name;
  std::string ends;
  std::function<void(FullServer&, Hold&)> let_go;
};
const Ending endings[] = {
    {"closed", "EBADF", [](FullServer& s, Hold&) { s.ours.close(); }},
    {"cancelled", "Cancelled", [](FullServer&, Hold& hold) { hold.cancel(); }},
    {"listener_closes", "ECONNREFUSED|ECONNRESET",
     [](FullServer& s, Hold&) {
       for (Fd& each : s.waiting) each.close();
       s.listener.close();
     }},
    {"accepts", "connected",
     [](FullServer& s, Hold& hold) {  // TCP: after the client's next SYN, a second or more later
       while (!hold.ended()) {
         if (hostile::readable(s.listener)) Fd(::accept4(s.listener, nullptr, nullptr, SOCK_CLOEXEC));
       }
     }},
};

void add_full_servers(Cases& cases) {
  for (const int family : {AF_INET, AF_UNIX}) {
    for (const Ending& ending : endings) {
      for (const Connector& each : connectors) {
        const std::string how = ending.name;
        if ((family == AF_UNIX && !each.unix_too) || (how == "closed" && !each.has_socket)) continue;
        // A TCP client notices at its next SYN, a second later. One such case is enough.
        if (family == AF_INET && (how == "accepts" || how == "listener_closes") && each.name != std::string("connect"))
          continue;
        Case one{(family == AF_INET ? "silent_tcp_server_" : "full_unix_server_") + how, each.name,
                 [&each, &ending, family] {
                   auto server = std::make_shared<FullServer>(family);
                   return Scene{[server, &each] { return each.call(*server); },
                                [server, &ending](Hold& hold) { ending.let_go(*server, hold); }, ending.ends};
                 }};
        one.in_threads = how != "cancelled";
        cases.push_back(std::move(one));
      }
    }
  }
}

void add_timeouts(Cases& cases) {
  for (const int family : {AF_INET, AF_UNIX}) {
    cases.push_back({family == AF_INET ? "silent_tcp_server_timeout" : "full_unix_server_timeout", "connect",
                     [family] {
                       auto server = std::make_shared<FullServer>(family);
                       server->ours.settimeout(30ms);
                       const auto call = [server] {
                         server->ours.connect(server->address);
                         return std::string("connected");
                       };
                       return Scene{call, [](Hold&) {}, family == AF_INET ? "ETIMEDOUT" : "EAGAIN"};
                     },
                     Waits::maybe});
  }
}

// --- accepting -------------------------------------------------------------------------------------------------------

struct Listening {
  explicit Listening(int family) : listener(Socket::from_fd(hostile::listener(family, 16).release())) {}
  Socket listener;
  Fd client;
  std::unique_ptr<hostile::Thief> thief;
  void come() {
    const Fd copy(::dup(listener.fileno()));
    client = hostile::client_of(copy);
  }
};

struct Acceptor {
  const char* name;
  std::function<void(Listening&)> call;
};
const Acceptor acceptors[] = {
    {"accept", [](Listening& l) { l.listener.accept(); }},
    {"accept_with_address",
     [](Listening& l) {
       Address peer;
       l.listener.accept(peer);
     }},
    {"wait_readable_and_accept",
     [](Listening& l) {
       while (!l.listener.wait_readable(1h)) {
       }
       l.listener.accept();
     }},
    {"accept_of_a_copy", [](Listening& l) { l.listener.dup().accept(); }},
};

struct AcceptEnding {
  const char* name;
  std::string ends;
  std::function<void(Listening&, Hold&)> let_go;
};
const AcceptEnding accept_endings[] = {
    {"comes", "accepted", [](Listening& l, Hold&) { l.come(); }},
    {"closed", "EBADF", [](Listening& l, Hold&) { l.listener.close(); }},
    {"shut_down", "EINVAL", [](Listening& l, Hold&) { l.listener.shutdown(SHUT_RD); }},
    {"cancelled", "Cancelled", [](Listening&, Hold& hold) { hold.cancel(); }},
};

Case accepting(const std::string& situation, const Acceptor& acceptor, int family, const AcceptEnding& ending,
               bool stolen) {
  Case one{situation + "_" + ending.name, acceptor.name, [=, &acceptor, &ending] {
             auto state = std::make_shared<Listening>(family);
             if (stolen) {
               state->thief = std::make_unique<hostile::Thief>(state->listener.fileno());
               state->come();
             }
             const auto call = [state, &acceptor] {
               acceptor.call(*state);
               return std::string("accepted");
             };
             const auto let_go = [state, &ending](Hold& hold) {
               state->thief.reset();
               ending.let_go(*state, hold);
             };
             // A call that uses neither poll(2) nor accept4(2) gets the first client.
             const auto rescue = [state] {
               state->thief.reset();
               state->come();
             };
             return Scene{call, let_go, stolen ? ending.ends + "|accepted" : ending.ends, rescue};
           }};
  if (stolen) one.waits = Waits::maybe;
  one.in_threads = std::string(ending.name) != "cancelled";
  return one;
}

}  // namespace

void add_connecting(Cases& cases) {
  add_full_servers(cases);
  add_timeouts(cases);
  for (const AcceptEnding& ending : accept_endings) {
    for (const Acceptor& acceptor : acceptors) {
      const std::string how = ending.name, name = acceptor.name;
      if (how == "closed" && name == "accept_of_a_copy") continue;  // the copy is open
      for (const int family : {AF_INET, AF_UNIX}) {
        const std::string of = family == AF_INET ? "tcp" : "unix";
        cases.push_back(accepting("no_" + of + "_client", acceptor, family, ending, false));
        cases.push_back(accepting("stolen_" + of + "_client", acceptor, family, ending, true));
      }
    }
  }
}

}  // namespace loquat::heartbeat
