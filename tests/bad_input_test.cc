// Wrong input throws what Python would raise. The error names the operation and, where they are known, both ends. One
// table, in every World.
#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <typeinfo>

#include "loquat/file.h"
#include "loquat/names.h"
#include "loquat/socket.h"
#include "tests/black_hole.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// The sockets that the calls in the table use.
struct Setting {
  explicit Setting(bool is_simulated) : simulated(is_simulated) {
    nobody = create_server({"127.0.0.1", 0}).getsockname();
    closed = Socket(AF_INET);
    closed.close();
    reset_pair.server.setsockopt(SOL_SOCKET, SO_LINGER, std::string_view("\1\0\0\0\0\0\0\0", 8));
    reset_pair.client.send("unread");
    reset_pair.server.wait_readable();
    reset_pair.server.close();
    ended_pair.client.shutdown(SHUT_WR);
    waiting_pair.client.settimeout(1ms);
    polling_pair.client.setblocking(false);
  }
  const Address& hole() {
    if (!black_hole) hole_address = black_hole.emplace(simulated).address();
    return hole_address;
  }

  bool simulated;
  Address nobody, hole_address;
  Socket closed;
  Socket fresh{AF_INET};
  Socket listener = create_server({"127.0.0.1", 0});
  Pair reset_pair = connected(), ended_pair = connected(), waiting_pair = connected(), polling_pair = connected();
  std::optional<BlackHole> black_hole;
};

enum Ends { none, local, peer, both };
enum Where { everywhere, kernel };

struct Row {
  const char* name;
  std::function<void(Setting&)> call;
  const std::type_info& type;
  int errc;  // 0: no OSError
  const char* operation;
  Ends ends = none;
  Where where = everywhere;
};

constexpr auto minus_one = static_cast<std::size_t>(-1);
const auto value_error = &typeid(std::invalid_argument);

const Row rows[] = {
    // Names and addresses.
    {"unresolvable", [](Setting&) { create_connection("no such name", 80); }, typeid(gaierror), EAI_NONAME,
     "getaddrinfo", peer},
    {"not_a_literal", [](Setting&) { Address("localhost", 80); }, typeid(gaierror), EAI_NONAME, "getaddrinfo", peer},
    {"refused", [](Setting& s) { create_connection("127.0.0.1", s.nobody.port()); }, typeid(ConnectionRefusedError),
     ECONNREFUSED, "connect", both},
    {"refused_with_a_source",
     [](Setting& s) {
       create_connection("127.0.0.1", s.nobody.port(), {.source = {"127.0.0.1", 0}});
     },
     typeid(ConnectionRefusedError), ECONNREFUSED, "connect", both},
    {"unreachable", [](Setting&) { create_connection("224.0.0.1", 9); }, typeid(OSError), ENETUNREACH, "connect", peer,
     kernel},
    {"black_hole", [](Setting& s) { create_connection(s.hole().host(), s.hole().port(), 5ms); }, typeid(TimeoutError),
     ETIMEDOUT, "connect", both},
    {"another_family",
     [](Setting& s) {
       s.fresh.connect({"::1", 80});
     },
     typeid(OSError), EAFNOSUPPORT, "connect", peer},
    {"connected_already", [](Setting& s) { s.ended_pair.client.connect(s.nobody); }, typeid(OSError), EISCONN,
     "connect", both},
    {"address_in_use", [](Setting& s) { create_server(s.listener.getsockname()); }, typeid(OSError), EADDRINUSE, "bind",
     local},
    {"address_of_nobody",
     [](Setting& s) {
       s.fresh.bind({"192.0.2.77", 0});
     },
     typeid(OSError), EADDRNOTAVAIL, "bind", local, kernel},
    {"missing_unix_path", [](Setting&) { Socket(AF_UNIX).connect(Address::unix_path("/no/such/path")); },
     typeid(FileNotFoundError), ENOENT, "connect", peer, kernel},

    // A closed socket.
    {"send_closed", [](Setting& s) { s.closed.send("x"); }, typeid(OSError), EBADF, "send"},
    {"sendall_closed", [](Setting& s) { s.closed.sendall("x"); }, typeid(OSError), EBADF, "sendall"},
    {"sendto_closed", [](Setting& s) { s.closed.sendto("x", s.nobody); }, typeid(OSError), EBADF, "sendto"},
    {"recv_closed", [](Setting& s) { s.closed.recv(1); }, typeid(OSError), EBADF, "recv"},
    {"recv_nothing_closed", [](Setting& s) { s.closed.recv(0); }, typeid(OSError), EBADF, "recv"},
    {"accept_closed", [](Setting& s) { s.closed.accept(); }, typeid(OSError), EBADF, "accept"},
    {"connect_closed", [](Setting& s) { s.closed.connect(s.nobody); }, typeid(OSError), EBADF, "connect"},
    {"listen_closed", [](Setting& s) { s.closed.listen(); }, typeid(OSError), EBADF, "listen"},
    {"bind_closed",
     [](Setting& s) {
       s.closed.bind({"", 0});
     },
     typeid(OSError), EBADF, "bind"},
    {"shutdown_closed", [](Setting& s) { s.closed.shutdown(SHUT_WR); }, typeid(OSError), EBADF, "shutdown"},
    {"settimeout_closed", [](Setting& s) { s.closed.settimeout(1s); }, typeid(OSError), EBADF, "settimeout"},
    {"getsockname_closed", [](Setting& s) { (void)s.closed.getsockname(); }, typeid(OSError), EBADF, "getsockname"},
    {"setsockopt_closed", [](Setting& s) { s.closed.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1); }, typeid(OSError), EBADF,
     "setsockopt"},
    {"makefile_closed", [](Setting& s) { s.closed.makefile(); }, typeid(OSError), EBADF, "makefile"},
    {"wait_closed", [](Setting& s) { s.closed.wait_readable(); }, typeid(OSError), EBADF, "wait_readable"},
    {"dup_closed", [](Setting& s) { s.closed.dup(); }, typeid(OSError), EBADF, "dup"},
    {"no_socket", [](Setting&) { Socket().recv(1); }, typeid(OSError), EBADF, "recv"},

    // A socket in the wrong state, and peers that have closed.
    {"recv_unconnected", [](Setting& s) { s.fresh.recv(1); }, typeid(OSError), ENOTCONN, "recv", local},
    {"send_unconnected", [](Setting& s) { s.fresh.send("x"); }, typeid(BrokenPipeError), EPIPE, "send", local},
    {"accept_not_listening", [](Setting& s) { s.fresh.accept(); }, typeid(OSError), EINVAL, "accept", local},
    {"peer_unconnected", [](Setting& s) { (void)s.fresh.getpeername(); }, typeid(OSError), ENOTCONN, "getpeername"},
    {"shutdown_unconnected", [](Setting& s) { s.fresh.shutdown(SHUT_WR); }, typeid(OSError), ENOTCONN, "shutdown",
     local},
    {"reset", [](Setting& s) { s.reset_pair.client.recv(1); }, typeid(ConnectionResetError), ECONNRESET, "recv", local},
    {"send_after_shutdown", [](Setting& s) { s.ended_pair.client.sendall("x"); }, typeid(BrokenPipeError), EPIPE,
     "sendall", both},
    {"timeout", [](Setting& s) { s.waiting_pair.client.recv(1); }, typeid(TimeoutError), ETIMEDOUT, "recv", both},
    {"would_block", [](Setting& s) { s.polling_pair.client.recv(1); }, typeid(BlockingIOError), EAGAIN, "recv", both},

    // Sizes and numbers.
    {"recv_negative", [](Setting& s) { s.fresh.recv(minus_one); }, *value_error, 0, "recv"},
    {"recvfrom_negative", [](Setting& s) { s.fresh.recvfrom(minus_one); }, *value_error, 0, "recvfrom", none, kernel},
    {"recvmsg_negative", [](Setting& s) { s.fresh.recvmsg(minus_one); }, *value_error, 0, "recvmsg", none, kernel},
    {"timeout_negative", [](Setting& s) { s.fresh.settimeout(-1s); }, *value_error, 0, "settimeout"},
    {"default_timeout_negative", [](Setting&) { setdefaulttimeout(-1s); }, *value_error, 0, "setdefaulttimeout"},
    {"connect_timeout_negative", [](Setting&) { create_connection("127.0.0.1", 1, -1s); }, *value_error, 0,
     "create_connection"},
    {"sendfile_of_nothing", [](Setting& s) { s.ended_pair.server.sendfile(0, 0, 0); }, *value_error, 0, "sendfile",
     none, kernel},
    {"sendfile_negative", [](Setting& s) { s.ended_pair.server.sendfile(0, 0, minus_one); }, *value_error, 0,
     "sendfile", none, kernel},
    {"unknown_option", [](Setting& s) { (void)s.listener.getsockopt(SOL_SOCKET, 9999); }, typeid(OSError), ENOPROTOOPT,
     "getsockopt", local},
    {"shutdown_how", [](Setting& s) { s.ended_pair.server.shutdown(77); }, typeid(OSError), EINVAL, "shutdown", both},
    {"unknown_family", [](Setting&) { Socket(77); }, typeid(OSError), EAFNOSUPPORT, "socket"},
    {"unknown_type", [](Setting&) { Socket(AF_INET, 77); }, typeid(OSError), EINVAL, "socket"},
    {"long_unix_path", [](Setting&) { Address::unix_path(std::string(200, 'x')); }, typeid(OSError), ENAMETOOLONG,
     "unix", local},

    // Descriptors that are closed or not sockets.
    {"from_closed_number", [](Setting&) { Socket::from_fd(1'000'000); }, typeid(OSError), EBADF, "from_fd", none,
     kernel},
    {"from_a_pipe",
     [](Setting&) {
       int ends[2];
       ASSERT_EQ(::pipe(ends), 0);
       const File in(ends[0], File::own), out(ends[1], File::own);
       Socket::from_fd(ends[0]);
     },
     typeid(OSError), ENOTSOCK, "from_fd", none, kernel},
    {"fromfd_closed_number", [](Setting&) { fromfd(1'000'000); }, typeid(OSError), EBADF, "fromfd", none, kernel},
    {"file_closed_number", [](Setting&) { File(1'000'000); }, typeid(OSError), EBADF, "file", none, kernel},
    {"sendfile_closed_number", [](Setting& s) { s.ended_pair.server.sendfile(1'000'000); }, typeid(OSError), EBADF,
     "sendfile", none, kernel},
};

struct Case {
  std::string world;
  const Row* row;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Row& row : rows) {
    for (const char* world : {"epoll", "uring", "threads"}) all.push_back({world, &row});
    if (row.where == everywhere) all.push_back({"sim", &row});
  }
  return all;
}

class BadInput : public ::testing::TestWithParam<Case> {};
std::string case_name(const ::testing::TestParamInfo<Case>& each) {
  return each.param.world + "_" + each.param.row->name;
}
INSTANTIATE_TEST_SUITE_P(Worlds, BadInput, ::testing::ValuesIn(cases()), case_name);

void expect(const Row& row, const std::exception& e) {
  EXPECT_STREQ(typeid(e).name(), row.type.name()) << e.what();
  EXPECT_TRUE(std::string(e.what()).starts_with(row.operation)) << e.what();
  const auto* error = dynamic_cast<const OSError*>(&e);
  if (error == nullptr) {
    EXPECT_EQ(row.errc, 0) << e.what();
    return;
  }
  EXPECT_EQ(error->errc(), row.errc) << e.what();
  EXPECT_EQ(error->operation(), row.operation);
  EXPECT_EQ(error->local().empty(), row.ends == none || row.ends == peer) << e.what();
  EXPECT_EQ(error->peer().empty(), row.ends == none || row.ends == local) << e.what();
}

TEST_P(BadInput, ThrowsAsInPython) {
  const Row& row = *GetParam().row;
  run_in(GetParam().world, [&] {
    Setting setting(GetParam().world == "sim");
    try {
      row.call(setting);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::exception& e) {
      expect(row, e);
    }
  });
}

// Zero is a valid size.
class ZeroSizes : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ZeroSizes, ::testing::Values("epoll", "uring", "threads", "sim"), world_name);

TEST_P(ZeroSizes, MoveNothing) {
  run([] {
    Pair pair = connected();
    EXPECT_EQ(pair.client.recv(0), "");
    EXPECT_EQ(pair.client.recv_into(std::span<char>()), 0u);
    EXPECT_EQ(pair.client.send(""), 0u);
    pair.client.sendall("");
    pair.client.sendall(std::span<const std::string_view>());
    pair.client.sendall("after nothing");
    EXPECT_EQ(pair.server.recv(13, MSG_WAITALL), "after nothing");
    Socket(AF_INET).settimeout(0s);
    Socket socket = create_server({"127.0.0.1", 0}, 0);
    socket.listen(-1);  // Python treats it as 0
  });
}

// The error of a waiter names both ends, although the socket is closed.
TEST_P(ZeroSizes, CloseNamesBothEnds) {
  run([] {
    Pair pair = connected();
    const std::string here = pair.client.getsockname().str(), there = pair.client.getpeername().str();
    const auto read = [&] {
      try {
        pair.client.recv(1);
      } catch (const OSError& e) {
        EXPECT_EQ(e.errc(), EBADF);
        return e.local() + " " + e.peer();
      }
      return std::string();
    };
    auto first = beside(read), second = beside(read);
    first.until_it_waits();
    second.until_it_waits();
    pair.client.close();
    EXPECT_EQ(first.get(), here + " " + there);
    EXPECT_EQ(second.get(), here + " " + there);
  });
}

}  // namespace
}  // namespace loquat
