#include "codec/network/proxy_header.h"

#include <array>
#include <charconv>
#include <span>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

using namespace std::literals;

using ProxyKind = ProxyHeader::Kind;

constexpr std::string_view line_signature = "PROXY ";
constexpr std::string_view block_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t block_head = 16;

ProxyHeader malformed(std::string_view reason) { return {ProxyKind::malformed, 0, {}, reason}; }

// --- version 1 -----------------------------------------------------------------------------------------------------

std::optional<std::uint16_t> read_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || !is_digit(digits[0]) || (digits.size() > 1 && digits[0] == '0')) return {};
  return port;
}

std::optional<IpAddress> read_address(std::string_view text, bool v6) {
  return (text.find(':') != std::string_view::npos) == v6 ? IpAddress::parse(text) : std::nullopt;
}

// SOURCE DESTINATION PORT PORT
std::optional<Endpoint> read_endpoints(std::string_view text, bool v6) {
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) {
    const std::size_t space = text.find(' ');
    const bool last = &word == &words.back();
    if ((space == std::string_view::npos) != last) return {};
    word = text.substr(0, space);
    text.remove_prefix(last ? text.size() : space + 1);
  }
  const auto source = read_address(words[0], v6), destination = read_address(words[1], v6);
  const auto port = read_port(words[2]), other_port = read_port(words[3]);
  if (!source || !destination || !port || !other_port) return {};
  return Endpoint{*source, *port};
}

ProxyHeader read_line(std::string_view bytes) {
  const std::size_t lf = bytes.substr(0, max_proxy_line).find('\n');
  if (lf == std::string_view::npos) {
    return bytes.size() < max_proxy_line ? ProxyHeader{ProxyKind::unfinished}
                                         : malformed("a PROXY line that is too long");
  }
  if (bytes[lf - 1] != '\r') return malformed("a PROXY line that ends in a bare LF");
  const std::string_view line = bytes.substr(line_signature.size(), lf - 1 - line_signature.size());
  ProxyHeader out{ProxyKind::whole, lf + 1};
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return out;
  const bool v6 = line.starts_with("TCP6 ");
  if (v6 || line.starts_with("TCP4 ")) out.source = read_endpoints(line.substr(5), v6);
  return out.source ? out : malformed("a malformed PROXY line");
}

// --- version 2 -----------------------------------------------------------------------------------------------------

int byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// `kind`: the family in the upper half, the transport in the lower one.
ProxyHeader read_source(std::string_view addresses, int kind, ProxyHeader out) {
  const int family = kind >> 4, transport = kind & 15;
  constexpr std::array<std::size_t, 4> sizes = {0, 12, 36, 216};  // nothing, IPv4, IPv6, Unix
  if (family > 3 || transport > 2) return malformed("a PROXY header of an unknown family");
  const auto i = static_cast<std::size_t>(family);
  if (addresses.size() < sizes[i]) return malformed("a PROXY header without its addresses");
  if ((family != 1 && family != 2) || transport != 1) return out;
  const std::size_t size = family == 1 ? 4 : 16;
  const auto ip = IpAddress::from(std::as_bytes(std::span(addresses.substr(0, size)))).unmapped();
  const int port = byte_at(addresses, 2 * size) << 8 | byte_at(addresses, 2 * size + 1);
  out.source = Endpoint{ip, static_cast<std::uint16_t>(port)};
  return out;
}

ProxyHeader read_block(std::string_view bytes) {
  const std::size_t sign = block_signature.size();
  if (bytes.size() > sign && byte_at(bytes, sign) >> 4 != 2) return malformed("a PROXY header of an unknown version");
  if (bytes.size() > sign && (bytes[sign] & 15) > 1) return malformed("a PROXY header with an unknown command");
  if (bytes.size() < block_head) return {ProxyKind::unfinished};
  const std::size_t length = static_cast<std::size_t>(byte_at(bytes, 14) << 8 | byte_at(bytes, 15));
  if (block_head + length > max_proxy_block) return malformed("a PROXY header that is too long");
  if (bytes.size() < block_head + length) return {ProxyKind::unfinished};
  const ProxyHeader out{ProxyKind::whole, block_head + length};
  const bool local = (bytes[sign] & 15) == 0;
  return local ? out : read_source(bytes.substr(block_head, length), byte_at(bytes, sign + 1), out);
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view bytes) {
  if (bytes.starts_with(line_signature)) return read_line(bytes);
  if (bytes.starts_with(block_signature)) return read_block(bytes);
  if (line_signature.starts_with(bytes) || block_signature.starts_with(bytes)) return {ProxyKind::unfinished};
  return begins_proxy_header(bytes) ? malformed("a malformed PROXY header") : ProxyHeader{};
}

bool begins_proxy_header(std::string_view bytes) noexcept {
  const std::string_view front = block_signature.substr(0, 5);  // with the NUL
  return bytes.starts_with(line_signature) || bytes.starts_with(front);
}

}  // namespace loquat::codec
