// create_connection(), create_server() and connect_ex() (loquat/socket.h), in every World. Tests that come from
// Python's NetworkConnection and CreateServer classes have the same names.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "loquat/socket.h"
#include "tests/black_hole.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class NetworkConnection : public InWorld {};
class CreateServer : public InWorld {};
class ConnectEx : public InWorld {};
class KernelConnection : public InWorld {};

const auto everywhere = ::testing::Values("epoll", "uring", "threads", "sim");
INSTANTIATE_TEST_SUITE_P(Worlds, NetworkConnection, everywhere, world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, CreateServer, everywhere, world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, ConnectEx, everywhere, world_name);
INSTANTIATE_TEST_SUITE_P(Kernel, KernelConnection, ::testing::Values("epoll", "uring", "threads"), world_name);

std::uint16_t port_of(const Socket& socket) { return socket.getsockname().port(); }

// The port of a listener that has been closed.
std::uint16_t unused_port() { return port_of(create_server({"127.0.0.1", 0})); }

struct DefaultTimeout {
  explicit DefaultTimeout(Duration timeout) { setdefaulttimeout(timeout); }
  ~DefaultTimeout() { setdefaulttimeout({}); }
};

// --- NetworkConnection ---------------------------------------------------------------------------------------------

TEST_P(NetworkConnection, Connect) {
  run([] {
    Socket client(AF_INET);
    EXPECT_THROW(client.connect({"127.0.0.1", unused_port()}), ConnectionRefusedError);
  });
}

TEST_P(NetworkConnection, CreateConnection) {
  run([] {
    const std::uint16_t port = unused_port();
    try {
      create_connection("localhost", port);
      ADD_FAILURE() << "connected to a closed port";
    } catch (const ConnectionRefusedError& e) {
      EXPECT_EQ(e.operation(), "connect");
      EXPECT_NE(e.peer().find(":" + std::to_string(port)), std::string::npos) << e.peer();
    }
  });
}

TEST_P(NetworkConnection, CreateConnectionAllErrors) {
  run([] {
    const std::uint16_t port = unused_port();
    const std::vector<AddressInfo> addresses = getaddrinfo("localhost", port);
    try {
      create_connection("localhost", port, {.all_errors = true});
      ADD_FAILURE() << "connected to a closed port";
    } catch (const ExceptionGroup& group) {
      ASSERT_EQ(group.exceptions().size(), addresses.size());
      for (const std::exception_ptr& each : group.exceptions()) {
        EXPECT_THROW(std::rethrow_exception(each), ConnectionRefusedError);
      }
      for (const AddressInfo& each : addresses) {
        EXPECT_NE(std::string(group.what()).find(each.address.str()), std::string::npos) << group.what();
      }
    }
  });
}

// With one address there is one failure; the error is a group all the same.
TEST_P(NetworkConnection, OneFailureIsAGroupToo) {
  run([] {
    try {
      create_connection("127.0.0.1", unused_port(), {.all_errors = true});
      ADD_FAILURE() << "connected to a closed port";
    } catch (const ExceptionGroup& group) {
      EXPECT_EQ(group.exceptions().size(), 1u);
    }
  });
}

TEST_P(NetworkConnection, Family) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server), 10s).family(), AF_INET);
  });
}

TEST_P(NetworkConnection, SourceAddress) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    const std::uint16_t source = unused_port();
    Socket client = create_connection("127.0.0.1", port_of(server), {.timeout = 10s, .source = {"", source}});
    EXPECT_EQ(port_of(client), source);
    EXPECT_EQ(server.accept().getpeername().port(), source);
    Socket other = create_connection("127.0.0.1", port_of(server), {.source = {"127.0.0.1", 0}});
    EXPECT_EQ(other.getsockname().host(), "127.0.0.1");
  });
}

TEST_P(NetworkConnection, SourceAddressOfAnotherFamily) {
  run([] {
    EXPECT_THROW(create_connection("127.0.0.1", unused_port(), {.source = {"::1", 0}}), gaierror);
    Socket server = create_server({"::1", 0});
    EXPECT_EQ(create_connection("::1", port_of(server), {.source = {"", 0}}).family(), AF_INET6);
  });
}

TEST_P(NetworkConnection, SourceAddressInUse) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    const std::uint16_t taken = port_of(server);
    EXPECT_EQ(errc_of([&] { create_connection("127.0.0.1", taken, {.source = {"127.0.0.1", taken}}); }), EADDRINUSE);
  });
}

TEST_P(NetworkConnection, TimeoutDefault) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    const DefaultTimeout timeout(42s);
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server)).gettimeout(), Duration(42s));
  });
}

TEST_P(NetworkConnection, TimeoutNone) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    const DefaultTimeout timeout(30s);
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server), std::nullopt).gettimeout(), std::nullopt);
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server), {.timeout = {}}).gettimeout(), std::nullopt);
  });
}

TEST_P(NetworkConnection, TimeoutValueNamed) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server), {.timeout = 30s}).gettimeout(), Duration(30s));
  });
}

TEST_P(NetworkConnection, TimeoutValueNonamed) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    EXPECT_EQ(create_connection("127.0.0.1", port_of(server), 30s).gettimeout(), Duration(30s));
  });
}

TEST_P(NetworkConnection, InsideTimeout) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    Socket client = create_connection("127.0.0.1", port_of(server));
    auto late = beside([&] {
      Socket connection = server.accept();
      sleep(20ms);
      connection.sendall("done!");
    });
    EXPECT_EQ(client.recv(5, MSG_WAITALL), "done!");
    late.get();
  });
}

TEST_P(NetworkConnection, OutsideTimeout) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    Socket client = create_connection("127.0.0.1", port_of(server), 10ms);
    EXPECT_THROW(client.recv(5), TimeoutError);
  });
}

TEST_P(NetworkConnection, ATimeoutOfZeroOnlyStartsConnecting) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    EXPECT_EQ(errc_of([&] { create_connection("127.0.0.1", port_of(server), 0s); }), EINPROGRESS);
    EXPECT_THROW(create_connection("127.0.0.1", port_of(server), -1ns), std::invalid_argument);
  });
}

TEST_P(NetworkConnection, AnUnknownNameThrows) {
  run([] {
    try {
      create_connection("no such name", 80, {.all_errors = true});
      ADD_FAILURE() << "it resolves";
    } catch (const gaierror& e) {
      EXPECT_EQ(e.errc(), EAI_NONAME);
      EXPECT_EQ(e.peer(), "no such name");
    }
  });
}

// --- a black hole --------------------------------------------------------------------------------------------------

TEST_P(KernelConnection, ABlackHoleTakesTheWholeTimeout) {
  run([] {
    BlackHole hole(false);
    const TimePoint start = now();
    try {
      create_connection("127.0.0.1", hole.address().port(), 30ms);
      ADD_FAILURE() << "connected";
    } catch (const TimeoutError& e) {
      EXPECT_EQ(e.operation(), "connect");
      EXPECT_EQ(e.peer(), hole.address().str());
    }
    EXPECT_GE(now() - start, 30ms);
    EXPECT_LT(now() - start, 10s);
    Socket client(AF_INET);
    client.settimeout(10ms);
    EXPECT_EQ(client.connect_ex(hole.address()), EAGAIN);
  });
}

// The result of getaddrinfo(3) for "two.test"; other names are looked up normally.
std::vector<Address> two_test;

// A plain thread does not race addresses, but a silent address leaves time for the next one.
TEST(ThreadConnection, ASilentAddressLeavesTimeForTheNext) {
  const BlackHole silent(false);
  const Socket good = create_server({"127.0.0.2", silent.address().port()});
  two_test = {silent.address(), good.getsockname()};
  EXPECT_EQ(create_connection("two.test", silent.address().port(), 2s).getpeername(), good.getsockname());
  two_test = {silent.address(), silent.address()};
  EXPECT_THROW(create_connection("two.test", silent.address().port(), 20ms), TimeoutError);
}

TEST_P(KernelConnection, AnUnreachableAddressThrows) {
  run([] {
    try {
      create_connection("224.0.0.1", 9, 10s);  // a multicast address
      ADD_FAILURE() << "connected";
    } catch (const OSError& e) {
      EXPECT_EQ(e.errc(), ENETUNREACH);
      EXPECT_EQ(e.peer(), "224.0.0.1:9");
    }
  });
}

TEST(SimulatedConnection, ABlackHoleTakesTheWholeTimeout) {
  run_in("sim", [] {
    Socket server = create_server({"192.0.2.1", 80});
    testing::partition("", "192.0.2.1", std::chrono::hours(1));
    const TimePoint start = now();
    EXPECT_THROW(create_connection("192.0.2.1", 80, 3s), TimeoutError);
    EXPECT_EQ(now() - start, 3s);
  });
}

// The first address does not answer, so the second wins after 250 ms.
TEST(SimulatedConnection, HappyEyeballsWithASourceAddress) {
  testing::SimOptions options;
  options.hosts["both.example"] = {"2001:db8::1", "192.0.2.1"};
  for (const std::uint64_t seed : testing::seeds(5)) {
    testing::simulate(
        seed,
        [] {
          Socket six = create_server({"2001:db8::1", 80}), four = create_server({"192.0.2.1", 80});
          testing::partition("", "2001:db8::1", std::chrono::hours(1));
          const TimePoint start = now();
          Socket client = create_connection("both.example", 80, {.timeout = 3s, .source = {"", 0}});
          EXPECT_EQ(client.getpeername().host(), "192.0.2.1");
          EXPECT_LT(now() - start, 300ms);
          testing::partition("", "192.0.2.1", std::chrono::hours(1));
          try {
            create_connection("both.example", 80, {.timeout = 1s, .all_errors = true});
            ADD_FAILURE() << "connected";
          } catch (const ExceptionGroup& group) {
            EXPECT_EQ(group.exceptions().size(), 2u) << group.what();
          }
        },
        options);
  }
}

// --- CreateServer --------------------------------------------------------------------------------------------------

TEST_P(CreateServer, Address) {
  run([] {
    const std::uint16_t port = unused_port();
    EXPECT_EQ(create_server({"127.0.0.1", port}).getsockname(), Address("127.0.0.1", port));
    EXPECT_EQ(create_server({"::1", port}, {.family = AF_INET6}).getsockname(), Address("::1", port));
    EXPECT_EQ(errc_of([] { create_server({"127.0.0.1", 0}, {.family = AF_INET6}); }), EAI_ADDRFAMILY);
  });
}

TEST_P(CreateServer, FamilyAndType) {
  run([] {
    Socket four = create_server({"127.0.0.1", 0}), six = create_server({"::1", 0}, {.family = AF_INET6});
    EXPECT_EQ(four.family(), AF_INET);
    EXPECT_EQ(four.type(), SOCK_STREAM);
    EXPECT_EQ(six.family(), AF_INET6);
    EXPECT_EQ(six.type(), SOCK_STREAM);
  });
}

TEST_P(CreateServer, ReusePort) {
  run([] {
    Socket alone = create_server({"127.0.0.1", 0});
    EXPECT_EQ(alone.getsockopt(SOL_SOCKET, SO_REUSEPORT), 0);
    Socket shared = create_server({"127.0.0.1", 0}, {.reuse_port = true});
    EXPECT_NE(shared.getsockopt(SOL_SOCKET, SO_REUSEPORT), 0);
    Socket other = create_server(shared.getsockname(), {.reuse_port = true});
    EXPECT_EQ(errc_of([&] { create_server(shared.getsockname()); }), EADDRINUSE);
    EXPECT_EQ(create_servers({"127.0.0.1", 0}, 2, {.backlog = 7}).size(), 2u);
  });
}

TEST_P(CreateServer, Ipv6OnlyDefault) {
  run([] {
    const auto v6only = [](const Socket& s) { return s.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY); };
    EXPECT_EQ(v6only(create_server({"::1", 0}, {.family = AF_INET6})), 1);
    EXPECT_EQ(v6only(create_server({"", 0}, {.family = AF_INET6})), 1);
    EXPECT_EQ(v6only(create_server({"::1", 0})), 1);
    EXPECT_EQ(v6only(create_server({"::", 0})), 0);
    EXPECT_EQ(v6only(create_server({"::", 0}, {.dualstack_ipv6 = false})), 1);
  });
}

TEST_P(CreateServer, DualstackIpv6Family) {
  run([] {
    ASSERT_TRUE(has_dualstack_ipv6());
    EXPECT_EQ(create_server({"::1", 0}, {.family = AF_INET6, .dualstack_ipv6 = true}).family(), AF_INET6);
    EXPECT_THROW(create_server({"127.0.0.1", 0}, {.dualstack_ipv6 = true}), std::invalid_argument);
  });
}

void echo_once(Socket server, const char* host) {
  auto echo = beside([&] {
    Socket client = server.accept();
    client.sendall(client.recv(3, MSG_WAITALL));
  });
  Socket client = create_connection(host, port_of(server), 10s);
  client.sendall("foo");
  EXPECT_EQ(client.recv(3, MSG_WAITALL), "foo");
  echo.get();
}

TEST_P(CreateServer, Tcp4) {
  run([] { echo_once(create_server({"", 0}), "127.0.0.1"); });
}
TEST_P(CreateServer, Tcp6) {
  run([] {
    echo_once(create_server({"", 0}, {.family = AF_INET6}), "::1");
    Socket server = create_server({"", 0}, {.family = AF_INET6});
    EXPECT_EQ(errc_of([&] { create_connection("127.0.0.1", port_of(server), 10s); }), ECONNREFUSED);
  });
}
TEST_P(CreateServer, DualStackClientV4) {
  run([] { echo_once(create_server({"", 0}, {.family = AF_INET6, .dualstack_ipv6 = true}), "127.0.0.1"); });
}
TEST_P(CreateServer, DualStackClientV6) {
  run([] { echo_once(create_server({"", 0}, {.family = AF_INET6, .dualstack_ipv6 = true}), "::1"); });
}

// --- connect_ex ----------------------------------------------------------------------------------------------------

TEST_P(ConnectEx, ReturnsTheErrno) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    Socket client(AF_INET);
    EXPECT_EQ(client.connect_ex({"127.0.0.1", unused_port()}), ECONNREFUSED);
    Socket second(AF_INET);
    EXPECT_EQ(second.connect_ex(server.getsockname()), 0);
    EXPECT_EQ(second.connect_ex(server.getsockname()), EISCONN);
    EXPECT_EQ(Socket(AF_INET).connect_ex({"::1", 80}), EAFNOSUPPORT);
  });
}

TEST_P(ConnectEx, ThrowsForAClosedSocket) {
  run([] {
    Socket client(AF_INET);
    client.close();
    EXPECT_EQ(errc_of([&] { client.connect_ex({"127.0.0.1", 1}); }), EBADF);
  });
}

TEST_P(ConnectEx, NonBlockingStartsAndWaitWritableEnds) {
  run([] {
    Socket server = create_server({"127.0.0.1", 0});
    Socket client(AF_INET);
    client.setblocking(false);
    EXPECT_EQ(client.connect_ex(server.getsockname()), EINPROGRESS);
    EXPECT_TRUE(client.wait_writable(10s));
    EXPECT_EQ(client.getsockopt(SOL_SOCKET, SO_ERROR), 0);
    EXPECT_EQ(client.getpeername(), server.getsockname());
    EXPECT_EQ(client.connect_ex(server.getsockname()), 0);
    EXPECT_EQ(client.connect_ex(server.getsockname()), EISCONN);
  });
}

TEST_P(ConnectEx, NonBlockingReportsARefusalLater) {
  run([] {
    const Address nobody("127.0.0.1", unused_port());
    Socket client(AF_INET);
    client.setblocking(false);
    EXPECT_EQ(client.connect_ex(nobody), EINPROGRESS);
    EXPECT_TRUE(client.wait_writable(10s));
    EXPECT_EQ(client.getsockopt(SOL_SOCKET, SO_ERROR), ECONNREFUSED);
  });
}

}  // namespace
}  // namespace loquat

// Replaces the C library's function.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  using Lookup = int(const char*, const char*, const addrinfo*, addrinfo**);
  static auto* const original = reinterpret_cast<Lookup*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (host == nullptr || std::string_view(host) != "two.test") return original(host, service, hints, found);
  addrinfo** next = found;
  for (const loquat::Address& address : loquat::two_test) {
    const int error = original(address.host().c_str(), service, hints, next);
    if (error != 0) return error;
    while (*next != nullptr) next = &(*next)->ai_next;
  }
  return 0;
}
