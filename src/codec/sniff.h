// sniff.h - whose first bytes are these? The decision that lets one port serve everybody.
//
// True of every call in this file:
//   Pure      The answer depends on the arguments only. Ask again, with all bytes since the start, whenever more came.
//   Once      Any answer but undecided is final: bytes that follow never change it.
//   Lifetime  `bytes` is read during the call only. `reason` is a constant.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.3, RFC 2812 s.3.1, RFC 8446 s.5.1, RFC 854.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loquat::codec {

enum class Door : std::uint8_t { undecided, tls, http, irc, text, refuse };

struct Sniffed {
  Door door = Door::undecided;
  int status = 0;           // for refuse: the HTTP status to answer (400, 414, 505) before closing, or 0: no HTTP
  std::string_view reason;  // for refuse: "SSH client", "binary data", ...: what it looks like
};

// With this many bytes a decision is certain. Text without a line end is given to the text door, which has its own
// limit.
inline constexpr std::size_t max_sniffed = 8192;

// Decides which door `bytes`, all that came since the connection began, belong to.
//
//   tls        The first byte is 0x16.
//   http       The first line is METHOD target HTTP/1.x. Its end may be a bare LF: the HTTP parser refuses that with
//              400.
//   irc        The first line is a command with which a client or a gateway begins (CAP, PASS, NICK, USER, WEBIRC,
//              AUTHENTICATE, OPER, SERVER, PRIVMSG, ...), in capitals with anything behind it, or in any case if the
//              words behind it fit: CAP LS|REQ|LIST|END, NICK x, NICK x 1, USER a b c d, PASS x. Tags and a source may
//              stand before it.
//   text       The first line is UTF-8 without control characters (tab and telnet's IAC aside) and nothing above or
//              below.
//   refuse     The line begins with an HTTP method, or ends in HTTP/, RTSP/, SIP/ or ICAP/ and a version (status set);
//              or it is another protocol's (SSH, VNC, SMTP, POP3, IMAP, Redis, memcached, PROXY, ...), or binary; or it
//              carries a password (irc/login.h) and is not irc.
//   undecided  The line has no end yet, or only empty lines came.
//
// `end_of_piece`: nothing more came for a while (300 ms). Then text without a line end is text, unless it ends inside a
// UTF-8 sequence or a telnet command, or could still become a request: it is the beginning of an HTTP method's name, or
// begins with a method and a space, or with METHOD target HTTP/; or what has come is the beginning of an IRC command in
// capitals, or such a line as is irc or carries a password. Those stay undecided: a slow network cuts lines, too.
Sniffed sniff(std::string_view bytes, bool end_of_piece);

}  // namespace loquat::codec
