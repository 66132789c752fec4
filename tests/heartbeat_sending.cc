// Sending to a peer that does not read, on every kind of socket whose queue can be full.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>

#include <functional>
#include <iostream>
#include <memory>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/heartbeat_connection.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

const std::string big(1 << 20, 'x');
const std::string small(100, 'x');

// An unnamed file of `size` bytes.
Fd file_of(std::size_t size) {
  Fd fd(::memfd_create("heartbeat", MFD_CLOEXEC));
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate");
  return fd;
}

struct Sender {
  const char* name;
  std::function<void(Socket&)> call;
  bool big = false;     // more than one message
  bool fds = false;     // for Unix sockets only
  bool stream = false;  // writes to makefile()
};

void write_stream(Socket& socket, std::size_t buffer) {
  auto stream = socket.makefile(buffer);
  stream << big << std::flush;
  stream.close();
}

const Sender senders[] = {
    {"send", [](Socket& s) { s.send(small); }},
    {"send_more", [](Socket& s) { s.send(small, MSG_MORE); }},
    {"sendall", [](Socket& s) { s.sendall(small); }},
    {"sendall_big", [](Socket& s) { s.sendall(big); }, true},
    {"sendall_pieces",
     [](Socket& s) {
       const std::string_view pieces[] = {small, small, small};
       s.sendall(pieces);
     }},
    {"sendall_big_pieces",
     [](Socket& s) {
       const std::string_view pieces[] = {small, big, small};
       s.sendall(pieces);
     },
     true},
    {"sendto", [](Socket& s) { s.sendto(small, {}); }},
    {"sendmsg",
     [](Socket& s) {
       const std::string_view pieces[] = {small, small};
       s.sendmsg(pieces);
     }},
    {"send_fds",
     [](Socket& s) {
       const int fds[] = {0};
       send_fds(s, small, fds);
     },
     false, true},
    {"sendfile", [](Socket& s) { s.sendfile(file_of(big.size())); }, true},
    {"sendfile_of_a_full_pipe",
     [](Socket& s) {
       Wire source = hostile::pipe_to_write();
       hostile::fill(source.ours);
       source.ours.close();
       s.sendfile(source.theirs);
     },
     true},
    {"wait_writable_and_send",
     [](Socket& s) {
       while (!s.wait_writable(1h)) {
       }
       s.send(small);
     }},
    {"stream", [](Socket& s) { write_stream(s, 8192); }, true, false, true},
    {"stream_unbuffered", [](Socket& s) { write_stream(s, 0); }, true, false, true},
};

const Ending reads{"reads", "sent",
                   [](Socket&, Fd& theirs, Hold& hold) { hostile::drain(theirs, [&] { return hold.ended(); }); }};
const std::vector<Ending> endings = tcp_endings("EPIPE|ECONNRESET", "ECONNRESET|EPIPE", "EPIPE", SHUT_WR);

Case sender_case(const std::string& situation, const Sender& sender, const Ending& ending,
                 const std::function<Wire()>& wire, const Prepare& prepare = {}) {
  const auto call = [&sender](Socket& ours) {
    sender.call(ours);
    return std::string("sent");
  };
  const auto fill = [prepare](Socket& ours, Fd& theirs) {
    if (prepare) prepare(ours, theirs);
    hostile::fill(ours.fileno());
  };
  return connection_case(situation, sender.name, call, ending, wire, fill);
}

void unread(Socket&, Fd& theirs) {
  hostile::put(theirs, "unread");
  hostile::put(theirs, "!", MSG_OOB);
}
void half_closed(Socket&, Fd& theirs) { ::shutdown(theirs, SHUT_WR); }

// A Unix receiver whose queue another sender has filled with datagrams.
struct Crowd {
  Socket ours{AF_UNIX, SOCK_DGRAM};
  Fd others, receiver;
  Address name;

  Crowd() {
    receiver = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage storage{};
    storage.ss_family = AF_UNIX;
    ::bind(receiver, reinterpret_cast<sockaddr*>(&storage), sizeof(sa_family_t));
    socklen_t size = sizeof(storage);
    ::getsockname(receiver, reinterpret_cast<sockaddr*>(&storage), &size);
    name = Address(reinterpret_cast<sockaddr*>(&storage), size);
    others = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    while (::sendto(others, "x", 1, MSG_DONTWAIT, name.data(), name.size()) > 0) {
    }
  }
};

struct ToCrowd {
  const char* name;
  std::function<void(Crowd&)> call;
};
const ToCrowd to_crowd[] = {
    {"sendto", [](Crowd& c) { c.ours.sendto("y", c.name); }},
    {"sendmsg",
     [](Crowd& c) {
       const std::string_view pieces[] = {"y", "z"};
       c.ours.sendmsg(pieces, {}, 0, c.name);
     }},
    {"send",
     [](Crowd& c) {
       c.ours.connect(c.name);
       c.ours.send("y");
     }},
    {"sendall",
     [](Crowd& c) {
       c.ours.connect(c.name);
       c.ours.sendall("y");
     }},
    {"wait_writable_and_send",
     [](Crowd& c) {
       c.ours.connect(c.name);
       while (!c.ours.wait_writable(1h)) {
       }
       c.ours.send("y");
     }},
};
struct CrowdEnding {
  const char* name;
  std::string ends;
  std::function<void(Crowd&, Hold&)> let_go;
};
const CrowdEnding crowd_endings[] = {
    {"reads", "sent", [](Crowd& c, Hold& hold) { hostile::drain(c.receiver, [&] { return hold.ended(); }); }},
    {"peer_closes", "ECONNREFUSED|ECONNRESET|EPIPE", [](Crowd& c, Hold&) { c.receiver.close(); }},
    {"closed", "EBADF", [](Crowd& c, Hold&) { c.ours.close(); }},
    {"cancelled", "Cancelled", [](Crowd&, Hold& hold) { hold.cancel(); }},
};

void add_crowd(Cases& cases) {
  for (const CrowdEnding& ending : crowd_endings) {
    for (const ToCrowd& sender : to_crowd) {
      Case one{std::string("queue_filled_by_others_") + ending.name, sender.name, [&] {
                 auto crowd = std::make_shared<Crowd>();
                 const auto call = [crowd, &sender] {
                   sender.call(*crowd);
                   return std::string("sent");
                 };
                 return Scene{call, [crowd, &ending](Hold& hold) { ending.let_go(*crowd, hold); }, ending.ends};
               }};
      one.in_threads = std::string(ending.name) != "cancelled";
      cases.push_back(std::move(one));
    }
  }
}

// The peer reads, but the source of sendfile() is silent.
void add_silent_sources(Cases& cases) {
  struct Source {
    const char* name;
    std::function<Wire()> make;
  };
  static const Source sources[] = {
      {"sendfile_of_a_pipe", hostile::pipe_to_read},
      {"sendfile_of_a_terminal", hostile::terminal},
      {"sendfile_of_a_socket", hostile::tcp},
  };
  for (const Source& source : sources) {
    for (const char* how : {"comes", "closed", "cancelled"}) {
      Case one{std::string("silent_source_") + how, source.name, [&source, how = std::string(how)] {
                 struct Both {
                   Socket ours;
                   Fd theirs;
                   Wire from;
                 };
                 Wire to = hostile::tcp();
                 auto state = std::make_shared<Both>();
                 state->ours = Socket::from_fd(to.ours.release());
                 state->theirs = std::move(to.theirs);
                 state->from = source.make();
                 const auto call = [state] { return std::to_string(state->ours.sendfile(state->from.ours, 0, 5)); };
                 const auto let_go = [state, how](Hold& hold) {
                   if (how == "comes") return hostile::put(state->from.theirs, "hello");
                   if (how == "cancelled") return hold.cancel();
                   state->ours.close();
                   hostile::put(state->from.theirs, "hello");
                 };
                 return Scene{call, let_go, how == "comes" ? "5" : how == "closed" ? "EBADF" : "Cancelled"};
               }};
      one.in_threads = std::string(how) != "cancelled";
      cases.push_back(std::move(one));
    }
  }
}

}  // namespace

void add_sending(Cases& cases) {
  struct Full {
    const char* name;
    std::function<Wire()> wire;
    Prepare prepare;
    bool stream;
  };
  const auto unix_stream = [] { return hostile::unix_pair(SOCK_STREAM); };
  const Full full[] = {
      {"full_tcp_peer", hostile::tcp, {}, true},
      {"full_tcp_peer_with_notice", hostile::tcp, zero_copy_notice, true},
      {"full_tcp_peer_unread", hostile::tcp, unread, true},
      {"full_tcp_peer_half_closed", hostile::tcp, half_closed, true},
      {"full_tcp_peer_non_blocking", hostile::tcp, [](Socket& ours, Fd&) { ours.settimeout(1h); }, true},
      {"full_unix_peer", unix_stream, {}, true},
      {"full_seqpacket_peer", [] { return hostile::unix_pair(SOCK_SEQPACKET); }, {}, false},
      {"full_unix_datagram_peer", [] { return hostile::unix_pair(SOCK_DGRAM); }, {}, false},
  };
  for (const Full& each : full) {
    const bool is_unix = std::string(each.name).find("tcp") == std::string::npos;
    for (const Sender& sender : senders) {
      if ((sender.big && !each.stream) || (sender.fds && !is_unix)) continue;
      cases.push_back(sender_case(each.name, sender, reads, each.wire, each.prepare));
    }
  }
  for (const Ending& ending : endings) {
    for (const Sender& sender : senders) {
      if (sender.stream && std::string(ending.name) == "closed") continue;  // a stream keeps its socket open
      if (!sender.fds) cases.push_back(sender_case("full_tcp_peer", sender, ending, hostile::tcp));
    }
  }
  for (const Sender& sender : senders) {
    if (sender.stream || std::string(sender.name).starts_with("wait_") || sender.fds) continue;
    Case one = sender_case("full_tcp_peer_timeout", sender, {"30_ms", "ETIMEDOUT", [](Socket&, Fd&, Hold&) {}},
                           hostile::tcp, [](Socket& ours, Fd&) { ours.settimeout(30ms); });
    one.waits = Waits::maybe;
    cases.push_back(std::move(one));
  }
  add_crowd(cases);
  add_silent_sources(cases);
}

}  // namespace loquat::heartbeat
