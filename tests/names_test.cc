// What names.h and address.h promise for hosts, services, interfaces and addresses as text.
#include "loquat/names.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/vm_sockets.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>

#include "loquat/socket.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class Names : public InWorld {};
class NamesInFibers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Kernel, NamesInFibers, ::testing::Values("epoll", "uring"), world_name);
INSTANTIATE_TEST_SUITE_P(Kernel, Names, ::testing::Values("epoll", "uring", "threads"), world_name);

bool contains(const auto& list, const auto& what) { return std::ranges::find(list, what) != list.end(); }

TEST_P(Names, HostsResolveToAddressesAndNames) {
  run([] {
    EXPECT_EQ(gethostbyname("localhost"), "127.0.0.1");
    EXPECT_EQ(gethostbyname("127.0.0.2"), "127.0.0.2");
    const HostEntry by_name = gethostbyname_ex("localhost");
    EXPECT_EQ(by_name.name, "localhost");
    EXPECT_TRUE(contains(by_name.addresses, "127.0.0.1"));
    const HostEntry by_address = gethostbyaddr("127.0.0.1");
    EXPECT_EQ(by_address.name, "localhost");
    EXPECT_EQ(by_address.addresses, std::vector<std::string>{"127.0.0.1"});
    EXPECT_FALSE(gethostbyaddr("localhost").name.empty());
  });
}

TEST_P(Names, UnknownHostsThrow) {
  run([] {
    EXPECT_THROW(gethostbyname("no such name"), gaierror);
    EXPECT_THROW(gethostbyname_ex("no such name"), herror);
    EXPECT_THROW(gethostbyaddr("no such name"), gaierror);
    EXPECT_THROW(gethostbyname("::1"), gaierror);  // no IPv4 address
    EXPECT_EQ(getfqdn("no such name"), "no such name");
  });
}

TEST_P(Names, ThisHostHasAName) {
  run([] {
    char name[256] = "";
    ASSERT_EQ(::gethostname(name, sizeof(name)), 0);
    EXPECT_EQ(gethostname(), name);
    EXPECT_FALSE(getfqdn().empty());
    EXPECT_EQ(getfqdn("127.0.0.1"), gethostbyaddr("127.0.0.1").name);
  });
}

TEST_P(Names, AddressesResolveToNames) {
  run([] {
    const Address web("127.0.0.1", 80);
    EXPECT_EQ(getnameinfo(web, NI_NUMERICHOST | NI_NUMERICSERV),
              std::pair(std::string("127.0.0.1"), std::string("80")));
    EXPECT_EQ(getnameinfo(web).first, "localhost");
    EXPECT_EQ(getnameinfo(web, NI_NUMERICHOST).second, "http");
    EXPECT_EQ(getnameinfo({"::1", 7}, NI_NUMERICHOST | NI_NUMERICSERV).first, "::1");
    EXPECT_THROW(getnameinfo(Address(), 0), gaierror);
  });
}

TEST_P(Names, ServicesAndProtocolsResolve) {
  run([] {
    EXPECT_EQ(getservbyname("http"), 80);
    EXPECT_EQ(getservbyname("domain", "udp"), 53);
    EXPECT_EQ(getservbyport(80), "http");
    EXPECT_EQ(getservbyport(53, "udp"), "domain");
    EXPECT_EQ(errc_of([] { getservbyname("no such service"); }), ENOENT);
    EXPECT_EQ(errc_of([] { getservbyname("http", "no such protocol"); }), ENOENT);
    EXPECT_EQ(errc_of([] { getservbyport(1, "no such protocol"); }), ENOENT);
    EXPECT_EQ(getprotobyname("icmp"), IPPROTO_ICMP);
    EXPECT_EQ(getprotobyname("tcp"), IPPROTO_TCP);
    EXPECT_EQ(errc_of([] { getprotobyname("no such protocol"); }), ENOENT);
  });
}

TEST_P(Names, InterfacesHaveIndexesAndNames) {
  run([] {
    const auto all = if_nameindex();
    ASSERT_FALSE(all.empty());
    for (const auto& [index, name] : all) {
      EXPECT_EQ(if_nametoindex(name), index);
      EXPECT_EQ(if_indextoname(index), name);
    }
    EXPECT_EQ(errc_of([] { if_nametoindex("nosuchinterface"); }), ENODEV);
    EXPECT_EQ(errc_of([] { if_indextoname(0); }), ENXIO);
  });
}

// A lookup continues after its caller is cancelled.
TEST_P(NamesInFibers, ACancelledLookupDoesNotWaitForTheAnswer) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      auto asking = spawn([] { return getaddrinfo("localhost", 80); });
      sleep(0s);
      asking.cancel();
      try {
        EXPECT_FALSE(asking.get().empty());  // the answer came first
      } catch (const CancelledError&) {
      }
    }
  });
}

TEST(SimulatedNames, ComeFromTheOptions) {
  testing::SimOptions options;
  options.hosts["chat.example"] = {"192.0.2.1", "192.0.2.2", "2001:db8::1"};
  testing::simulate(
      1,
      [] {
        EXPECT_EQ(gethostname(), "localhost");
        EXPECT_EQ(gethostbyname("chat.example"), "192.0.2.1");
        EXPECT_EQ(gethostbyname_ex("chat.example").addresses, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
        EXPECT_THROW(gethostbyname("elsewhere.example"), gaierror);
        EXPECT_THROW(gethostbyaddr("chat.example"), herror);
        EXPECT_EQ(getfqdn("chat.example"), "chat.example");
        EXPECT_EQ(getnameinfo({"192.0.2.1", 80}, NI_NUMERICSERV).first, "192.0.2.1");
        EXPECT_THROW(getnameinfo({"192.0.2.1", 80}, NI_NAMEREQD), gaierror);
      },
      options);
}

// --- text ----------------------------------------------------------------------------------------------------------

TEST(PackedAddresses, RoundTrip) {
  EXPECT_EQ(inet_pton(AF_INET, "1.2.3.4"), "\x01\x02\x03\x04");
  EXPECT_EQ(inet_ntop(AF_INET, "\x01\x02\x03\x04"), "1.2.3.4");
  EXPECT_EQ(inet_ntop(AF_INET6, inet_pton(AF_INET6, "2001:db8:0:0::1")), "2001:db8::1");
  EXPECT_EQ(inet_ntoa(inet_aton("127.1")), "127.0.0.1");
  EXPECT_EQ(inet_ntoa(inet_aton("0x7f000001")), "127.0.0.1");
}

TEST(PackedAddresses, InvalidOnesThrow) {
  EXPECT_EQ(errc_of([] { inet_pton(AF_INET, "127.1"); }), EINVAL);
  EXPECT_EQ(errc_of([] { inet_pton(AF_INET6, "1.2.3.4"); }), EINVAL);
  EXPECT_EQ(errc_of([] { inet_pton(AF_UNIX, "x"); }), EAFNOSUPPORT);
  EXPECT_EQ(errc_of([] { inet_aton("1.2.3.4.5"); }), EINVAL);
  EXPECT_EQ(errc_of([] { inet_ntop(AF_UNIX, "x"); }), EAFNOSUPPORT);
  EXPECT_THROW(inet_ntop(AF_INET, "123"), std::invalid_argument);
  EXPECT_THROW(inet_ntoa("12345"), std::invalid_argument);
}

TEST(AddressText, IsParsedAsPrinted) {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[fe80::1%lo]:80", "unix:/run/x.sock",
                           "unix:@abstract", "vsock:3:1024", "vsock:4294967295:4294967295"}) {
    EXPECT_EQ(Address::parse(text).str(), text);
  }
  EXPECT_EQ(Address::parse(":7777"), Address("", 7777));
}

TEST(AddressText, InvalidTextThrows) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "unix:", "vsock:", "vsock:1",
                           "vsock:1:", "vsock::2", "vsock:1:2:3", "vsock:4294967296:1", "vsock:-1:1"}) {
    EXPECT_THROW(Address::parse(text), std::invalid_argument) << text;
  }
  EXPECT_THROW(Address::parse("localhost:80"), gaierror);
  EXPECT_THROW(Address::parse("[fe80::1%nosuchinterface]:80"), gaierror);
  EXPECT_EQ(errc_of([] { Address::parse("unix:" + std::string(200, 'x')); }), ENAMETOOLONG);
}

TEST(AddressText, ScopesNameInterfaces) {
  const unsigned lo = if_nametoindex("lo");
  EXPECT_EQ(Address("fe80::1%lo", 80).scope_id(), lo);
  EXPECT_EQ(Address("fe80::1%" + std::to_string(lo), 80), Address("fe80::1%lo", 80));
  EXPECT_EQ(Address("fe80::1%4294967295", 80).str(), "[fe80::1%4294967295]:80");
  EXPECT_EQ(Address("::1", 80).scope_id(), 0u);
}

TEST(AddressText, VsockAcceptsWideNumbers) {
  const Address address = Address::vsock(VMADDR_CID_HOST, 70'000);
  EXPECT_EQ(address.family(), AF_VSOCK);
  EXPECT_EQ(address.vsock_cid(), 2u);
  EXPECT_EQ(address.vsock_port(), 70'000u);
  EXPECT_EQ(address.host(), "2");
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(Address("127.0.0.1", 80).vsock_port(), 0u);
}

// A C function reads "127.0.0.1", but a check of the suffix sees "example.org".
TEST(Nul, IsRefusedInNames) {
  using namespace std::string_literals;
  const std::string evil = "127.0.0.1\0.example.org"s;
  EXPECT_THROW(Address(evil, 80), std::invalid_argument);
  EXPECT_THROW(Address::unix_path("/tmp/x\0y"s), std::invalid_argument);
  EXPECT_EQ(Address::unix_path("\0x\0y"s).str(), "unix:@x\0y"s);
  EXPECT_THROW(Address::parse(evil + ":80"), std::invalid_argument);
  EXPECT_THROW(getaddrinfo(evil, 80), std::invalid_argument);
  EXPECT_THROW(create_connection(evil, 80), std::invalid_argument);
  EXPECT_THROW(gethostbyname(evil), std::invalid_argument);
  EXPECT_THROW(gethostbyname_ex(evil), std::invalid_argument);
  EXPECT_THROW(gethostbyaddr(evil), std::invalid_argument);
  EXPECT_THROW(getfqdn(evil), std::invalid_argument);
  EXPECT_THROW(getservbyname("http\0x"s), std::invalid_argument);
  EXPECT_THROW(getservbyname("http", "tcp\0x"s), std::invalid_argument);
  EXPECT_THROW(getservbyport(80, "tcp\0x"s), std::invalid_argument);
  EXPECT_THROW(getprotobyname("tcp\0x"s), std::invalid_argument);
  EXPECT_THROW(if_nametoindex("lo\0x"s), std::invalid_argument);
  EXPECT_THROW(inet_pton(AF_INET, evil), std::invalid_argument);
  EXPECT_THROW(inet_aton(evil), std::invalid_argument);
}

}  // namespace
}  // namespace loquat
