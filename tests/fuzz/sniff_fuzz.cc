// The protocol decision from the first bytes: it is final, and no HTTP request or binary input is taken for text.
#include <string>
#include <tuple>

#include "codec/irc/message.h"
#include "codec/sniff.h"
#include "codec/text/chars.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string_view;

namespace {

// The first line that is not empty, without its end.
string_view first_line(string_view bytes) {
  const std::size_t start = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
  bytes.remove_prefix(start);
  string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Whether the first word of `line`, behind tags and a source, is one that a client, a gateway or a script says first.
bool begins_as_irc(string_view line) {
  auto [word, rest] = first_word(trim_spaces(line));
  if (word.starts_with('@')) std::tie(word, rest) = first_word(trim_spaces(rest));
  if (word.starts_with(':')) std::tie(word, rest) = first_word(trim_spaces(rest));
  for (string_view command :
       {"PASS", "NICK", "USER", "CAP", "AUTHENTICATE", "WEBIRC", "OPER", "IDENTIFY", "REGISTER", "JOIN", "NICKSERV",
        "NS", "PRIVMSG", "SQUERY", "SERVER", "CAPAB", "PROTOCTL", "NOTICE", "SERVICE"}) {
    if (equal_ignoring_case(word, command)) return true;
  }
  return false;
}

void check_final(string_view bytes) {
  const Door last = sniff(bytes, false).door;
  const std::size_t step = bytes.size() > 40 ? bytes.size() / 40 : 1;
  for (std::size_t n = 0; n < bytes.size(); n += step) {
    const Sniffed early = sniff(bytes.substr(0, n), false);
    const Sniffed piece = sniff(bytes.substr(0, n), true);
    check(early.door == Door::undecided || early.door == last, "a decision is final");
    if (early.door == Door::undecided)
      check(piece.door == Door::undecided || piece.door == Door::text, "a pause makes text or nothing");
    else
      check(piece.door == early.door, "a pause changes no decision");
  }
}

void check_door(string_view bytes, const Sniffed& s) {
  const string_view line = first_line(bytes.substr(0, max_sniffed));
  const bool telnet = line.find('\xFF') != string_view::npos ||
                      bytes.substr(0, max_sniffed).find(string_view("\r\0", 2)) != string_view::npos;
  check((s.door == Door::refuse) == !s.reason.empty(), "a refusal has a reason, nothing else has");
  check(s.door != Door::undecided || bytes.size() < max_sniffed, "a decision is certain in the end");
  if (telnet) return;
  if (s.door == Door::http) check(line.substr(0, line.size() - 1).ends_with(" HTTP/1."), "HTTP says so");
  if (s.door == Door::irc) check(begins_as_irc(line), "IRC begins with a command of a client, a gateway or a script");
  if (s.door != Door::text) return;
  check(is_utf8(line) || bytes.size() >= max_sniffed, "text is UTF-8");
  for (char c : line) check(static_cast<unsigned char>(c) >= 32 || c == '\t', "text has no control characters");
  for (string_view method :
       {"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PRI ", "SSH-"}) {
    check(!line.starts_with(method), "text does not begin as a request");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const string_view bytes = fuzz::text(data, size);
  check_final(bytes);
  for (bool end_of_piece : {false, true}) check_door(bytes, sniff(bytes, end_of_piece));
  return 0;
}
