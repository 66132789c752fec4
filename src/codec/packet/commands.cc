// FTP, SMTP, POP3 and IMAP: lines of a command and its argument, and of a code and a text. The words of these protocols
// and of IRC are often the same, so a protocol is known by its port, or by words that no other one has.
// Source: RFC 959, RFC 5321, RFC 1939, RFC 9051.
#include "codec/packet/protocols.h"
#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

constexpr std::size_t not_found = std::string_view::npos;

// The names of the fields of a line: of its first word, or of what stands behind it.
struct LineFields {
  std::string_view word, rest;
};
struct LineProtocol {
  std::string_view name;
  std::uint16_t ports[2];
  LineFields request, reply;
  std::string_view commands;  // with a space around each
};

constexpr LineProtocol protocols[] = {
    {"FTP",
     {21, 21},
     {"ftp.request.command", "ftp.request.arg"},
     {"ftp.response.code", "ftp.response.arg"},
     " ABOR ACCT ADAT ALLO APPE AUTH CCC CDUP CLNT CWD DELE EPRT EPSV FEAT HELP LANG LIST MDTM MKD MLSD MLST MODE NLST "
     "NOOP OPTS PASS PASV PBSZ PORT PROT PWD QUIT REIN REST RETR RMD RNFR RNTO SITE SIZE SMNT STAT STOR STOU STRU SYST "
     "TYPE USER XCWD XMKD XPWD XRMD "},
    {"SMTP",
     {25, 587},
     {"smtp.req.command", "smtp.req.parameter"},
     {"smtp.response.code", "smtp.rsp.parameter"},
     " AUTH BDAT DATA EHLO EXPN HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY XFORWARD "},
    {"POP3",
     {110, 110},
     {"pop.request.command", "pop.request.parameter"},
     {"pop.response.indicator", "pop.response.description"},
     " APOP AUTH CAPA DELE LIST NOOP PASS QUIT RETR RSET STAT STLS TOP UIDL USER "},
    {"IMAP",
     {143, 143},
     {"imap.request.command", ""},
     {"imap.response.status", ""},
     " APPEND AUTHENTICATE CAPABILITY CHECK CLOSE COPY CREATE DELETE ENABLE EXAMINE EXPUNGE FETCH ID IDLE LIST LOGIN "
     "LOGOUT LSUB MOVE NAMESPACE NOOP RENAME SEARCH SELECT STARTTLS STATUS STORE SUBSCRIBE UID UNSELECT UNSUBSCRIBE "},
};
constexpr const LineProtocol &ftp = protocols[0], &smtp = protocols[1], &pop = protocols[2], &imap = protocols[3];

bool contains(std::string_view words, std::string_view word) {
  std::string upper = " ";
  for (char c : word) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return !word.empty() && word.find(' ') == not_found && words.find(upper + ' ') != not_found;
}

std::string_view first_word(std::string_view line) { return line.substr(0, std::min(line.find(' '), line.size())); }

std::string_view behind_word(std::string_view line) {
  const std::size_t space = line.find(' ');
  return space == not_found ? "" : line.substr(space + 1);
}

// "220 ready", "220-first of several".
bool is_coded(std::string_view line) {
  return line.size() >= 3 && line[0] >= '1' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

bool is_reply(const LineProtocol& protocol, std::string_view line) {
  const std::string_view word = first_word(line);
  if (&protocol == &pop) return word == "+OK" || word == "-ERR" || line == "+" || line.starts_with("+ ");
  if (&protocol == &imap) return word == "*" || word == "+" || contains(" OK NO BAD ", first_word(behind_word(line)));
  return is_coded(line);
}

bool is_request(const LineProtocol& protocol, std::string_view line) {
  return contains(protocol.commands, first_word(&protocol == &imap ? behind_word(line) : line));
}

// What only one of them says: greetings that name it, and commands that the others do not have.
const LineProtocol* by_words(std::string_view line) {
  const std::string_view word = first_word(line), rest = behind_word(line);
  if (contains(" EHLO HELO ", word) && !rest.empty()) return &smtp;
  if (contains(" MAIL RCPT ", word) && (rest.starts_with("FROM:") || rest.starts_with("TO:"))) return &smtp;
  if (contains(" PASV EPSV FEAT SYST CWD RETR STOR ", word) && (word.size() == 3 || word[0] != 'R')) return &ftp;
  if (line.starts_with("* OK ") && line.find("IMAP") != not_found) return &imap;
  if (line.starts_with("220 ") || line.starts_with("220-")) {
    if (line.find("SMTP") != not_found) return &smtp;
    if (line.find("FTP") != not_found) return &ftp;
  }
  return nullptr;
}

const LineProtocol* find_protocol(std::string_view line, TcpPorts ports) {
  for (const LineProtocol& protocol : protocols) {
    const bool to = protocol.ports[0] == ports.destination || protocol.ports[1] == ports.destination;
    const bool from = protocol.ports[0] == ports.source || protocol.ports[1] == ports.source;
    if ((to && is_request(protocol, line)) || (from && is_reply(protocol, line))) return &protocol;
  }
  return by_words(line);
}

class CommandLines {
 public:
  CommandLines(LayerWriter& out, std::string_view text, const LineProtocol& protocol)
      : out_(out), text_(text), protocol_(protocol) {}

  void read() {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text_.size(); ++lines) {
      const std::size_t end = text_.find('\n', at), next = end == not_found ? text_.size() : end + 1;
      std::string_view line = text_.substr(at, next - at);
      while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
      if (lines == 0) {
        out_.layer().summary = line.substr(0, 80);
        replies_ = is_reply(protocol_, line);
      }
      read_line(line, at, next - at);
      at = next;
    }
    if (lines > 1) out_.layer().summary += " (and " + std::to_string(lines - 1) + " more)";
  }

 private:
  void add(std::string_view name, std::string_view label, std::string_view piece) {
    if (!name.empty() && !piece.empty())
      out_.add(name, label, static_cast<std::size_t>(piece.data() - text_.data()), piece.size(), std::string(piece));
  }

  void read_line(std::string_view line, std::size_t at, std::size_t size) {
    const bool known = replies_ ? is_reply(protocol_, line) : is_request(protocol_, line);
    if (!known) return out_.add("data.data", "Line", at, size, std::string(line));
    const LineFields& fields = replies_ ? protocol_.reply : protocol_.request;
    if (&protocol_ == &imap) {
      add(replies_ ? "imap.response_tag" : "imap.request_tag", "Tag", first_word(line));
      line = behind_word(line);
    }
    const std::size_t end = is_coded(line) && replies_ ? 3 : std::min(line.find(' '), line.size());
    add(fields.word, replies_ ? "Reply" : "Command", line.substr(0, end));
    if (end < line.size()) add(fields.rest, replies_ ? "Text" : "Argument", line.substr(end + 1));
  }

  LayerWriter& out_;
  std::string_view text_;
  const LineProtocol& protocol_;
  bool replies_ = false;  // one end speaks, and its first line shows which
};

}  // namespace

bool read_commands(Dissection& in, Extent range, TcpPorts ports) {
  const std::string_view text = text_of(in.captured(range));
  std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
  if (line.size() == text.size()) return false;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const LineProtocol* protocol = find_protocol(line, ports);
  if (protocol == nullptr) return false;
  LayerWriter out(in, protocol->name, 7, range, range.size());
  CommandLines(out, text, *protocol).read();
  return true;
}

}  // namespace loquat::codec
