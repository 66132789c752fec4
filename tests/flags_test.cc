// A call with any two flags has the same result as the kernel's blocking call: in a fiber on epoll, in a fiber on
// io_uring and in a plain thread, with and without a timeout. The expected result comes from a thread that makes the
// raw system call in the same situation. How much the peer had to send before the call returned is part of the result.
//
// Where the headers promise something else:
//   MSG_TRUNC              recv(), recvfrom() and recvmsg() return no more bytes than requested. The kernel, and the
//                          calls that fill a buffer, return the length of a longer datagram. The test cuts all results.
//   MSG_OOB, MSG_ERRQUEUE  Never wait. The kernel waits where it does not support them (UDP, Unix sockets).
//   MSG_CMSG_CLOEXEC       Always set, so Message::flags does not distinguish it. The same holds for MSG_NOSIGNAL.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>

#include <cstring>
#include <functional>
#include <future>
#include <map>
#include <thread>

#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/hostile.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

struct Flag {
  int value;
  const char* name;
};
const Flag flags[] = {
    {0, "none"},
    {MSG_PEEK, "PEEK"},
    {MSG_WAITALL, "WAITALL"},
    {MSG_TRUNC, "TRUNC"},
    {MSG_DONTWAIT, "DONTWAIT"},
    {MSG_OOB, "OOB"},
    {MSG_ERRQUEUE, "ERRQUEUE"},
    {MSG_CMSG_CLOEXEC, "CMSG_CLOEXEC"},
    {MSG_NOSIGNAL, "NOSIGNAL"},
    {MSG_MORE, "MORE"},
    {MSG_EOR, "EOR"},
    {MSG_CONFIRM, "CONFIRM"},
    {MSG_ZEROCOPY, "ZEROCOPY"},
    {MSG_FASTOPEN, "FASTOPEN"},
};

struct Pair {
  int value;
  std::string name;
  bool for_sending;  // receiving calls ignore both
};
std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const Flag& one : flags) {
    for (const Flag& other : flags) {
      if (one.value > other.value || (one.value == other.value && one.value != 0)) continue;
      constexpr int sending = MSG_NOSIGNAL | MSG_MORE | MSG_EOR | MSG_CONFIRM | MSG_ZEROCOPY | MSG_FASTOPEN;
      const int both = one.value | other.value;
      all.push_back({both, std::string(one.name) + "|" + other.name, both != 0 && (both & ~sending) == 0});
    }
  }
  return all;
}

#if defined(__SANITIZE_THREAD__)
constexpr std::size_t every = 7;  // of the pairs
#else
constexpr std::size_t every = 1;
#endif

Wire wire_of(const std::string& kind) {
  if (kind == "tcp") {
    Wire wire = hostile::tcp();
    const linger none{1, 0};  // thousands of connections would leave no port that is not in TIME-WAIT
    ::setsockopt(wire.theirs, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    return wire;
  }
  if (kind == "udp") return hostile::udp();
  return hostile::unix_pair(kind == "unix_stream"     ? SOCK_STREAM
                            : kind == "unix_datagram" ? SOCK_DGRAM
                                                      : SOCK_SEQPACKET);
}
bool is_stream(const std::string& kind) { return kind == "tcp" || kind == "unix_stream"; }

// Waits until all `sent` bytes have arrived. Unix sockets and UDP over loopback deliver at once.
void until_it_arrived(int fd, std::size_t sent) {
  for (;; ::usleep(20)) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_bytes_received >= sent) return;
  }
}

std::string told(int message_flags) {
  std::string text;
  const Flag told[] = {{MSG_TRUNC, " TRUNC"},
                       {MSG_CTRUNC, " CTRUNC"},
                       {MSG_EOR, " EOR"},
                       {MSG_OOB, " OOB"},
                       {MSG_ERRQUEUE, " ERRQUEUE"}};
  for (const Flag& each : told) {
    if ((message_flags & each.value) != 0) text += each.name;
  }
  return text;
}

std::string error_name(int error) { return ::strerrorname_np(error); }

std::string word_of(const std::function<std::string()>& call) {
  try {
    return call();
  } catch (const OSError& e) {
    return error_name(e.errc());
  }
}

// --- a call in parallel ----------------------------------------------------------------------------------------------

// Runs in a fiber where there are fibers, unless a thread is requested.
class Call {
 public:
  Call(std::function<std::string()> body, bool in_thread) {
    if (!in_thread) {
      fiber_ = spawn(std::move(body));
      return;
    }
    std::promise<pid_t> started;
    auto known = started.get_future();
    future_ = std::async(std::launch::async, [&started, body = std::move(body)] {
      started.set_value(::gettid());
      return body();
    });
    thread_ = known.get();
  }
  bool done() { return future_.valid() ? future_.wait_for(0s) == std::future_status::ready : fiber_.done(); }
  // Returns when the call waits or has ended.
  void settle() {
    if (!future_.valid()) {
      for (int i = 0; i < 10 && !done(); ++i) sleep(0ms);
    } else {
      while (!done() && !sleeps(thread_)) ::usleep(50);
    }
  }
  // Whether the call ends within a generous time limit; the limit is shorter once a call has failed to end.
  bool ends() {
    const char* seconds = std::getenv("LOQUAT_PATIENCE");  // for debugging
    static Duration patience = std::chrono::seconds(seconds == nullptr ? 20 : std::atoi(seconds));
    const bool ended =
        future_.valid() ? future_.wait_for(patience) == std::future_status::ready : fiber_.join_for(patience);
    if (!ended) patience = 100ms;
    return ended;
  }
  std::string get() { return future_.valid() ? future_.get() : fiber_.get(); }

 private:
  Fiber<std::string> fiber_;
  std::future<std::string> future_;
  pid_t thread_ = 0;
};

// --- receiving -------------------------------------------------------------------------------------------------------

// The peer sends "hello" and "world" and ends its stream. The first `begun` of these steps happen before the call, the
// others one by one while it waits.
struct Script {
  const char* name;
  std::size_t size;  // requested
  int begun;
  bool urgent = false;  // after "hello" comes an urgent byte (streams)
  bool notice = false;  // a zero-copy notice is in the error queue (TCP)
};
const Script scripts[] = {
    {"nothing_there", 10, 0}, {"half_there", 10, 1},   {"more_there", 3, 1},           {"all_there", 10, 2},
    {"end_there", 10, 3},     {"urgent", 10, 1, true}, {"notice", 10, 1, false, true},
};

class Conversation {
 public:
  Conversation(const std::string& kind, const Script& script) : wire_(wire_of(kind)), stream_(is_stream(kind)) {
    if (script.notice) {
      const int on = 1;
      ::setsockopt(wire_.ours, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on));
      hostile::put(wire_.ours, "x", MSG_ZEROCOPY);
      char sink = 0;
      ::recv(wire_.theirs, &sink, 1, MSG_WAITALL);
    }
    while (steps_ < script.begun) step();
    if (script.urgent) send("!", MSG_OOB);
  }
  int ours() const { return wire_.ours; }
  // A descriptor that the library owns and closes.
  int copy() const { return ::fcntl(wire_.ours, F_DUPFD_CLOEXEC, 0); }
  int steps() const { return steps_; }
  void step() {
    const char* const pieces[] = {"hello", "world"};
    if (steps_ < 2) {
      send(pieces[steps_], 0);
    } else if (stream_) {
      ::shutdown(wire_.theirs, SHUT_WR);
    }
    ++steps_;
  }
  void give_up() { ::shutdown(wire_.theirs, SHUT_RDWR); }
  // The unread messages, each with its end.
  std::string left() const {
    std::string all = " left:";
    char buffer[100];
    for (ssize_t got; (got = ::recv(wire_.ours, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;)
      all += std::string(buffer, static_cast<std::size_t>(got)) + (stream_ ? "" : "/");
    return all;
  }

 private:
  void send(const std::string& piece, int with) {
    hostile::put(wire_.theirs, piece, with);
    sent_ += piece.size();
    until_it_arrived(wire_.ours, sent_);
  }

  Wire wire_;
  bool stream_;
  int steps_ = 0;
  std::size_t sent_ = 0;
};

struct Outcome {
  std::string word;
  int steps;
};

// The kernel's result of a blocking call. It includes flags for recvmsg(2), but not for recv(2).
std::string raw_receive(int fd, std::size_t size, int with, bool message) {
  std::string data(size, '\0');
  iovec piece{data.data(), size};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  const ssize_t got = message ? ::recvmsg(fd, &header, with) : ::recv(fd, data.data(), size, with);
  if (got < 0) return error_name(errno);
  data.resize(std::min(size, static_cast<std::size_t>(got)));  // see MSG_TRUNC above
  return data + told(header.msg_flags);
}

Outcome expectation(const std::string& kind, const Script& script, int with, bool message) {
  static std::map<std::string, Outcome> known;
  const std::string key = kind + script.name + std::to_string(with) + (message ? "m" : "");
  if (const auto found = known.find(key); found != known.end()) return found->second;
  if ((with & (MSG_OOB | MSG_ERRQUEUE)) != 0) with |= MSG_DONTWAIT;
  Conversation conversation(kind, script);
  Call call([&] { return raw_receive(conversation.ours(), script.size, with, message); }, true);
  for (call.settle(); !call.done(); call.settle()) {
    if (conversation.steps() >= 3) {  // the kernel itself waits for ever: that is a result, too
      conversation.give_up();
      ::shutdown(conversation.ours(), SHUT_RDWR);
      break;
    }
    conversation.step();
  }
  const std::string word = call.get();
  return known[key] = {word + conversation.left(), conversation.steps()};
}

struct Receiver {
  const char* name;
  bool message;  // returns flags
  bool first;    // represents the others where flags make no difference
  std::function<std::string(Socket&, std::size_t size, int with)> call;
};

std::string of(const Message& message) { return message.data + told(message.flags); }

const Receiver receivers[] = {
    {"recv", false, true, [](Socket& s, std::size_t size, int with) { return s.recv(size, with); }},
    {"recv_into", false, false,
     [](Socket& s, std::size_t size, int with) {
       std::string data(size, '\0');
       data.resize(std::min(size, s.recv_into(std::span<char>(data), with)));
       return data;
     }},
    {"recvfrom", true, false, [](Socket& s, std::size_t size, int with) { return of(s.recvfrom(size, with)); }},
    {"recvfrom_into", true, false,
     [](Socket& s, std::size_t size, int with) {
       std::string data(size, '\0');
       const Message message = s.recvfrom_into(std::as_writable_bytes(std::span<char>(data)), with);
       data.resize(std::min(size, message.size));
       return data + told(message.flags);
     }},
    {"recvmsg", true, true, [](Socket& s, std::size_t size, int with) { return of(s.recvmsg(size, 0, with)); }},
    {"recvmsg_into", true, false,
     [](Socket& s, std::size_t size, int with) {
       std::string data(size, '\0');
       const auto bytes = std::as_writable_bytes(std::span<char>(data));
       const std::span<std::byte> spans[] = {bytes.first(2), bytes.subspan(2)};
       const Message message = s.recvmsg_into(spans, 0, with);
       data.resize(std::min(size, message.size));
       return data + told(message.flags);
     }},
};

// An error of recv(2) has no flags; recvmsg(2) leaves its flags 0.
std::string receive_in_lane(const std::string& kind, const Script& script, const Receiver& receiver, int with,
                            const Outcome& expected, bool timeout) {
  Conversation conversation(kind, script);
  Socket socket = Socket::from_fd(conversation.copy());
  if (timeout) socket.settimeout(1h);
  Call call([&] { return word_of([&] { return receiver.call(socket, script.size, with); }); }, workers() == 0);
  while (conversation.steps() < expected.steps) {
    call.settle();
    if (call.done()) break;
    conversation.step();
  }
  const bool endless = !call.ends();
  if (endless) socket.close();
  const std::string word = call.get();
  return (endless ? "waits on, then: " : "") + word + conversation.left() +
         " steps:" + std::to_string(conversation.steps());
}

struct Parameter {
  std::string lane, kind;
  bool timeout;
};
void PrintTo(const Parameter& p, std::ostream* out) {
  *out << p.lane << " " << p.kind << (p.timeout ? " timeout" : "");
}

std::vector<Parameter> parameters(const std::vector<const char*>& kinds) {
  std::vector<Parameter> all;
  for (const char* lane : {"epoll", "uring", "threads"}) {
    for (const char* kind : kinds) {
      for (const bool timeout : {false, true}) all.push_back({lane, kind, timeout});
    }
  }
  return all;
}

const auto parameter_name = [](const ::testing::TestParamInfo<Parameter>& each) {
  return each.param.lane + "_" + each.param.kind + (each.param.timeout ? "_timeout" : "");
};

class Flags : public ::testing::TestWithParam<Parameter> {};
INSTANTIATE_TEST_SUITE_P(
    Worlds, Flags, ::testing::ValuesIn(parameters({"tcp", "unix_stream", "unix_datagram", "unix_seqpacket", "udp"})),
    parameter_name);

bool makes_sense(const Script& script, const std::string& kind) {
  if (script.notice) return kind == "tcp";
  return !script.urgent || is_stream(kind);
}

TEST_P(Flags, ReceiveAsTheKernelDoes) {
  const auto& [lane, kind, timeout] = GetParam();
  run_in(lane, [&kind = kind, &timeout = timeout] {
    const auto all = pairs();
    for (std::size_t i = 0; i < all.size(); i += every) {
      for (const Script& script : scripts) {
        for (const Receiver& receiver : receivers) {
          if (!makes_sense(script, kind) || (all[i].for_sending && !receiver.first)) continue;
          const Outcome expected = expectation(kind, script, all[i].value, receiver.message);
          EXPECT_EQ(receive_in_lane(kind, script, receiver, all[i].value, expected, timeout),
                    expected.word + " steps:" + std::to_string(expected.steps))
              << receiver.name << " " << all[i].name << " " << script.name;
        }
      }
    }
  });
}

// --- sending ---------------------------------------------------------------------------------------------------------

struct Sender {
  const char* name;
  std::function<std::string(Socket&, int with)> call;
};
const Sender senders[] = {
    {"send", [](Socket& s, int with) { return std::to_string(s.send("hello", with)); }},
    {"sendall",
     [](Socket& s, int with) {
       s.sendall("hello", with);
       return std::string("5");
     }},
    {"sendall_pieces",
     [](Socket& s, int with) {
       const std::string_view pieces[] = {"hel", "lo"};
       s.sendall(pieces, with);
       return std::string("5");
     }},
    {"sendto", [](Socket& s, int with) { return std::to_string(s.sendto("hello", {}, with)); }},
    {"sendmsg",
     [](Socket& s, int with) {
       const std::string_view pieces[] = {"hel", "lo"};
       return std::to_string(s.sendmsg(pieces, {}, with));
     }},
};

std::string raw_send(int fd, int with, bool message) {
  iovec piece{const_cast<char*>("hello"), 5};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  const ssize_t sent =
      message ? ::sendmsg(fd, &header, with | MSG_NOSIGNAL) : ::send(fd, "hello", 5, with | MSG_NOSIGNAL);
  return sent < 0 ? error_name(errno) : std::to_string(sent);
}

// What the peer receives of the call, and of a "!" sent after it. With MSG_MORE both arrive together.
std::string arrived(const std::string& kind, int ours, int theirs) {
  hostile::put(ours, "!");
  if (is_stream(kind)) ::shutdown(ours, SHUT_WR);
  std::string all = " arrived:";
  char buffer[100];
  iovec piece{buffer, sizeof(buffer)};
  while (is_stream(kind) || all.back() != '!') {
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    const ssize_t got = ::recvmsg(theirs, &header, 0);
    if (got < 0 && errno == EINTR) continue;  // at an urgent mark, if io_uring has work for this thread
    if (got < 0) all += ' ' + error_name(errno);
    if (got <= 0) break;
    if (!is_stream(kind)) all += "/";
    all += told(header.msg_flags) + std::string(buffer, static_cast<std::size_t>(got));
  }
  return all;
}

Wire wire_to_send(const std::string& kind) {
  Wire wire = wire_of(kind);
  const int on = 1;
  ::setsockopt(wire.ours, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on));
  ::setsockopt(wire.theirs, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
  const timeval patience{20, 0};
  ::setsockopt(wire.theirs, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return wire;
}

TEST_P(Flags, SendAsTheKernelDoes) {
  const auto& [lane, kind, timeout] = GetParam();
  const auto all = pairs();
  for (std::size_t i = 0; i < all.size(); i += every) {
    std::string expected[2];
    for (const bool message : {false, true}) {
      const Wire wire = wire_to_send(kind);
      expected[message] = raw_send(wire.ours, all[i].value, message);
      expected[message] += arrived(kind, wire.ours, wire.theirs);
    }
    run_in(lane, [&, &kind = kind, &timeout = timeout] {
      for (const Sender& sender : senders) {
        Wire wire = wire_to_send(kind);
        Socket socket = Socket::from_fd(wire.ours.release());
        if (timeout) socket.settimeout(1h);
        std::string word = word_of([&] { return sender.call(socket, all[i].value); });
        word += arrived(kind, socket.fileno(), wire.theirs);
        const bool message = sender.name == std::string("sendmsg") || sender.name == std::string("sendall_pieces");
        EXPECT_EQ(word, expected[message]) << sender.name << " " << all[i].name;
      }
    });
  }
}

// --- sending before there is a connection ----------------------------------------------------------------------------

struct Opener {
  const char* name;
  bool message;
  std::function<std::size_t(Socket&, const Address&, int with)> call;
};
const Opener openers[] = {
    {"sendto", false, [](Socket& s, const Address& a, int with) { return s.sendto("hello", a, with); }},
    {"sendmsg", true,
     [](Socket& s, const Address& a, int with) {
       const std::string_view pieces[] = {"hel", "lo"};
       return s.sendmsg(pieces, {}, with, a);
     }},
};

std::string raw_open(int fd, const Address& address, int with, bool message) {
  iovec piece{const_cast<char*>("hello"), 5};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_name = const_cast<sockaddr*>(address.data());
  header.msg_namelen = address.size();
  const ssize_t sent = message ? ::sendmsg(fd, &header, with | MSG_NOSIGNAL)
                               : ::sendto(fd, "hello", 5, with | MSG_NOSIGNAL, address.data(), address.size());
  return sent < 0 ? error_name(errno) : std::to_string(sent);
}

// What a server receives if the connection succeeds.
std::string served(Socket& server, int client) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  pollfd connected{client, POLLOUT, 0};
  ::poll(&connected, 1, 20'000);  // returns at once if it succeeds, or with POLLHUP
  if (::getpeername(client, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return " no connection";
  const Fd accepted(::accept4(server.fileno(), nullptr, nullptr, SOCK_CLOEXEC));
  const int on = 1;
  ::setsockopt(accepted, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
  return arrived("tcp", client, accepted);
}

class FastOpen : public Flags {};
INSTANTIATE_TEST_SUITE_P(Worlds, FastOpen, ::testing::ValuesIn(parameters({"tcp"})), parameter_name);

TEST_P(FastOpen, WorksAsInTheKernel) {
  const auto& [lane, kind, timeout] = GetParam();
  Socket server = create_server({"127.0.0.1", 0});
  const Address address = server.getsockname();
  for (const Flag& flag : flags) {
    const int with = MSG_FASTOPEN | flag.value;
    std::string expected[2];
    for (const bool message : {false, true}) {
      const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      expected[message] = raw_open(client, address, with, message);
      expected[message] += served(server, client);
    }
    run_in(lane, [&, &timeout = timeout] {
      for (const Opener& opener : openers) {
        Socket client(AF_INET);
        if (timeout) client.settimeout(1h);
        std::string word = word_of([&] { return std::to_string(opener.call(client, address, with)); });
        word += served(server, client.fileno());
        EXPECT_EQ(word, expected[opener.message]) << opener.name << " FASTOPEN|" << flag.name;
      }
    });
  }
}

// --- the comparison finds what differs -------------------------------------------------------------------------------

TEST(PlantedFlags, ALostByteAndAMissingWaitAreDetected) {
  const Script& half = scripts[1];
  const Outcome expected = expectation("tcp", half, MSG_WAITALL, false);
  EXPECT_EQ(expected.word, "helloworld left:");
  EXPECT_EQ(expected.steps, 2);
  const Receiver forgetful{"forgetful", false, true, [](Socket& s, std::size_t size, int) { return s.recv(size); }};
  const Receiver hasty{"hasty", false, true, [](Socket& s, std::size_t size, int) {
                         std::string data = s.recv(size - 1, MSG_WAITALL);
                         return data;
                       }};
  EXPECT_EQ(receive_in_lane("tcp", half, forgetful, 0, expected, false), "hello left: steps:1");
  EXPECT_EQ(receive_in_lane("tcp", half, hasty, 0, expected, false), "helloworl left:d steps:2");
}

}  // namespace
}  // namespace loquat
