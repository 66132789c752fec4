// TLS with a peer that is silent, does not finish the handshake, or does not read.
#include <fcntl.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/tls.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"
#include "tls/certificate.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

// Contexts for both ends, with a self-signed certificate. Its file is removed once it is loaded.
struct Contexts {
  SSLContext server{PROTOCOL_TLS_SERVER}, client{PROTOCOL_TLS_CLIENT};
  Contexts() {
    const auto made = tls::make_self_signed("Loquat test", {"localhost"}, 30);
    const std::string path =
        std::filesystem::temp_directory_path() / ("loquat-heartbeat-" + std::to_string(::getpid()) + ".pem");
    Fd file(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    hostile::put(file, made.certificate + made.key);
    server.load_cert_chain(path);
    client.load_verify_locations({}, {}, made.certificate);
    ::unlink(path.c_str());
  }
};
const Contexts& contexts() {
  static const Contexts made;
  return made;
}

WrapOptions as_client(bool at_once = true) {
  WrapOptions options;
  options.server_hostname = "localhost";
  options.do_handshake_on_connect = at_once;
  return options;
}
WrapOptions as_server(bool at_once = true) {
  WrapOptions options;
  options.server_side = true;
  options.do_handshake_on_connect = at_once;
  return options;
}

// --- no handshake ----------------------------------------------------------------------------------------------------

struct Silent {
  Socket plain;
  SSLSocket ours;
  Fd theirs;
};

struct Call {
  const char* name;
  std::function<void(Silent&)> call;
};

const Call handshakes[] = {
    {"wrap_socket", [](Silent& s) { s.ours = contexts().client.wrap_socket(std::move(s.plain), as_client()); }},
    {"wrap_socket_server", [](Silent& s) { s.ours = contexts().server.wrap_socket(std::move(s.plain), as_server()); }},
};
const Call later_handshakes[] = {
    {"do_handshake", [](Silent& s) { s.ours.do_handshake(); }},
    {"recv", [](Silent& s) { s.ours.recv(1); }},
    {"send", [](Silent& s) { s.ours.send("x"); }},
    {"sendall", [](Silent& s) { s.ours.sendall("x"); }},
    {"wait_readable_and_recv",
     [](Silent& s) {
       s.ours.wait_readable(1h);
       s.ours.recv(1);
     }},
};

struct Ending {
  const char* name;
  std::string ends;
  std::function<void(Silent&, Hold&)> let_go;
};
const Ending endings[] = {
    {"closes", "SSLError|ECONNRESET|EPIPE|done", [](Silent& s, Hold&) { s.theirs.close(); }},
    {"resets", "ECONNRESET|EPIPE|SSLError", [](Silent& s, Hold&) { hostile::reset(s.theirs); }},
    {"says_nonsense", "SSLError", [](Silent& s, Hold&) { hostile::put(s.theirs, "HTTP/1.0 400 Bad Request\r\n\r\n"); }},
    {"cancelled", "Cancelled", [](Silent&, Hold& hold) { hold.cancel(); }},
};
const Ending closed{"closed", "EBADF", [](Silent& s, Hold&) { s.ours.close(); }};

Case handshake(const Call& each, const Ending& ending, bool later) {
  Case one{std::string("no_handshake_") + ending.name, each.name, [&each, &ending, later] {
             Wire wire = hostile::tcp();
             auto state = std::make_shared<Silent>();
             state->plain = Socket::from_fd(wire.ours.release());
             state->theirs = std::move(wire.theirs);
             if (later) state->ours = contexts().client.wrap_socket(std::move(state->plain), as_client(false));
             const auto call = [state, &each] {
               each.call(*state);
               return std::string("done");
             };
             return Scene{call, [state, &ending](Hold& hold) { ending.let_go(*state, hold); }, ending.ends};
           }};
  one.in_threads = std::string(ending.name) != "cancelled";
  return one;
}

void add_handshakes(Cases& cases) {
  for (const Ending& ending : endings) {
    for (const Call& each : handshakes) cases.push_back(handshake(each, ending, false));
    for (const Call& each : later_handshakes) cases.push_back(handshake(each, ending, true));
  }
  for (const Call& each : later_handshakes) cases.push_back(handshake(each, closed, true));
}

// --- after the handshake ---------------------------------------------------------------------------------------------

struct Connected {
  SSLSocket ours, theirs;

  Connected() {
    Wire wire = hostile::tcp();
    Socket far = Socket::from_fd(wire.theirs.release());
    std::thread other([&] { theirs = contexts().server.wrap_socket(std::move(far), as_server()); });
    ours = contexts().client.wrap_socket(Socket::from_fd(wire.ours.release()), as_client());
    other.join();
  }
  // Sends until the buffers are full.
  void fill() {
    hostile::fix_send_buffer(ours.fileno());
    const auto timeout = ours.gettimeout();
    ours.settimeout(20ms);
    for (bool full = false; !full; hostile::settle(ours.fileno())) {
      full = true;
      try {
        for (;; full = false) ours.sendall(std::string(16 * 1024, 'x'));
      } catch (const TimeoutError&) {
      }
    }
    ours.settimeout(timeout);
  }
};

struct Exchange {
  const char* name;
  std::string ends;
  bool full;
  std::function<std::string(Connected&)> call;
};
const Exchange exchanges[] = {
    {"recv", "hello", false, [](Connected& c) { return c.ours.recv(100); }},
    {"recv_peek", "hello", false, [](Connected& c) { return c.ours.recv(100, MSG_PEEK); }},
    {"getline", "hello", false,
     [](Connected& c) {
       std::string line;
       auto stream = c.ours.makefile();
       std::getline(stream, line);
       return line;
     }},
    {"wait_readable_and_recv", "hello", false,
     [](Connected& c) {
       while (!c.ours.wait_readable(1h)) {
       }
       return c.ours.recv(100);
     }},
    {"send", "sent", true,
     [](Connected& c) {
       c.ours.send("x");
       return std::string("sent");
     }},
    {"sendall", "sent", true,
     [](Connected& c) {
       c.ours.sendall(std::string(1 << 20, 'x'));
       return std::string("sent");
     }},
    {"wait_writable_and_send", "sent", true,
     [](Connected& c) {
       while (!c.ours.wait_writable(1h)) {
       }
       c.ours.send("x");
       return std::string("sent");
     }},
    {"unwrap", "unwrapped", false,
     [](Connected& c) {
       c.ours.unwrap();
       return std::string("unwrapped");
     }},
    {"unwrap_full", "unwrapped", true,
     [](Connected& c) {
       c.ours.unwrap();
       return std::string("unwrapped");
     }},
};

// The well-behaved peer, with the library's plain-thread calls.
void behave(Connected& c, const Exchange& exchange, Hold& hold) {
  const std::string wanted = exchange.name;
  try {
    if (!exchange.full && !wanted.starts_with("unwrap"))
      return c.theirs.sendall(wanted == "getline" ? "hello\n" : "hello");
    c.theirs.settimeout(10ms);
    while (!hold.ended()) {
      try {
        if (c.theirs.recv(65536).empty()) return (void)c.theirs.unwrap();
      } catch (const TimeoutError&) {
      }
    }
  } catch (const OSError&) {
  }
}

struct LateEnding {
  const char* name;
  std::string ends;  // empty: the exchange's own
  std::function<void(Connected&, const Exchange&, Hold&)> let_go;
};
const LateEnding late_endings[] = {
    {"behaves", "", behave},
    {"cancelled", "Cancelled", [](Connected&, const Exchange&, Hold& hold) { hold.cancel(); }},
    {"closed", "EBADF|", [](Connected& c, const Exchange&, Hold&) { c.ours.close(); }},
    {"resets", "ECONNRESET|EPIPE|SSLError|",
     [](Connected& c, const Exchange&, Hold&) {
       const sockaddr nowhere{};  // AF_UNSPEC ends a TCP connection with RST
       ::connect(c.theirs.fileno(), &nowhere, sizeof(nowhere));
     }},
};

void add_exchanges(Cases& cases) {
  for (const LateEnding& ending : late_endings) {
    const std::string how = ending.name;
    for (const Exchange& each : exchanges) {
      if (how == "closed" && each.name == std::string("getline")) continue;  // a stream keeps its socket open
      Case one{"tls_peer_that_" + how, each.name, [&each, &ending] {
                 auto state = std::make_shared<Connected>();
                 if (each.full) state->fill();
                 return Scene{[state, &each] { return each.call(*state); },
                              [state, &each, &ending](Hold& hold) { ending.let_go(*state, each, hold); },
                              ending.ends.empty() ? each.ends : ending.ends};
               }};
      one.in_threads = how != "cancelled";
      cases.push_back(std::move(one));
    }
  }
}

// Calls that send close_notify only if that needs no waiting.
void add_prompt(Cases& cases) {
  struct Prompt {
    const char* name;
    std::function<void(Connected&)> call;
  };
  static const Prompt prompt[] = {
      {"close", [](Connected& c) { c.ours.close(); }},
      {"destructor", [](Connected& c) { const SSLSocket gone = std::move(c.ours); }},
      {"detach",
       [](Connected& c) {
         try {
           ::close(c.ours.detach());
         } catch (const OSError&) {  // refused: the connection would be unusable
         }
       }},
      {"pending", [](Connected& c) { (void)c.ours.pending(); }},
      {"getpeercert", [](Connected& c) { c.ours.getpeercert(); }},
      {"shutdown_both", [](Connected& c) { c.ours.shutdown(SHUT_RDWR); }},
  };
  for (const Prompt& each : prompt) {
    cases.push_back({"full_tls_peer_prompt", each.name,
                     [&each] {
                       auto state = std::make_shared<Connected>();
                       state->fill();
                       const auto call = [state, &each] {
                         each.call(*state);
                         return std::string("done");
                       };
                       return Scene{call, [](Hold&) {}, "done"};
                     },
                     Waits::no});
  }
}

// --- servers ---------------------------------------------------------------------------------------------------------

void add_accept(Cases& cases) {
  struct Server {
    SSLSocket listener = contexts().server.wrap_socket(create_server({"127.0.0.1", 0}), as_server());
    Fd client;
  };
  for (const char* how : {"comes", "closed", "cancelled"}) {
    Case one{std::string("no_tls_client_") + how, "SSLSocket::accept", [how = std::string(how)] {
               auto state = std::make_shared<Server>();
               const auto call = [state] {
                 state->listener.accept();
                 return std::string("accepted");
               };
               const auto let_go = [state, how](Hold& hold) {
                 if (how == "cancelled") return hold.cancel();
                 if (how == "closed") return state->listener.close();
                 state->client = hostile::client_of(state->listener.fileno());
               };
               return Scene{call, let_go, how == "comes" ? "accepted" : how == "closed" ? "EBADF" : "Cancelled"};
             }};
    one.in_threads = std::string(how) != "cancelled";
    cases.push_back(std::move(one));
  }
}

}  // namespace

void add_tls(Cases& cases) {
  add_handshakes(cases);
  add_exchanges(cases);
  add_prompt(cases);
  add_accept(cases);
}

}  // namespace loquat::heartbeat
