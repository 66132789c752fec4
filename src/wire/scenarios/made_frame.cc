#include "wire/scenarios/made_frame.h"

#include <arpa/inet.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "codec/network/network.h"
#include "codec/network/segment.h"

namespace loquat::wire {
namespace {

using MadeBytes = std::vector<std::byte>;

constexpr std::size_t ethernet_size = 14, ipv4_size = 20, icmp_size = 8, max_icmp_error = 576;

void add16(MadeBytes& out, unsigned value) {
  out.push_back(std::byte(value >> 8 & 0xff));
  out.push_back(std::byte(value & 0xff));
}

void add32(MadeBytes& out, std::uint32_t value) {
  add16(out, value >> 16);
  add16(out, value & 0xffff);
}

void put_sum(MadeBytes& out, std::size_t at, std::uint16_t sum) {
  out[at] = std::byte(sum >> 8);
  out[at + 1] = std::byte(sum & 0xff);
}

std::uint32_t address_number(std::string_view literal) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(literal).c_str(), &address) != 1) {
    throw std::invalid_argument("not an IPv4 address: " + std::string(literal));
  }
  return ntohl(address.s_addr);
}

void add_ethernet(MadeBytes& out, const kernel::Mac& from, const kernel::Mac& to) {
  for (const kernel::Mac* mac : {&to, &from})
    for (const std::uint8_t byte : *mac) out.push_back(std::byte(byte));
  add16(out, codec::ipv4_type);
}

void add_ipv4(MadeBytes& out, std::uint32_t source, std::uint32_t destination, unsigned protocol, std::size_t payload) {
  const std::size_t begin = out.size();
  add16(out, 0x4500);
  add16(out, static_cast<unsigned>(ipv4_size + payload));
  add32(out, 0);  // identification, no flags
  add16(out, 64u << 8 | protocol);
  add16(out, 0);
  add32(out, source);
  add32(out, destination);
  put_sum(out, begin + 10, codec::checksum_fold(codec::checksum_sum(std::span(out).subspan(begin))));
}

}  // namespace

MadeBytes icmp_error(std::span<const std::byte> about, const IcmpError& error) {
  const auto packet = codec::find_network(about, codec::LinkType::ethernet);
  if (!packet || packet->v6) throw std::invalid_argument("icmp_error: the frame is not IPv4");
  kernel::Mac sender{};
  for (std::size_t i = 0; i < sender.size(); ++i) sender[i] = codec::be8(about, 6 + i);
  auto quoted = about.subspan(packet->header);
  quoted = quoted.first(std::min(quoted.size(), max_icmp_error - ipv4_size - icmp_size));

  MadeBytes out;
  add_ethernet(out, wire_mac, sender);
  add_ipv4(out, address_number(error.router), codec::be32(about, packet->header + 12), IPPROTO_ICMP,
           icmp_size + quoted.size());
  const std::size_t begin = out.size();
  add16(out, static_cast<unsigned>(error.type << 8 | error.code));
  add32(out, 0);  // checksum, unused
  add16(out, error.next_mtu);
  out.insert(out.end(), quoted.begin(), quoted.end());
  put_sum(out, begin + 2, codec::checksum_fold(codec::checksum_sum(std::span(out).subspan(begin))));
  return out;
}

MadeBytes made_segment(const MadeSegment& segment) {
  const bool syn = segment.flags & codec::tcp::syn;
  const unsigned words = syn ? 6 : 5;
  MadeBytes out;
  add_ethernet(out, segment.from, segment.to);
  add_ipv4(out, address_number(segment.source.host()), address_number(segment.destination.host()), IPPROTO_TCP,
           words * 4);
  const std::size_t begin = out.size();
  add16(out, segment.source.port());
  add16(out, segment.destination.port());
  add32(out, segment.seq);
  add32(out, segment.ack);
  add16(out, words << 12 | segment.flags);
  add16(out, segment.window);
  add32(out, 0);  // checksum, urgent pointer
  if (syn) add32(out, 0x02040000 | 1460);
  const auto ip = codec::find_network(out, codec::LinkType::ethernet);
  put_sum(out, begin + 16,
          codec::transport_checksum(out, *ip, std::span<const std::byte>(out).subspan(ethernet_size + ipv4_size)));
  return out;
}

}  // namespace loquat::wire
