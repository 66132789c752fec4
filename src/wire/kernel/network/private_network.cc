#include "wire/kernel/network/private_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <fstream>
#include <thread>
#include <vector>

#include "codec/text/hex.h"
#include "loquat/error.h"
#include "loquat/time.h"
#include "wire/kernel/network/netlink.h"
#include "wire/text/texts.h"

namespace loquat::wire::kernel {
namespace {

constexpr std::array<Side, 2> sides = {Side::client, Side::server};

[[noreturn]] void fail(const std::string& what) { throw_oserror(errno, {what, {}, {}}); }

void write_file(const std::string& path, std::string_view text) {
  const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == EROFS) throw Unavailable(texts::read_only_here(path), texts::make_it_writable);
  if (file.get() < 0 || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(path);
}

std::string read_word(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// Why unshare(CLONE_NEWUSER) was refused, and the remedy. Sources: user_namespaces(7), Ubuntu's release notes on
// kernel.apparmor_restrict_unprivileged_userns, Docker's default seccomp profile.
Unavailable refusal(int error) {
  const auto because = [&](const Text& what) { return texts::user_namespace_refused(std::strerror(error), what); };
  const auto same = [](const char* command) { return Text{command, {}}; };
  if (read_word("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return {because(texts::option_is_0("kernel.unprivileged_userns_clone")),
            same("sudo sysctl kernel.unprivileged_userns_clone=1")};
  if (read_word("/proc/sys/user/max_user_namespaces") == "0")
    return {because(texts::option_is_0("user.max_user_namespaces")),
            same("sudo sysctl user.max_user_namespaces=10000")};
  if (error == ENOSPC)
    return {because(texts::too_many_namespaces),
            same("sudo sysctl user.max_user_namespaces=10000 user.max_net_namespaces=10000")};
  if (error == EINVAL) return {because(texts::several_threads), texts::report_this};
  if (read_word("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return {because(texts::apparmor_refuses), texts::allow_by_apparmor};
  return {because(texts::seccomp_refuses), texts::run_outside};
}

void enter_user_namespace() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) throw refusal(errno);
  try {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", uid + " " + uid + " 1");
    write_file("/proc/self/gid_map", gid + " " + gid + " 1");
  } catch (const OSError& e) {
    throw refusal(e.errc());
  }
}

OwnedFd this_namespace() {
  OwnedFd fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail("/proc/self/ns/net");
  return fd;
}

void go(const OwnedFd& network) {
  if (::setns(network.get(), CLONE_NEWNET) != 0) fail("setns");
}

OwnedFd new_namespace(const OwnedFd& home) {
  if (::unshare(CLONE_NEWNET) != 0) throw refusal(errno);
  OwnedFd made = this_namespace();
  go(home);
  return made;
}

// A pair of interfaces: `side`'s name here, eth0 in `host`.
void connect_host(Side side, const OwnedFd& host, const NetworkOptions& options) {
  LinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.text(IFLA_IFNAME, name(side));
  request.number(IFLA_MTU, static_cast<std::uint32_t>(options.mtu));
  const std::size_t info = request.begin(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t peer = request.begin(VETH_INFO_PEER);
  request.body(ifinfomsg{});
  request.text(IFLA_IFNAME, "eth0");
  request.number(IFLA_MTU, static_cast<std::uint32_t>(options.mtu));
  const Mac mac = PrivateNetwork::mac(side);
  request.bytes(IFLA_ADDRESS, std::as_bytes(std::span(mac)));
  request.number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(host.get()));
  request.end(peer);
  request.end(data);
  request.end(info);
  request.send();
}

class Interface {
 public:
  explicit Interface(std::string_view interface_name) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (socket_.get() < 0) fail("socket");
    interface_name.copy(request_.ifr_name, IFNAMSIZ - 1);
  }
  int index() {
    control(SIOCGIFINDEX);
    return request_.ifr_ifindex;
  }
  void up() {
    control(SIOCGIFFLAGS);
    request_.ifr_flags = static_cast<short>(request_.ifr_flags | IFF_UP);
    control(SIOCSIFFLAGS);
  }
  // One of ETHTOOL_S*: off.
  void offload_off(std::uint32_t command) {
    ethtool_value value{command, 0};
    request_.ifr_data = reinterpret_cast<char*>(&value);
    control(SIOCETHTOOL);
  }

 private:
  void control(unsigned long what) {
    if (::ioctl(socket_.get(), what, &request_) != 0) fail("interface " + std::string(request_.ifr_name));
  }

  OwnedFd socket_;
  ifreq request_{};
};

void no_offloads(Interface& interface) {
  for (const std::uint32_t command : {ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO})
    interface.offload_off(command);
}

void no_ipv6() {
  const std::string option = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  if (::access(option.c_str(), F_OK) == 0) write_file(option, "1");  // else this kernel has none
}

std::string_view address_of_host(Side side, bool ipv6) {
  if (ipv6) return side == Side::client ? "fd00::1" : "fd00::2";
  return side == Side::client ? "10.0.0.1" : "10.0.0.2";
}

// In network order.
std::vector<std::byte> bytes_of(std::string_view address, bool ipv6) {
  std::vector<std::byte> bytes(ipv6 ? sizeof(in6_addr) : sizeof(in_addr));
  ::inet_pton(ipv6 ? AF_INET6 : AF_INET, std::string(address).c_str(), bytes.data());
  return bytes;
}

void give_address(int interface, Side side, bool ipv6) {
  ifaddrmsg about{};
  about.ifa_family = ipv6 ? AF_INET6 : AF_INET;
  about.ifa_prefixlen = ipv6 ? 64 : 24;
  about.ifa_flags = ipv6 ? IFA_F_NODAD : 0;
  about.ifa_index = static_cast<unsigned>(interface);
  const auto address = bytes_of(address_of_host(side, ipv6), ipv6);
  LinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, about);
  request.bytes(IFA_LOCAL, address);
  request.bytes(IFA_ADDRESS, address);
  request.send();
}

// A host with IPv6 has one address and looks for no router.
void only_given_ipv6() {
  for (const auto& [option, value] : {std::pair("addr_gen_mode", "1"), std::pair("router_solicitations", "0")})
    write_file("/proc/sys/net/ipv6/conf/eth0/" + std::string(option), value);
}

void know_neighbour(int interface, Side neighbour, bool ipv6) {
  ndmsg about{};
  about.ndm_family = ipv6 ? AF_INET6 : AF_INET;
  about.ndm_ifindex = interface;
  about.ndm_state = NUD_PERMANENT;
  const Mac mac = PrivateNetwork::mac(neighbour);
  LinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, about);
  request.bytes(NDA_DST, bytes_of(address_of_host(neighbour, ipv6), ipv6));
  request.bytes(NDA_LLADDR, std::as_bytes(std::span(mac)));
  request.send();
}

// A route of its own to the neighbour.
void set_route_option(Side neighbour, bool ipv6, std::uint16_t option, std::uint32_t value) {
  const auto address = bytes_of(address_of_host(neighbour, ipv6), ipv6);
  rtmsg about{};
  about.rtm_family = ipv6 ? AF_INET6 : AF_INET;
  about.rtm_dst_len = static_cast<unsigned char>(8 * address.size());
  about.rtm_table = RT_TABLE_MAIN;
  about.rtm_protocol = RTPROT_STATIC;
  about.rtm_scope = ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  about.rtm_type = RTN_UNICAST;
  LinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, about);
  request.bytes(RTA_DST, address);
  request.number(RTA_OIF, ::if_nametoindex("eth0"));
  const std::size_t metrics = request.begin(RTA_METRICS);
  request.number(option, value);
  request.end(metrics);
  request.send();
}

// A thread of the kernel makes an IPv6 address work some time after it was given, by a route in the local table. What
// arrives before that is dropped.
void wait_for_ipv6_address(Side side) {
  const std::string route = codec::to_hex(bytes_of(address_of_host(side, true), true)) + " 80 ";  // 128 bits
  const TimePoint deadline = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < deadline) {
    std::ifstream file("/proc/thread-self/net/ipv6_route");
    for (std::string line; std::getline(file, line);)
      if (line.starts_with(route)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  errno = EADDRNOTAVAIL;
  fail(std::string(address_of_host(side, true)));
}

void set_up_host(Side side, const NetworkOptions& options) {
  options.ipv6 ? only_given_ipv6() : no_ipv6();
  Interface("lo").up();
  Interface eth0("eth0");
  no_offloads(eth0);
  const int index = eth0.index();
  eth0.up();
  give_address(index, side, options.ipv6);
  if (options.know_neighbours) know_neighbour(index, other(side), options.ipv6);
}

int set_up_end(Side side) {
  Interface interface(name(side));
  no_offloads(interface);
  interface.up();
  return interface.index();
}

}  // namespace

Mac PrivateNetwork::mac(Side side) noexcept {
  return {0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(side == Side::client ? 0x0a : 0x0b)};
}

std::string_view PrivateNetwork::address(Side side) const noexcept { return address_of_host(side, ipv6_); }

int PrivateNetwork::family() const noexcept { return ipv6_ ? AF_INET6 : AF_INET; }

PrivateNetwork::PrivateNetwork(const NetworkOptions& options) : ipv6_(options.ipv6) {
  enter_user_namespace();
  home_ = this_namespace();
  no_ipv6();
  for (const Side side : sides) {
    hosts_[index(side)] = new_namespace(home_);
    connect_host(side, hosts_[index(side)], options);
    ends_[index(side)] = set_up_end(side);
  }
  wire_ = FrameSocket::open();
  for (const Side side : sides) in(side, [&] { set_up_host(side, options); });
  if (!ipv6_) return;
  for (const Side side : sides) in(side, [&] { wait_for_ipv6_address(side); });
}

PrivateNetwork::Visit::Visit(const PrivateNetwork& network, Side side) : network_(network) {
  go(network.hosts_[index(side)]);
}

PrivateNetwork::Visit::~Visit() {
  if (::setns(network_.home_.get(), CLONE_NEWNET) != 0) std::terminate();  // a thread in the wrong network
}

PrivateNetwork::Received PrivateNetwork::receive(std::span<std::byte> frame) const {
  const FrameSocket::Received got = wire_.receive(frame);
  return {got.interface == ends_[index(Side::client)] ? Side::client : Side::server, got.size, got.at};
}

WallTime PrivateNetwork::deliver(Side to, std::span<const std::byte> frame) const {
  return wire_.send(ends_[index(to)], frame);
}

void PrivateNetwork::sysctl(Side side, std::string_view option, std::string_view value) const {
  in(side, [&] { write_file("/proc/sys/net/ipv4/" + std::string(option), value); });
}

void PrivateNetwork::route_option(Side side, std::uint16_t option, std::uint32_t value) const {
  in(side, [&] { set_route_option(other(side), ipv6_, option, value); });
}

}  // namespace loquat::wire::kernel
