// invite.h - how to tell others where the server is: addresses of this machine, and a QR code for a phone.
#pragma once

#include <string>
#include <vector>

namespace loquat::tool {

// The addresses that others in the network can reach, IPv4 before IPv6, without loopback and link-local ones.
// Source: getifaddrs(3).
std::vector<std::string> lan_addresses();

// `text` as a QR code of half blocks, for a terminal with dark background or light. Empty if it does not fit.
std::string qr_code(const std::string& text);

}  // namespace loquat::tool
