// IRC lines, of clients and servers. A command word alone proves nothing where other protocols have the same one: FTP,
// SMTP and POP3 have USER, PASS and QUIT, too.  Source: RFC 2812 s.2.3; parsed by irc/message.h.
#include "codec/irc/message.h"

#include "codec/packet/protocols.h"
#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

bool is_irc_command(std::string_view word) {
  constexpr std::string_view commands[] = {
      "ADMIN", "AUTHENTICATE", "AWAY", "BATCH",  "CAP",   "CHATHISTORY", "ERROR", "INVITE",
      "ISON",  "JOIN",         "KICK", "KILL",   "LIST",  "LUSERS",      "MODE",  "MONITOR",
      "MOTD",  "NAMES",        "NICK", "NOTICE", "OPER",  "PART",        "PASS",  "PING",
      "PONG",  "PRIVMSG",      "QUIT", "TAGMSG", "TOPIC", "USER",        "WHO",   "WHOIS"};
  if (word.size() == 3 && is_digit(word[0]) && is_digit(word[1]) && is_digit(word[2])) return true;
  return std::find(std::begin(commands), std::end(commands), word) != std::end(commands);
}

bool is_irc_port(std::uint16_t port) { return port == 194 || (port >= 6660 && port <= 6669) || port == 7000; }

// Commands that other protocols have as well, if they do not look as only IRC's would.
bool is_ambiguous(const IrcMessage& message) {
  constexpr std::string_view shared[] = {"PASS", "QUIT", "LIST", "ERROR", "AUTHENTICATE", "NAMES", "MOTD", "ADMIN"};
  if (message.is("USER")) return message.size() < 4;
  if (message.is("PING") || message.is("PONG")) return message.size() == 0;  // NATS has them alone
  if (message.is("MODE")) return message.size() < 2 && !message.param(0).starts_with('#');
  return std::find(std::begin(shared), std::end(shared), message.command) != std::end(shared);
}

// The first line, without its end, and with a command that IRC knows.
bool begins_as_irc(std::string_view text, TcpPorts ports) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  IrcMessage message;
  if (parse_irc(line, message, IrcLimits::server_tags) != IrcError::none || !is_irc_command(message.command))
    return false;
  // A number alone could begin any text.
  if (!message.source.empty()) return true;
  if (is_digit(message.command[0])) return false;
  return !is_ambiguous(message) || is_irc_port(ports.source) || is_irc_port(ports.destination);
}

class IrcLines {
 public:
  IrcLines(LayerWriter& out, std::string_view text) : out_(out), text_(text) {}

  void read() {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text_.size(); ++lines) {
      const std::size_t end = text_.find('\n', at), next = end == std::string_view::npos ? text_.size() : end + 1;
      std::string_view line = text_.substr(at, next - at);
      while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) read_line(line, at, lines == 0);
      at = next;
    }
    if (lines > 1) out_.layer().summary += " (and " + std::to_string(lines - 1) + " more)";
  }

 private:
  void add(std::string_view name, std::string_view label, std::string_view piece) {
    if (!piece.empty())
      out_.add(name, label, static_cast<std::size_t>(piece.data() - text_.data()), piece.size(), std::string(piece));
  }

  void read_line(std::string_view line, std::size_t at, bool first) {
    IrcMessage message;
    const bool parsed = parse_irc(line, message, IrcLimits::server_tags) == IrcError::none;
    // Who names a server as the source is a server.
    const bool response = parsed && !message.source.empty();
    out_.add(response ? "irc.response" : "irc.request", "Line", at, line.size(), std::string(line));
    if (first) out_.layer().summary = line.substr(0, 80);
    if (!parsed) return;
    add(response ? "irc.response.prefix" : "irc.request.prefix", "Source", message.source);
    if (is_digit(message.command[0]))
      add("irc.response.num_command", "Reply", message.command);
    else
      add(response ? "irc.response.command" : "irc.request.command", "Command", message.command);
    for (std::string_view param : message.params()) {
      if (param.data() > line.data() && param.data()[-1] == ':')
        add(response ? "irc.response.trailer" : "irc.request.trailer", "Text", param);
      else
        add(response ? "irc.response.command_parameter" : "irc.request.command_parameter", "Parameter", param);
    }
  }

  LayerWriter& out_;
  std::string_view text_;
};

}  // namespace

bool read_irc(Dissection& in, Extent range, TcpPorts ports) {
  const std::string_view text = text_of(in.captured(range));
  if (!begins_as_irc(text, ports)) return false;
  LayerWriter out(in, "IRC", 7, range, range.size());
  IrcLines(out, text).read();
  return true;
}

}  // namespace loquat::codec
