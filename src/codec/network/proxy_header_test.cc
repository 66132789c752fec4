#include "codec/network/proxy_header.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using ProxyKind = ProxyHeader::Kind;

const std::string block_signature = "\r\n\r\n\0\r\nQUIT\n"s;

// A block of version 2 around `rest`.
std::string block(int command, int family, const std::string& rest) {
  return block_signature + static_cast<char>(command) + static_cast<char>(family) +
         static_cast<char>(rest.size() >> 8) + static_cast<char>(rest.size() & 255) + rest;
}

// The source of a whole header in front of "hello", in each way to cut it; "-" without one; the reason of a bad one.
std::string read(const std::string& header) {
  const std::string bytes = header + "hello";
  const ProxyHeader whole = read_proxy_header(bytes);
  for (std::size_t size = 0; whole.kind == ProxyKind::whole && size < header.size(); ++size) {
    EXPECT_EQ(read_proxy_header(std::string_view(bytes).substr(0, size)).kind, ProxyKind::unfinished) << size << header;
  }
  switch (whole.kind) {
    case ProxyKind::whole:
      EXPECT_EQ(whole.size, header.size());
      return whole.source ? whole.source->text() : "-";
    case ProxyKind::malformed:
      return std::string(whole.reason);
    default:
      return "no header";
  }
}

TEST(ProxyHeader, lines) {
  EXPECT_EQ(read("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"), "192.0.2.7:56324");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n"), "[2001:db8::7]:0");
  EXPECT_EQ(read("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"), "192.0.2.7:1");
  EXPECT_EQ(read("PROXY UNKNOWN\r\n"), "-");
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 anything at all 1\r\n"), "-");
  EXPECT_EQ(read("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n"), "-");
}

TEST(ProxyHeader, malformedLines) {
  for (const char* rest :
       {"TCP4", "TCP4 ", "TCP4 192.0.2.7 198.51.100.1 56324", "TCP4 192.0.2.7 198.51.100.1 56324 443 1",
        "TCP4  192.0.2.7 198.51.100.1 56324 443", "TCP4 192.0.2.7 198.51.100.1 65536 443",
        "TCP4 192.0.2.7 198.51.100.1 0443 443", "TCP4 192.0.2.7 198.51.100.1 -1 443", "TCP4 192.0.2.7 x 1 2",
        "TCP4 192.0.2.07 198.51.100.1 1 2", "TCP4 2001:db8::7 2001:db8::1 1 2", "TCP6 192.0.2.7 198.51.100.1 1 2",
        "TCP4 192.0.2.7 198.51.100.1 1 ", "UDP4 192.0.2.7 198.51.100.1 1 2", "tcp4 192.0.2.7 198.51.100.1 1 2", "",
        "UNKNOWNS", "TCP6 fe80::1%eth0 ::1 1 2"}) {
    EXPECT_EQ(read("PROXY " + std::string(rest) + "\r\n"), "a malformed PROXY line") << rest;
  }
  EXPECT_EQ(read("PROXY UNKNOWN\n"), "a PROXY line that ends in a bare LF");
  EXPECT_EQ(read("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"), "a PROXY line that is too long");
}

TEST(ProxyHeader, blocks) {
  const std::string v4("\xC0\0\x02\x07\xC6\x33\x64\x01\xDC\x04\x01\xBB", 12);
  const std::string v6 = "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x07" + std::string(16, '\1') + "\0\x50\0\x51"s;
  const std::string mapped =
      std::string(10, '\0') + "\xFF\xFF\xC0\0\x02\x07"s + std::string(16, '\1') + "\0\x50\0\x51"s;
  EXPECT_EQ(read(block(0x21, 0x11, v4)), "192.0.2.7:56324");
  EXPECT_EQ(read(block(0x21, 0x11, v4 + "\x03\0\x04" + "crc!\x04\0\0"s)), "192.0.2.7:56324") << "TLVs";
  EXPECT_EQ(read(block(0x21, 0x21, v6)), "[2001:db8::7]:80");
  EXPECT_EQ(read(block(0x21, 0x21, mapped)), "192.0.2.7:80");
  EXPECT_EQ(read(block(0x20, 0x00, "")), "-") << "LOCAL";
  EXPECT_EQ(read(block(0x20, 0xFF, "what it says does not matter")), "-");
  EXPECT_EQ(read(block(0x21, 0x00, "")), "-") << "AF_UNSPEC";
  EXPECT_EQ(read(block(0x21, 0x12, v4)), "-") << "over UDP";
  EXPECT_EQ(read(block(0x21, 0x31, std::string(216, 'x'))), "-") << "a Unix socket";
  EXPECT_EQ(read(block(0x21, 0x11, v4 + std::string(4084, 'x'))), "192.0.2.7:56324");
}

TEST(ProxyHeader, malformedBlocks) {
  const std::string v4(12, '\1');
  EXPECT_EQ(read(block(0x11, 0x11, v4)), "a PROXY header of an unknown version");
  EXPECT_EQ(read(block(0x22, 0x11, v4)), "a PROXY header with an unknown command");
  EXPECT_EQ(read(block(0x21, 0x41, v4)), "a PROXY header of an unknown family");
  EXPECT_EQ(read(block(0x21, 0x13, v4)), "a PROXY header of an unknown family");
  EXPECT_EQ(read(block(0x21, 0x11, v4.substr(1))), "a PROXY header without its addresses");
  EXPECT_EQ(read(block(0x21, 0x21, v4)), "a PROXY header without its addresses");
  EXPECT_EQ(read(block(0x21, 0x11, std::string(4097, 'x'))), "a PROXY header that is too long");
  EXPECT_EQ(read_proxy_header(block_signature + "\x31").kind, ProxyKind::malformed) << "before the rest has come";
}

TEST(ProxyHeader, whatIsNone) {
  for (const std::string& bytes :
       {"GET / HTTP/1.1\r\n"s, "PROXYING is\r\n"s, "proxy TCP4 "s, "\r\n\r\nGET"s, "\x16\x03"s}) {
    EXPECT_EQ(read_proxy_header(bytes).kind, ProxyKind::none) << bytes;
    EXPECT_FALSE(begins_proxy_header(bytes));
  }
  EXPECT_TRUE(begins_proxy_header("PROXY "));
  EXPECT_TRUE(begins_proxy_header(block_signature));
  EXPECT_TRUE(begins_proxy_header("\r\n\r\n\0"sv));
  EXPECT_FALSE(begins_proxy_header("PROXY"));
  EXPECT_FALSE(begins_proxy_header("\r\n\r\n"));
}

}  // namespace
}  // namespace loquat::codec
