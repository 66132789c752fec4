#include "codec/sniff.h"

#include <algorithm>
#include <array>
#include <string>

#include "codec/irc/first_line.h"
#include "codec/irc/login.h"
#include "codec/text/chars.h"
#include "codec/text/telnet.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string_view;

// Methods that make a line a request by themselves. Others do when a target or a version follows.
constexpr std::array<string_view, 10> methods = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                 "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"};
constexpr std::array<string_view, 4> versions = {"HTTP/", "RTSP/", "SIP/", "ICAP/"};

struct Opening {
  string_view begins;
  string_view reason;
};
constexpr std::array<Opening, 16> openings = {{{"SSH-", "SSH client"},
                                               {"RFB 00", "VNC client"},
                                               {"HELO ", "SMTP client"},
                                               {"PROXY ", "PROXY protocol"},
                                               {"CNXN", "ADB client"},
                                               {"JRMI", "Java RMI client"},
                                               {"JDWP-Handshake", "Java debugger"},
                                               {"GIOP", "CORBA client"},
                                               {"DIST0000", "distcc client"},
                                               {"Cookie: mstshash=", "RDP probe"},
                                               {"<?xml ", "XML client"},
                                               {"<stream:stream", "XMPP client"},
                                               {"< NTP/", "Nessus client"},
                                               {"{\"", "JSON"},
                                               {"AMQP", "AMQP client"},
                                               {"MGLNDD_", "port scan"}}};
// The same in any case.
constexpr std::array<Opening, 13> openings_in_any_case = {{{"ssh-1.", "SSH client"},
                                                           {"ssh-2.", "SSH client"},
                                                           {"ehlo ", "SMTP client"},
                                                           {"lhlo ", "SMTP client"},
                                                           {"mail from:", "SMTP client"},
                                                           {"rcpt to:", "SMTP client"},
                                                           {"auth plain", "mail client"},
                                                           {"auth login", "mail client"},
                                                           {"auth cram-md5", "mail client"},
                                                           {"auth default ", "Redis client"},
                                                           {"proxy tcp4 ", "PROXY protocol"},
                                                           {"proxy tcp6 ", "PROXY protocol"},
                                                           {"proxy unknown", "PROXY protocol"}}};
// Whole lines that probes send.
constexpr std::array<Opening, 14> probes = {{{"EHLO", "SMTP client"},
                                             {"HELO", "SMTP client"},
                                             {"INFO", "Redis probe"},
                                             {"PING", "Redis probe"},
                                             {"CONFIG GET *", "Redis probe"},
                                             {"stats", "memcached probe"},
                                             {"version", "memcached probe"},
                                             {"flush_all", "memcached probe"},
                                             {"ruok", "ZooKeeper probe"},
                                             {"AUTH TLS", "FTP client"},
                                             {"USER anonymous", "FTP client"},
                                             {"STARTTLS", "mail client"},
                                             {"STOMP", "STOMP client"},
                                             {"HELP", "port scan"}}};

bool is_method(string_view word) noexcept { return std::find(methods.begin(), methods.end(), word) != methods.end(); }

bool begins_a_method(string_view word) noexcept {
  return std::any_of(methods.begin(), methods.end(), [=](string_view m) { return m.starts_with(word); });
}

Sniffed refuse(int status, string_view reason) { return {Door::refuse, status, reason}; }

// Splits at single spaces: first word, last word, and what lies between.
struct Parts {
  string_view first, middle, last;
};

Parts split(string_view line) {
  const std::size_t a = line.find(' ');
  if (a == string_view::npos) return {line, {}, {}};
  const std::size_t b = line.rfind(' ');
  if (b == a) return {line.substr(0, a), line.substr(a + 1), {}};
  return {line.substr(0, a), line.substr(a + 1, b - a - 1), line.substr(b + 1)};
}

bool looks_like_target(string_view word) noexcept {
  return word.starts_with('/') || word.find("://") != string_view::npos || word.starts_with("sip:");
}

bool is_http1(string_view version) noexcept {
  return version.size() == 8 && version.starts_with("HTTP/1.") && is_digit(version[7]);
}

// METHOD target VERSION, or undecided.
Sniffed judge_versioned(const Parts& p) {
  const auto begins = [&](string_view v) { return equal_ignoring_case(p.last.substr(0, v.size()), v); };
  if (!is_token(p.first) || p.middle.empty() || p.middle.find_first_of(" \t") != string_view::npos) return {};
  if (is_http1(p.last)) return {Door::http, 0, {}};
  const bool target = p.middle == "*" || looks_like_target(p.middle);
  if (!target || std::none_of(versions.begin(), versions.end(), begins)) return {};
  if (p.last.starts_with("HTTP/")) return refuse(505, "HTTP version");
  return refuse(400, "a relative of HTTP");
}

// What an HTTP request line would be, or something that only an HTTP client or a scanner says; undecided for all else.
Sniffed judge_request(string_view line) {
  const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(indent);
  const Parts p = split(line);
  if (const Sniffed s = judge_versioned(p); s.door != Door::undecided) {
    return indent == 0 ? s : refuse(400, "bad request line");
  }
  std::string word(line.substr(0, line.find_first_of(" \t")));
  if (is_method(word)) return refuse(400, "bad request line");
  if (!p.last.empty() || !looks_like_target(p.middle)) return {};
  // "PROPFIND /x" and "get /x", but not "look /x".
  const bool capitals =
      std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return is_alpha(c) ? static_cast<char>(c & ~32) : c; });
  return capitals || is_method(word) ? refuse(400, "bad request line") : Sniffed{};
}

// "a1 LOGIN ann secret", and "helo host.example" or "user ann" in small letters, which people hardly say first.
Sniffed judge_mail(string_view line) {
  const auto [word, rest] = first_word(trim_spaces(line));
  const auto [verb, words] = first_word(rest);
  const bool tagged = word.size() > 1 && is_alpha(word.front()) && is_digit(word.back());
  for (const string_view imap : {"LOGIN", "AUTHENTICATE", "CAPABILITY", "STARTTLS"}) {
    if (tagged && equal_ignoring_case(verb, imap)) return refuse(0, "IMAP client");
  }
  if (verb.empty() || !words.empty()) return {};
  const bool host = verb.find('.') != string_view::npos || verb.starts_with('[') || verb == "localhost";
  if (equal_ignoring_case(word, "helo") && host) return refuse(0, "SMTP client");
  return word == "user" ? refuse(0, "mail or FTP client") : Sniffed{};
}

Sniffed judge_scanner(string_view line) {
  for (const Opening& probe : probes) {
    if (line == probe.begins) return refuse(0, probe.reason);
  }
  const bool counted =
      line.size() > 1 && (line[0] == '*' || line[0] == '$') && std::all_of(line.begin() + 1, line.end(), is_digit);
  return counted ? refuse(0, "Redis probe") : Sniffed{};
}

Sniffed judge_opening(string_view text) {
  for (const Opening& opening : openings) {
    if (text.starts_with(opening.begins)) return refuse(0, opening.reason);
  }
  for (const Opening& opening : openings_in_any_case) {
    if (equal_ignoring_case(text.substr(0, opening.begins.size()), opening.begins)) return refuse(0, opening.reason);
  }
  return {};
}

bool carries_password(string_view line) {
  const string_view word = first_word(trim_spaces(line)).first;
  const bool pass = equal_ignoring_case(word, "PASS") && word.size() < trim_spaces(line).size();
  return pass || is_login(line) || (!trim_spaces(line).starts_with('/') && is_stray_command(line));
}

// What has come of a line could become an IRC command, or is one whose end has not come.
bool may_be_login(string_view part) {
  return begins_irc_command(part) || is_irc_first_line(part) || carries_password(part) ||
         judge_mail(part).door != Door::undecided;
}

bool has_c1(string_view text) noexcept {
  for (std::size_t at = text.find('\xC2'); at != string_view::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

// `text` is the first line so far, without its end; `whole` tells that the end came.
bool is_binary(string_view text, bool whole) {
  Utf8Validator utf8;
  return !std::all_of(text.begin(), text.end(), is_text) || !utf8.feed(text) || (whole && !utf8.complete()) ||
         has_c1(text);
}

// A request with a byte that no request has is answered as one.
Sniffed refuse_binary(string_view text) {
  const std::size_t space = text.find(' ');
  const bool request = space != string_view::npos && is_method(text.substr(0, space));
  return request ? refuse(400, "binary data in a request") : refuse(0, "binary data");
}

Sniffed judge_line(string_view line, bool telnet) {
  if (is_binary(line, true)) return refuse_binary(line);
  for (const Sniffed& s : {judge_opening(line), judge_request(line), judge_scanner(line), judge_mail(line)}) {
    if (s.door == Door::http && telnet) return refuse(400, "telnet commands in a request");
    if (s.door != Door::undecided) return s;
  }
  if (is_irc_first_line(line)) return telnet ? refuse(0, "IRC with telnet commands") : Sniffed{Door::irc, 0, {}};
  return carries_password(line) ? refuse(0, "a password") : Sniffed{Door::text, 0, {}};
}

// A first line that has no end yet.
Sniffed judge_part(string_view part, bool end_of_piece, bool full) {
  // A CR at the end may be the first half of CRLF.
  const bool cr = part.ends_with('\r');
  if (cr) part.remove_suffix(1);
  if (is_binary(part, false)) return refuse_binary(part);
  if (const Sniffed s = judge_opening(part); s.door != Door::undecided) return s;
  const Sniffed request = judge_request(part);
  const bool may_be_request = request.door != Door::undecided || begins_a_method(part);
  if (full && may_be_request) return refuse(414, "request line too long");
  if (full) return carries_password(part) ? refuse(0, "a password") : Sniffed{Door::text, 0, {}};
  if (!end_of_piece || cr || may_be_request || utf8_unfinished(part) != 0 || may_be_login(part)) return {};
  return {Door::text, 0, {}};
}

// HTTP allows an empty line before a request, and a person may press Enter: neither says who is there.
string_view skip_empty_lines(string_view bytes) noexcept {
  for (;;) {
    if (bytes.starts_with('\n'))
      bytes.remove_prefix(1);
    else if (bytes.starts_with("\r\n"))
      bytes.remove_prefix(2);
    else
      return bytes;
  }
}

}  // namespace

Sniffed sniff(string_view bytes, bool end_of_piece) {
  if (bytes.empty()) return {};
  if (bytes[0] == '\x16') return {Door::tls, 0, {}};
  const bool full = bytes.size() >= max_sniffed;
  bytes = skip_empty_lines(bytes.substr(0, max_sniffed));

  // Telnet shows itself in the first line, or never: what follows that line must not change the answer.
  std::string plain;
  const string_view first = bytes.substr(0, bytes.find('\n'));
  const bool telnet = first.find('\xFF') != string_view::npos || first.find("\r\0"sv) != string_view::npos;
  if (telnet) {
    TelnetFilter filter;
    std::string replies;
    filter.feed(bytes, plain, replies);
    end_of_piece = end_of_piece && !filter.unfinished();
    bytes = skip_empty_lines(plain);
  }
  if (bytes.empty()) return full ? refuse(0, "nothing but empty lines") : Sniffed{};

  const std::size_t lf = bytes.find('\n');
  if (lf == string_view::npos) return judge_part(bytes, end_of_piece, full);
  string_view line = bytes.substr(0, lf);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return judge_line(line, telnet);
}

}  // namespace loquat::codec
