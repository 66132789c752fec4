#include "invite.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <qrencode.h>

#include <algorithm>
#include <memory>

#include "loquat/address.h"

namespace loquat::tool {

std::vector<std::string> lan_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<std::string> v4, v6;
  for (ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
    if (each->ifa_addr->sa_family == AF_INET) v4.push_back(Address(each->ifa_addr, sizeof(sockaddr_in)).host());
    if (each->ifa_addr->sa_family != AF_INET6) continue;
    std::string host = Address(each->ifa_addr, sizeof(sockaddr_in6)).host();
    if (!host.starts_with("fe80")) v6.push_back(host);
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

std::string qr_code(const std::string& text) {
  std::unique_ptr<QRcode, decltype(&::QRcode_free)> code(::QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L),
                                                         &::QRcode_free);
  if (!code) return "";
  constexpr int quiet = 2;
  auto light = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= code->width || column >= code->width) return true;
    return (code->data[row * code->width + column] & 1) == 0;
  };
  std::string out;
  for (int row = -quiet; row < code->width + quiet; row += 2) {
    out += "\x1b[97;40m";  // bright on black, so that a camera reads it on any terminal
    for (int column = -quiet; column < code->width + quiet; ++column) {
      bool top = light(row, column);
      bool bottom = light(row + 1, column);
      out += top ? (bottom ? "█" : "▀") : (bottom ? "▄" : " ");
    }
    out += "\x1b[0m\n";
  }
  return out;
}

}  // namespace loquat::tool
