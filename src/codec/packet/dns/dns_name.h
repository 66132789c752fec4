// dns_name.h - names in DNS messages, which may point back to others. Internal to codec.
//
// Layer: codec (docs/layers.txt).  Source: RFC 1035 s.3.1, s.4.1.4.
#pragma once

#include <cstddef>
#include <string>

#include "codec/network/bytes.h"

namespace loquat::codec {

struct DnsName {
  std::string
      text;  // "example.org"; the empty name is "<Root>"; or what is wrong: "<Name contains a pointer that loops>"
  std::size_t size = 0;  // bytes that it takes where it stands
  bool ok = false;  // false: nobody knows where it ends, as it runs out of the message or has a label of unknown kind
};

// The name at `at` of `message`, its bytes as Wireshark shows them: control characters as \000 or \n, and U+FFFD for
// what is no UTF-8. Pointers may lead forward, although RFC 1035 has them lead back. A name that is longer than 255
// bytes or goes in a circle is told as such.
DnsName read_dns_name(Bytes message, std::size_t at);

}  // namespace loquat::codec
