// first_line.h - whether a connection's first line is IRC, for the one port (sniff.h).
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.3.1, RFC 1459 s.4.1, IRCv3, WEBIRC.
#pragma once

#include <string_view>

namespace loquat::codec {

// Whether `line` is a command with which a client, a gateway or a script begins. In capitals it is one with anything
// behind it ("PASS two words", "WEBIRC ...", "PRIVMSG NickServ :..."); in other cases the words behind it must fit: CAP
// with its subcommand, NICK with a name and perhaps a number, USER with four words, PASS with one. Tags, a source and
// blanks may stand before it.
bool is_irc_first_line(std::string_view line);

// Whether `part`, the beginning of a line, may still become such a command in capitals: "PA", "WEBIRC".
bool begins_irc_command(std::string_view part) noexcept;

}  // namespace loquat::codec
