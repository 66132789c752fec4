// netlink.h - one request to the kernel's routing netlink, built attribute by attribute.
//
//   LinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
//   request.text(IFLA_IFNAME, "eth0");
//   request.send();
//
// Layer: wire (docs/layers.txt).  Source: netlink(7), rtnetlink(7).
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace loquat::wire::kernel {

class LinkRequest {
 public:
  template <class Body>
  LinkRequest(std::uint16_t type, std::uint16_t flags, const Body& body) {
    start(type, flags);
    append(std::as_bytes(std::span(&body, 1)));
  }

  // Appends an attribute: bytes, a text with its final zero, a number.
  void bytes(std::uint16_t type, std::span<const std::byte> value);
  void text(std::uint16_t type, std::string_view value);
  void number(std::uint16_t type, std::uint32_t value) { bytes(type, std::as_bytes(std::span(&value, 1))); }
  // Attributes that follow are nested in this one until end().
  std::size_t begin(std::uint16_t type);
  void end(std::size_t begun);
  template <class Body>
  void body(const Body& value) {
    append(std::as_bytes(std::span(&value, 1)));
  }

  // Sends the request in the calling thread's network namespace and waits for the answer. Throws OSError with the
  // kernel's errno.
  void send();

 private:
  void start(std::uint16_t type, std::uint16_t flags);
  void append(std::span<const std::byte> bytes);

  std::vector<std::byte> buffer_;
};

}  // namespace loquat::wire::kernel
