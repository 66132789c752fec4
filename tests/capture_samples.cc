// capture_samples.cc - writes capture files of hand-made frames, for the tests that have other programs read them.
//
//   capture_samples FOLDER
//
// frames.pcapng   one frame of each kind, on interfaces of several link types; a frame's comment says what it is
// ethernet.pcapng the frames on Ethernet; libpcap reads one link type at a time
// cut.pcapng      the same frames, cut to their first 60 bytes
// empty.pcapng    two interfaces and no frame
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "codec/capture/writer.h"
#include "codec/network/segment.h"
#include "codec/network/test_frames.h"

using namespace loquat::codec;
using namespace loquat::codec::test;
using namespace std::literals;

namespace {

struct Sample {
  std::string what;
  Frame bytes;
  LinkType link = LinkType::ethernet;
};

constexpr std::string_view http_request =
    "GET /a/b?c=d HTTP/1.1\r\nHost: example.org\r\nUser-Agent: sample/1\r\nAccept: */*\r\nConnection: keep-alive\r\n"
    "Cookie: a=b\r\nX-Unknown: yes\r\n\r\n";
constexpr std::string_view http_response =
    "HTTP/1.1 404 Not Found\r\nServer: sample\r\nDate: Wed, 25 Nov 2026 09:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 5\r\n\r\nsorry";

void add_tcp(std::vector<Sample>& out) {
  using namespace tcp;
  out.push_back({"SYN with the usual options",
                 tcp_frame({.seq = 0xFFFFFFFF,
                            .ack = 0,
                            .flags = syn,
                            .options = hex("02 04 05b4 04 02 08 0a 0000002a 00000000 01 03 03 0a")})});
  out.push_back({"SYN,ACK", tcp_frame({.source = 80,
                                       .destination = 40000,
                                       .flags = syn | ack | ece,
                                       .options = hex("02 04 05a0 01 03 03 07 04 02 00 00")})});
  out.push_back({"SACK blocks", tcp_frame({.options = hex("01 01 05 12 00000bb8 00000fa0 00001388 00001770")})});
  out.push_back(
      {"user timeout, an unknown option", tcp_frame({.flags = syn, .options = hex("1c 04 8005 c8 04 abcd")})});
  out.push_back({"all flags but RST", tcp_frame({.destination = 9, .flags = 0x1FB, .payload = "x"})});
  out.push_back({"HTTP request", tcp_frame({.flags = psh | ack, .payload = std::string(http_request)})});
  out.push_back(
      {"HTTP response",
       tcp_frame({.source = 80, .destination = 40000, .flags = psh | ack, .payload = std::string(http_response)})});
  out.push_back({"TCP over IPv6", summed(ethernet(ipv6(6, tcp_bytes({.flags = rst | ack})), 0x86dd))});
}

void add_dns(std::vector<Sample>& out) {
  const std::string question = "\7example\3org\0"s, name = "\xC0\x0C"s;
  const auto record = [&](int type, std::string_view data) {
    return name + "\0"s + static_cast<char>(type) + "\0\1\0\0\0\x3C\0"s + static_cast<char>(data.size()) +
           std::string(data);
  };
  const std::string query =
      "\x12\x34\1\x20\0\1\0\0\0\0\0\1"s + question + "\0\1\0\1"s + "\0\0\x29\x04\xD0\0\0\x80\0\0\0"s;
  const std::string answers = record(1, "\x5D\xB8\xD8\x22") + record(28, "\x20\1\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1"sv) +
                              record(5, "\3www\xC0\x0C") + record(15, "\0\x0A\4mail\xC0\x0C"sv) +
                              record(16, "\5hello\5world"sv) + record(33, "\0\1\0\2\0\x50\3srv\xC0\x0C"sv) +
                              record(12, "\3ptr\xC0\x0C");
  const std::string authorities =
      record(2, "\2ns\xC0\x0C") + record(6, "\2ns\xC0\x0C\5admin\xC0\x0C\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"sv);
  const std::string response = "\x12\x34\x85\x80\0\1\0\7\0\2\0\0"s + question + "\0\1\0\1"s + answers + authorities;
  const std::string nothing = "\x12\x34\x81\x83\0\1\0\0\0\0\0\0"s + question + "\0\x1C\0\1"s;
  out.push_back({"DNS query", udp_frame(40000, 53, raw(query))});
  out.push_back({"DNS answer", udp_frame(53, 40000, raw(response))});
  out.push_back({"DNS: no such name", udp_frame(53, 40000, raw(nothing))});
  const std::string length = {static_cast<char>(query.size() >> 8), static_cast<char>(query.size())};
  out.push_back({"DNS over TCP", tcp_frame({.destination = 53, .flags = 24, .payload = length + query})});
}

void add_link(std::vector<Sample>& out) {
  const Frame arp = hex("0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002");
  Frame reply = arp;
  reply[7] = std::byte{2};
  out.push_back({"ARP who-has", ethernet(arp, 0x0806) + Frame(18)});
  out.push_back({"ARP is-at", ethernet(reply, 0x0806)});
  const Frame four = ipv4(6, tcp_bytes({})), six = ipv6(6, tcp_bytes({}));
  out.push_back({"two VLAN tags", summed(ethernet(vlan(0x6007, 0x8100, vlan(0x1008, 0x0800, four)), 0x88a8))});
  out.push_back({"a padded frame", tcp_frame({}) + Frame(6)});
  const auto add = [&](std::string what, LinkType link, const Frame& bytes) {
    out.push_back({std::move(what), summed(bytes, link), link});
  };
  add("raw IPv4", LinkType::raw_ip, four);
  add("raw IPv6", LinkType::raw_ip, six);
  add("BSD loopback", LinkType::null, hex("02 00 00 00") + four);
  add("BSD loopback, IPv6", LinkType::null, hex("1e 00 00 00") + six);
  add("cooked", LinkType::linux_sll, hex("0004 0001 0006 020000000001 0000 0800") + four);
  add("cooked v2", LinkType::linux_sll2, hex("0800 0000 00000003 0001 04 06 020000000001 0000") + four);
}

void add_ip(std::vector<Sample>& out) {
  const Frame datagram = udp_bytes(40000, 9, raw("lost"));
  const auto icmp = [&](std::string what, std::string_view head, const Frame& rest) {
    out.push_back({std::move(what), summed(ethernet(ipv4(1, hex(head) + rest)))});
  };
  icmp("echo request", "0800 0000 0001 0002", raw("0123456789"));
  icmp("echo reply", "0000 0000 0001 0002", raw("0123456789"));
  icmp("port unreachable", "0303 0000 00000000", ipv4(17, datagram));
  icmp("fragmentation needed", "0304 0000 00000514", ipv4(6, tcp_bytes({})));
  icmp("time exceeded", "0b00 0000 00000000", ipv4(6, tcp_bytes({.flags = 2})));
  icmp("redirect", "0501 0000 0a000009", ipv4(17, datagram));
  out.push_back({"IP options", ethernet(ipv4(17, datagram, 0, hex("94 04 0000 07 07 04 0a000009 00")))});
  out.push_back({"the first fragment", ethernet(ipv4(17, udp_bytes(40000, 9, raw("12345678")), 0x2000))});
  out.push_back({"a later fragment", ethernet(ipv4(17, raw("the rest"), 0x0002))});
  const auto six = [&](std::string what, unsigned next, const Frame& payload) {
    out.push_back({std::move(what), summed(ethernet(ipv6(next, payload), 0x86dd))});
  };
  const std::string_view target = "20010db8 00000000 00000000 00000002";
  six("ICMPv6 echo", 58, hex("80 00 0000 0001 0002") + raw("ping"));
  six("neighbor solicitation", 58, hex("87 00 0000 00000000") + hex(target) + hex("01 01 02000000000a"));
  six("neighbor advertisement", 58, hex("88 00 0000 60000000") + hex(target) + hex("02 01 02000000000b"));
  six("router advertisement", 58, hex("86 00 0000 40 00 0708 00000000 00000000") + hex("01 01 02000000000c"));
  six("ICMPv6 port unreachable", 58, hex("01 04 0000 00000000") + ipv6(17, datagram));
  six("ICMPv6 too big", 58, hex("02 00 0000 00000500") + ipv6(6, tcp_bytes({})));
  six("extension headers", 0,
      hex("2b 00 0502 0000 0100") + hex("3c 00 fd 00 00000000") + hex("06 00 0104 00000000") + tcp_bytes({}));
  six("an IPv6 fragment", 44, hex("11 00 0001 00000007") + udp_bytes(1, 2, raw("1234")));
}

void add_tunnels(std::vector<Sample>& out) {
  const Frame four = summed(ipv4(6, tcp_bytes({})), LinkType::raw_ip),
              six = summed(ipv6(6, tcp_bytes({})), LinkType::raw_ip), whole = ethernet(four);
  const auto add = [&](std::string what, const Frame& packet) { out.push_back({std::move(what), ethernet(packet)}); };
  add("IP in IP", ipv4(4, four));
  add("6in4", ipv4(41, six));
  add("GRE with a key and a sequence number", ipv4(47, hex("3000 86dd 00000007 00000001") + six));
  add("Ethernet in GRE", ipv4(47, hex("0000 6558") + whole));
  add("PPTP", ipv4(47, hex("3081 880b 0030 0001 00000001 00000002 ff03 0021") + four));
  add("VXLAN", ipv4(17, udp_bytes(50000, 4789, vxlan(whole))));
  add("Geneve", ipv4(17, udp_bytes(50000, 6081, hex("0240 6558 00002a00 01020301 00000000") + whole)));
  add("GTP-U", ipv4(17, udp_bytes(2152, 2152, hex("32 ff 002c 00000001 0002 00 00") + four)));
  out.push_back({"MPLS", ethernet(hex("00010240 000201ff") + four, 0x8847)});
  out.push_back({"PPPoE", ethernet(hex("11 00 0005 002a 0021") + four, 0x8864)});
  out.push_back({"LLC", ethernet(hex("aa aa 03 000000 0800") + four, 48)});
}

std::vector<Sample> samples() {
  std::vector<Sample> out;
  add_tcp(out);
  add_dns(out);
  add_link(out);
  add_ip(out);
  add_tunnels(out);
  return out;
}

constexpr std::int64_t start = 1'700'000'000'000'000'001;

// The samples of link type `only`, or all samples. Keeps at max_bytes `max_bytes` bytes of each; 0: all.
std::string file_of(const std::vector<Sample>& all, bool ethernet_only, std::size_t max_bytes) {
  CaptureWriter writer("capture_samples");
  const std::pair<IpAddress, std::string> names[] = {{IpAddress::from(hex("0a000001")), "client.example"}};
  writer.names(names);
  writer.tls_secrets("CLIENT_RANDOM " + std::string(64, '0') + " " + std::string(96, '1') + "\n");
  std::map<LinkType, std::uint32_t> interfaces;
  std::int64_t time = start;
  for (const Sample& sample : all) {
    if (ethernet_only && sample.link != LinkType::ethernet) continue;
    if (!interfaces.contains(sample.link)) {
      const std::string name = "link" + std::to_string(static_cast<int>(sample.link));
      interfaces[sample.link] = writer.interface({.name = name,
                                                  .description = "frames of link type " + name.substr(4),
                                                  .link = sample.link,
                                                  .snaplen = static_cast<std::uint32_t>(max_bytes)});
    }
    const std::size_t kept = max_bytes == 0 ? sample.bytes.size() : std::min(max_bytes, sample.bytes.size());
    writer.packet({.time_ns = time,
                   .interface = interfaces[sample.link],
                   .original_length = sample.bytes.size(),
                   .bytes = std::span(sample.bytes).first(kept),
                   .comment = sample.what,
                   .direction = time % 2 == 0 ? CaptureDirection::in : CaptureDirection::out});
    time += 1'000'001;
  }
  for (const auto& [link, number] : interfaces) writer.statistics(number, time, 100, 3);
  return writer.take();
}

std::string empty_file() {
  CaptureWriter writer("capture_samples");
  writer.interface({.name = "client"});
  writer.interface({.name = "server"});
  return writer.take();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: capture_samples FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::vector<Sample> all = samples();
  const auto write = [&](const char* name, const std::string& bytes) {
    std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
  };
  write("frames.pcapng", file_of(all, false, 0));
  write("ethernet.pcapng", file_of(all, true, 0));
  write("cut.pcapng", file_of(all, true, 60));
  write("empty.pcapng", empty_file());
}
