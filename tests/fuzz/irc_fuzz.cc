// IRC's lines and names, and telnet: splitting the input changes nothing, and a parsed message can be written again.
#include <string>

#include "codec/irc/message.h"
#include "codec/text/line_reader.h"
#include "codec/text/names.h"
#include "codec/text/telnet.h"
#include "codec/text/utf8.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string;
using std::string_view;

namespace {

void check_names(string_view name) {
  for (bool nick : {true, false}) {
    if ((nick ? check_nick(name) : check_room(name)) != NameError::none) continue;
    check(name.size() <= (nick ? nick_length : room_length), "a name keeps to its limit");
    check(sanitize_line(name) == name, "a name is safe to show");
    check(name.find_first_of(" ,:!@*?") == string_view::npos, "a name has no character with a meaning");
    check(is_utf8(name_skeleton(name)) && !name_skeleton(name).empty(), "a name has a skeleton");
    check(name_skeleton(name) == name_skeleton(fold_name(name)) || name.find_first_of("IO") != string_view::npos,
          "a skeleton folds case");
  }
}

void check_message(string_view line) {
  IrcMessage m, again;
  if (parse_irc(line, m) != IrcError::none) return;
  check(line.size() <= IrcLimits::client_line && !m.command.empty() && m.size() <= IrcLimits::params,
        "a message keeps to its limits");
  IrcWriter writer;
  if (!m.source.empty() && !m.source.starts_with(':')) writer.source(m.source);
  writer.command(m.command);
  for (std::size_t i = 0; i < m.size(); ++i) {
    if (i + 1 == m.size())
      writer.trailing(m.param(i));
    else
      writer.param(m.param(i));
    check_names(m.param(i));
  }
  // The ':' that the writer puts before the last parameter may exceed the limit by one byte.
  if (writer.size() > IrcLimits::line) return;
  const string text = writer.text();
  check(parse_irc(text, again) == IrcError::none, "what was read can be written and read again");
  check(again.command == m.command && again.size() == m.size(), "and is the same");
  for (std::size_t i = 0; i < m.size(); ++i) check(again.param(i) == m.param(i), "and so are its parameters");
  (void)m.tag("a");
}

string lines(string_view bytes, std::size_t most, bool pieces) {
  LineReader reader(most);
  string out;
  const auto take = [&](string_view piece) {
    while (auto line = reader.next(piece)) {
      check(line->text.size() <= most, "a line keeps to its limit");
      check(line->text.find_first_of(string_view("\r\n\0", 3)) == string_view::npos, "a line has no end inside");
      out += std::to_string(static_cast<int>(line->kind)) + string(line->text) + "\n";
      if (!pieces) check_message(line->text), check_names(line->text);
    }
    check(piece.empty() && reader.pending().size() <= most + 1, "the reader takes everything and holds little");
  };
  if (pieces)
    fuzz::in_pieces(bytes, take);
  else
    take(bytes);
  return out;
}

string telnet(string_view bytes, bool pieces) {
  TelnetFilter filter;
  string text, replies;
  const auto take = [&](string_view piece) { filter.feed(piece, text, replies); };
  if (pieces)
    fuzz::in_pieces(bytes, take);
  else
    take(bytes);
  check(text.find('\xFF') == string::npos && text.size() <= bytes.size(), "no command is left in the text");
  check(replies.size() % 3 == 0 && replies.size() <= 1536, "replies are bounded");
  return text + "|" + replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const string_view bytes = fuzz::text(data, size);
  for (std::size_t most : {std::size_t{20}, IrcLimits::client_line})
    check(lines(bytes, most, false) == lines(bytes, most, true), "lines are the same in pieces");
  check(telnet(bytes, false) == telnet(bytes, true), "telnet is the same in pieces");
  check_message(bytes);
  check_names(bytes);
  if (bytes.find('\0') == string_view::npos) check(unescape_tag(escape_tag(bytes)) == bytes, "a tag survives escaping");
  check(escape_tag(bytes).find_first_of("; \r\n") == string::npos, "an escaped tag is one word");
  return 0;
}
