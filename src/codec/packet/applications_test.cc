#include <gtest/gtest.h>

#include "codec/packet/test_packet.h"

namespace loquat::codec {
namespace {

using namespace test;
using namespace std::literals;

Packet dns(std::string_view message) { return dissect(udp_frame(40000, 53, raw(message))); }

constexpr std::string_view answer =
    "\x12\x34\x81\x80\0\1\0\2\0\0\0\1"
    "\7example\3org\0\0\1\0\1"
    "\xC0\x0C\0\5\0\1\0\0\0\x3C\0\6\3www\xC0\x0C"
    "\xC0\x29\0\1\0\1\0\0\0\x3C\0\4\x5D\xB8\xD8\x22"
    "\0\0\x29\x04\xD0\0\0\0\0\0\0"sv;

TEST(Dns, questionsAndAnswers) {
  const Packet packet = dns(answer);
  EXPECT_EQ(names(packet), "Ethernet IPv4 UDP DNS");
  EXPECT_EQ(field(packet, "dns.id"), "0x1234 @ 336+16");
  EXPECT_EQ(field(packet, "dns.flags.rcode"), "0 (no error) @ 364+4");
  EXPECT_EQ(field(packet, "dns.qry.name"), "example.org @ 432+104");
  EXPECT_EQ(value(packet, "dns.qry.type"), "1 (A)");
  EXPECT_EQ(value(packet, "dns.cname"), "www.example.org");
  EXPECT_EQ(field(packet, "dns.resp.name", 1), "www.example.org @ 712+16");
  EXPECT_EQ(value(packet, "dns.a"), "93.184.216.34");
  EXPECT_EQ(value(packet, "dns.rr.udp_payload_size"), "1232");
  EXPECT_EQ(says(packet, "DNS"), "answer A example.org www.example.org 93.184.216.34");
  EXPECT_EQ(summary(udp_frame(40000, 53, raw("\0\1\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\x1c\0\1"sv))),
            "UDP 40000 > 53 DNS AAAA example.org");
}

TEST(Dns, namesThatGoRoundOrLieEnd) {
  const auto question = [](std::string_view name) {
    return names(dns("\0\1\1\0\0\1\0\0\0\0\0\0"s + std::string(name) + "\0\1\0\1"s));
  };
  EXPECT_EQ(question("\0"sv), "Ethernet IPv4 UDP DNS");
  EXPECT_EQ(question("\x40"), "Ethernet IPv4 UDP DNS!") << "an unknown kind of label";
  EXPECT_EQ(question("\x3F too short"), "Ethernet IPv4 UDP DNS!");
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "\1a";
  EXPECT_EQ(question(longest + "\0"s), "Ethernet IPv4 UDP DNS");
  EXPECT_EQ(question("\1a" + longest + "\0"s), "Ethernet IPv4 UDP DNS!") << "257 bytes";
}

// A name in a question about an address, as it is shown.
std::string shown_name(std::string_view name) {
  return value(dns("\0\1\1\0\0\1\0\0\0\0\0\0"s + std::string(name) + "\0\1\0\1\3com\0"s), "dns.qry.name");
}

TEST(Dns, namesThatCannotBeReadSayWhy) {
  EXPECT_EQ(shown_name("\xC0\x0C"), "<Name contains a pointer that loops>") << "to itself";
  EXPECT_EQ(shown_name("\1a\xC0\x0C"), "<Name contains a pointer that loops>") << "to its own beginning";
  EXPECT_EQ(shown_name("\3foo\xC0\x16"), "foo.com") << "forward";
  EXPECT_EQ(shown_name("\xC0\xFF"), "<Name goes beyond the message>");
  EXPECT_EQ(shown_name("\x40"), "<Unknown extended label>");
  EXPECT_EQ(shown_name("\5a.b\\c\4\xFF\0\1\"\2\n\t\2\xC3\xA9\0"sv), "a.b\\c.\xEF\xBF\xBD\\000\\001\".\\n\\t.\xC3\xA9");
}

TEST(Dns, extensions) {
  const std::string options = "\0\x08\0\x07\0\1\x18\0\xC0\0\2"s + "\0\x0A\0\x0A"s + "clientcoss" + "\0\3\0\2ns"s +
                              "\0\x0F\0\4\0\x16no"s + "\0\x0B\0\2\0\x07"s + "\0\x0C\0\3\0\0\0"s;
  const Packet packet =
      dns("\0\1\x80\0\0\0\0\0\0\0\0\1\0\0\x29\4\xD0\1\0\x80\0\0"s + static_cast<char>(options.size()) + options);
  EXPECT_EQ(names(packet), "Ethernet IPv4 UDP DNS");
  EXPECT_EQ(value(packet, "dns.rr.udp_payload_size"), "1232");
  EXPECT_EQ(value(packet, "dns.resp.z.do"), "1");
  EXPECT_EQ(value(packet, "dns.opt.code"), "8 (client subnet)");
  EXPECT_EQ(value(packet, "dns.opt.client.addr4"), "192.0.2.0");
  EXPECT_EQ(value(packet, "dns.opt.cookie.client"), "8 bytes");
  EXPECT_EQ(value(packet, "dns.opt.cookie.server"), "2 bytes");
  EXPECT_EQ(value(packet, "dns.opt.ext_error.extra_text"), "no");
  EXPECT_EQ(value(packet, "dns.opt.edns_tcp_keepalive.timeout"), "7");
  EXPECT_EQ(says(packet, "DNS"), "answer  subnet 192.0.2.0/24 error 22 BADVERS");
  EXPECT_EQ(names(dns("\0\1\x80\0\0\0\0\0\0\0\0\1\0\0\x29\4\xD0\0\0\0\0\0\4\0\3\0\x09"s)), "Ethernet IPv4 UDP DNS!");
}

TEST(Dns, services) {
  const std::string data = "\0\1\0"s + "\0\0\0\2\0\1"s + "\0\1\0\6\2h2\2h3"s + "\0\3\0\2\x01\xBB"s +
                           "\0\4\0\x08\1\2\3\4\5\6\7\x08"s + "\0\5\0\3ech"s + "\0\6\0\x10"s + std::string(15, '\0') +
                           "\1" + "\xFF\0\0\1x"s;
  const Packet packet =
      dns("\0\1\x80\0\0\0\0\1\0\0\0\0\1a\0\0\x41\0\1\0\0\0\x3C\0"s + static_cast<char>(data.size()) + data);
  EXPECT_EQ(names(packet), "Ethernet IPv4 UDP DNS");
  EXPECT_EQ(value(packet, "dns.svcb.svcpriority"), "1");
  EXPECT_EQ(value(packet, "dns.svcb.targetname"), "<Root>");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.mandatory.key"), "1 (alpn)");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.alpn", 1), "h3");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.port"), "443");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.ipv4hint.ip", 1), "5.6.7.8");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.echconfig"), "3 bytes");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.ipv6hint.ip"), "::1");
  EXPECT_EQ(value(packet, "dns.svcb.svcparam.value"), "1 byte");
  EXPECT_EQ(says(packet, "DNS"), "answer  <Root> alpn=h2,h3 port=443 ech");
}

TEST(Dns, multicastAndLlmnrHaveOtherFlags) {
  const std::string query = "\0\0\5\0\0\1\0\0\0\0\0\0\1a\0\0\1\x80\1"s;
  const Packet multicast = dissect(udp_frame(5353, 5353, raw(query)));
  EXPECT_EQ(value(multicast, "dns.qry.qu"), "1");
  EXPECT_EQ(value(multicast, "dns.qry.class"), "0x0001 (IN)");
  const Packet local = dissect(udp_frame(40000, 5355, raw(query)));
  EXPECT_EQ(value(local, "dns.flags.conflict"), "1");
  EXPECT_EQ(value(local, "dns.flags.tentative"), "1");
  EXPECT_EQ(value(local, "dns.flags.recdesired"), "none");
}

TEST(Dns, countsThatLieEnd) {
  EXPECT_EQ(names(dns("\0\1\x81\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\1\0\1"sv)), "Ethernet IPv4 UDP DNS!");
  EXPECT_EQ(names(dns("\0\1\x81\0\0\0\0\1\0\0\0\0\0\0\1\0\1\0\0\0\0\xFF\xFF"sv)), "Ethernet IPv4 UDP DNS!");
}

TEST(Dns, overTcp) {
  const std::string length{static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size())};
  const Packet packet = dissect_tcp(length + std::string(answer), 53);
  EXPECT_EQ(value(packet, "dns.length"), std::to_string(answer.size()));
  EXPECT_EQ(value(packet, "dns.a"), "93.184.216.34");
}

TEST(Http, requestsAndResponses) {
  const Packet request = dissect_tcp("GET /a?b HTTP/1.1\r\nHost: example.org\r\nX-Other:1\r\n\r\nbody");
  EXPECT_EQ(names(request), "Ethernet IPv4 TCP HTTP");
  EXPECT_EQ(field(request, "http.request.method"), "GET @ 432+24");
  EXPECT_EQ(field(request, "http.request.uri"), "/a?b @ 464+32");
  EXPECT_EQ(field(request, "http.host"), "example.org @ 584+152");
  EXPECT_EQ(value(request, "http.request.line", 1), "X-Other:1");
  EXPECT_EQ(value(request, "http.file_data"), "4 bytes");
  EXPECT_EQ(says(request, "HTTP"), "GET /a?b HTTP/1.1");
  const Packet response = dissect_tcp("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n");
  EXPECT_EQ(value(response, "http.response.code"), "404");
  EXPECT_EQ(value(response, "http.response.phrase"), "Not Found");
  EXPECT_EQ(value(response, "http.server"), "x");
}

TEST(Http, whatIsNoneOrUnfinished) {
  EXPECT_EQ(names(dissect_tcp("GETTING there")), "Ethernet IPv4 TCP Data");
  EXPECT_EQ(value(dissect_tcp("GET /unfinished"), "http.request.uri"), "/unfinished");
  EXPECT_EQ(value(dissect_tcp("GET"), "http.request.method"), "GET");
  EXPECT_EQ(value(dissect_tcp("HTTP/1.1"), "http.response.code"), "none");
  EXPECT_EQ(value(dissect_tcp("GET / HTTP/1.1\r\nHost: h\r\nAcc"), "http.request.line", 1), "Acc");
}

TEST(WebSocketFrames, headers) {
  const auto frames = [](std::string bytes) {
    return dissect(tcp_frame({.flags = 24, .payload = std::move(bytes)}), LinkType::ethernet, Application::websocket);
  };
  const Packet masked = frames("\x81\x85\1\2\3\4hello\x8A\0"s);
  EXPECT_EQ(names(masked), "Ethernet IPv4 TCP WebSocket WebSocket");
  EXPECT_EQ(value(masked, "websocket.opcode"), "1 (text)");
  EXPECT_EQ(field(masked, "websocket.mask"), "1 @ 440+1");
  EXPECT_EQ(value(masked, "websocket.masking_key"), "0x01020304");
  EXPECT_EQ(value(masked, "websocket.opcode", 1), "10 (pong)");
  EXPECT_EQ(value(frames("\x82\x7E\x01\x00"s), "websocket.payload_length_ext_16"), "256");
  EXPECT_EQ(names(frames("\x82\x7E\x01\x00"s)), "Ethernet IPv4 TCP WebSocket!");
  EXPECT_EQ(names(frames("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s)), "Ethernet IPv4 TCP Data");
  EXPECT_EQ(names(frames("middle of a frame")), "Ethernet IPv4 TCP Data");
}

TEST(IrcLines, ofClientsAndServers) {
  const Packet client = dissect_tcp("PRIVMSG #lobby :hi there\r\nQUIT\r\n", 6667);
  EXPECT_EQ(names(client), "Ethernet IPv4 TCP IRC");
  EXPECT_EQ(field(client, "irc.request.command"), "PRIVMSG @ 432+56");
  EXPECT_EQ(value(client, "irc.request.trailer"), "hi there");
  EXPECT_EQ(says(client, "IRC"), "PRIVMSG #lobby :hi there (and 1 more)");
  const Packet server = dissect_tcp(":a.example 001 ann :Welcome\r\n");
  EXPECT_EQ(value(server, "irc.response.num_command"), "001");
  EXPECT_EQ(value(server, "irc.response.prefix"), "a.example");
  EXPECT_EQ(names(dissect_tcp("hello there\r\n")), "Ethernet IPv4 TCP Data");
  EXPECT_EQ(names(dissect_tcp("123 boxes\r\n")), "Ethernet IPv4 TCP Data");
}

// What a payload between these ports is, and what its line says.
std::string line_of(const std::string& payload, unsigned source, unsigned destination,
                    std::string_view name = "tcp.payload") {
  const Packet packet =
      dissect(tcp_frame({.source = source, .destination = destination, .flags = 24, .payload = payload}));
  return names(packet).substr(18) + ": " + value(packet, name);
}

TEST(CommandLines, thePortTellsWhoseCommandItIs) {
  EXPECT_EQ(line_of("USER anonymous\r\n", 40000, 21, "ftp.request.arg"), "FTP: anonymous");
  EXPECT_EQ(line_of("331 password\r\n", 21, 40000, "ftp.response.code"), "FTP: 331");
  EXPECT_EQ(line_of("QUIT\r\n", 40000, 21, "ftp.request.command"), "FTP: QUIT");
  EXPECT_EQ(line_of("LIST\r\n", 40000, 21, "ftp.request.command"), "FTP: LIST");
  EXPECT_EQ(line_of("EHLO a.example\r\n", 40000, 25, "smtp.req.parameter"), "SMTP: a.example");
  EXPECT_EQ(line_of("QUIT\r\n", 40000, 587, "smtp.req.command"), "SMTP: QUIT");
  EXPECT_EQ(line_of("250-one\r\n250 two\r\n", 25, 40000, "smtp.rsp.parameter"), "SMTP: one");
  EXPECT_EQ(line_of("USER ann\r\n", 40000, 110, "pop.request.command"), "POP3: USER");
  EXPECT_EQ(line_of("+OK I can:\r\nUSER\r\n.\r\n", 110, 40000, "pop.request.command"), "POP3: none");
  EXPECT_EQ(line_of("+OK ready\r\n", 110, 40000, "pop.response.description"), "POP3: ready");
  EXPECT_EQ(line_of("a1 LOGIN ann secret\r\n", 40000, 143, "imap.request.command"), "IMAP: LOGIN");
  EXPECT_EQ(line_of("a1 OK done\r\n", 143, 40000, "imap.response.status"), "IMAP: OK");
  EXPECT_EQ(line_of("QUIT\r\n", 40000, 6667, "irc.request.command"), "IRC: QUIT");
}

TEST(CommandLines, elsewhereOnlyWordsThatOneProtocolHas) {
  for (const char* line :
       {"USER anonymous\r\n", "PASS x\r\n", "QUIT\r\n", "LIST\r\n", "220 ready\r\n", "MODE S\r\n", "PING\r\n"})
    EXPECT_EQ(line_of(line, 40000, 12345).substr(0, 4), "Data") << line;
  EXPECT_EQ(line_of("USER ann 0 * :Ann\r\n", 40000, 12345).substr(0, 3), "IRC");
  EXPECT_EQ(line_of("MODE #lobby\r\n", 40000, 12345).substr(0, 3), "IRC");
  EXPECT_EQ(line_of(":a.example QUIT\r\n", 40000, 12345).substr(0, 3), "IRC");
  EXPECT_EQ(line_of("EHLO a.example\r\n", 40000, 12345).substr(0, 4), "SMTP");
  EXPECT_EQ(line_of("220 a.example ESMTP\r\n", 12345, 40000).substr(0, 4), "SMTP");
  EXPECT_EQ(line_of("220 ProFTPD ready\r\n", 2121, 40000).substr(0, 3), "FTP");
  EXPECT_EQ(line_of("220 a.example FTP\r\n", 40000, 21).substr(0, 3), "FTP");
  EXPECT_EQ(line_of("the text of a message\r\n", 40000, 25).substr(0, 4), "Data");
  EXPECT_EQ(line_of("QUI", 40000, 21).substr(0, 4), "Data");
}

// A client hello with a server name, ALPN, versions and two suites.
std::string hello() {
  const std::string extensions =
      "\0\0\0\x10\0\x0e\0\0\x0b"s + "example.org" + "\0\x10\0\x0e\0\x0c\2h2\x08http/1.1"s + "\0\x2b\0\5\4\3\4\3\3"s;
  const std::string body = "\3\3"s + std::string(32, 'r') + "\0"s + "\0\4\x13\1\xC0\x2F"s + "\1\0"s + '\0' +
                           static_cast<char>(extensions.size()) + extensions;
  const std::string message = "\1\0\0"s + static_cast<char>(body.size()) + body;
  return "\x16\3\1\0"s + static_cast<char>(message.size()) + message;
}

TEST(Tls, clientHello) {
  const Packet packet = dissect_tcp(hello(), 443);
  EXPECT_EQ(names(packet), "Ethernet IPv4 TCP TLS");
  EXPECT_EQ(field(packet, "tls.record.content_type"), "22 (handshake) @ 432+8");
  EXPECT_EQ(value(packet, "tls.record.version"), "0x0301 (TLS 1.0)");
  EXPECT_EQ(value(packet, "tls.handshake.ciphersuite"), "0x1301 (TLS_AES_128_GCM_SHA256)");
  EXPECT_EQ(value(packet, "tls.handshake.ciphersuite", 1), "0xc02f (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)");
  EXPECT_EQ(value(packet, "tls.handshake.extensions_server_name"), "example.org");
  EXPECT_EQ(value(packet, "tls.handshake.extensions_alpn_str", 1), "http/1.1");
  EXPECT_EQ(value(packet, "tls.handshake.extensions.supported_version"), "0x0304 (TLS 1.3)");
  EXPECT_EQ(says(packet, "TLS"), "client hello example.org alpn=h2,http/1.1");
}

// A hello with these extensions, and nothing else of interest.
Packet hello_with(const std::string& extensions, bool client) {
  const std::string body = "\3\3"s + std::string(32, 'r') + "\0"s + (client ? "\0\2\x13\1\1\0"s : "\x13\1\0"s) + '\0' +
                           static_cast<char>(extensions.size()) + extensions;
  const std::string message = (client ? "\1\0\0"s : "\2\0\0"s) + static_cast<char>(body.size()) + body;
  return dissect_tcp("\x16\3\3\0"s + static_cast<char>(message.size()) + message, 443);
}

TEST(Tls, extensionsOfHellos) {
  const Packet client = hello_with("\0\x33\0\x0b\0\x09\x1a\x1a\0\1\0\0\x1d\0\0"s + "\0\x0d\0\6\0\4\4\3\x08\4"s +
                                       "\0\x2d\0\2\1\1"s + "\0\x0b\0\2\1\0"s + "\0\x23\0\2tt"s + "\xff\1\0\1\0"s +
                                       "\0\x29\0\x11\0\7\0\1i\0\0\0\7\0\6\5bindr"s,
                                   true);
  EXPECT_EQ(names(client), "Ethernet IPv4 TCP TLS");
  EXPECT_EQ(value(client, "tls.handshake.extensions_key_share_group"), "0x1a1a (GREASE)");
  EXPECT_EQ(value(client, "tls.handshake.extensions_key_share_group", 1), "0x001d (x25519)");
  EXPECT_EQ(value(client, "tls.handshake.sig_hash_alg"), "0x0403 (ecdsa_secp256r1_sha256)");
  EXPECT_EQ(value(client, "tls.handshake.sig_hash_alg", 1), "0x0804 (rsa_pss_rsae_sha256)");
  EXPECT_EQ(value(client, "tls.extension.psk_ke_mode"), "1 (PSK with ECDHE)");
  EXPECT_EQ(value(client, "tls.handshake.extensions_ec_point_format"), "0");
  EXPECT_EQ(value(client, "tls.handshake.extension.data"), "2 bytes");
  EXPECT_EQ(value(client, "tls.handshake.extensions.psk.identity.obfuscated_ticket_age"), "7");
  EXPECT_EQ(value(client, "tls.handshake.extensions.psk.binders"), "6 bytes");
  const Packet server = hello_with("\0\x33\0\5\0\x1d\0\1k"s + "\0\x29\0\2\0\0"s, false);
  EXPECT_EQ(value(server, "tls.handshake.extensions_key_share_key_exchange"), "1 byte");
  EXPECT_EQ(value(server, "tls.handshake.extensions.psk.identity.selected"), "0");
  EXPECT_EQ(value(hello_with("\0\x33\0\2\0\x1d"s, false), "tls.handshake.extensions_key_share_selected_group"),
            "0x001d (x25519)");
  const Packet ticket = dissect_tcp("\x16\3\3\0\x0c\4\0\0\x08\0\0\0\x3c\0\2tt"s, 443);
  EXPECT_EQ(value(ticket, "tls.handshake.session_ticket_lifetime_hint"), "60");
  EXPECT_EQ(value(ticket, "tls.handshake.session_ticket"), "2 bytes");
}

// A nonce of zeros looks like the head of a hello request.
TEST(Tls, afterTheChangeOfCipherAHandshakeIsEncrypted) {
  const std::string change = "\x14\3\3\0\1\1"s,
                    finished = "\x16\3\3\0\x18"s + std::string(8, '\0') + std::string(16, 'x'),
                    looks_so = "\x16\3\3\0\4\x14\0\0\0"s;
  const auto read = [](const std::string& payload, Application application = Application::guess) {
    const Packet packet = dissect(tcp_frame({.flags = 24, .payload = payload}), LinkType::ethernet, application);
    return value(packet, "tls.handshake") + " " + value(packet, "tls.handshake.type");
  };
  EXPECT_EQ(read(change + finished), "encrypted none");
  EXPECT_EQ(read(finished), "encrypted, or the rest of a message none");
  EXPECT_EQ(read(change + looks_so), "encrypted none");
  EXPECT_EQ(read(looks_so, Application::encrypted_tls), "encrypted none");
  EXPECT_EQ(read(looks_so), "none 20 (finished)");
  EXPECT_EQ(read("\x16\3\3\0\4\0\0\0\0"s), "none 0 (hello request)");
  EXPECT_EQ(read(hello(), Application::encrypted_tls), "none 1 (client hello)") << "after a retry request";
  EXPECT_EQ(tls_record_size(bytes_of(change)), 6u);
  EXPECT_EQ(tls_record_size(bytes_of("\x14\3\3\0"sv)), 0u);
  EXPECT_EQ(tls_record_size(bytes_of("hello")), 0u);
}

TEST(Tls, everyCutOfAHelloIsSaid) {
  const std::string whole = hello();
  for (std::size_t size = 3; size < whole.size(); ++size)
    EXPECT_EQ(names(dissect_tcp(whole.substr(0, size))), "Ethernet IPv4 TCP TLS!") << size;
}

TEST(Tls, alertsDataAndSeveralRecords) {
  const Packet packet = dissect_tcp("\x14\3\3\0\1\1\x15\3\3\0\2\2\x28\x17\3\3\0\3abc"s);
  EXPECT_EQ(names(packet), "Ethernet IPv4 TCP TLS TLS TLS");
  EXPECT_EQ(value(packet, "tls.alert_message.desc"), "40 (handshake_failure)");
  EXPECT_EQ(value(packet, "tls.app_data"), "3 bytes");
  EXPECT_EQ(packet.layers[4].summary, "fatal alert 40 (handshake_failure)");
  EXPECT_EQ(names(dissect_tcp("\x16\3\3\xFF\xFF"s)), "Ethernet IPv4 TCP Data") << "no record is that long";
}

}  // namespace
}  // namespace loquat::codec
