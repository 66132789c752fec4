// login.h - lines that carry a password and reach the chat by mistake.
//
// True of every call in this file:
//   Guess     A line is judged by its words alone. Both calls prefer a wrong yes, which costs the sender a sentence of
//             explanation, to a wrong no, which tells a room a password.
//   Case      Capitals are a program's: there one word after the command is enough. In other cases the number of words
//             must fit too, so that "pass me the salt" and "identify the cause of it" are talk.
//   Input     One line of UTF-8 without its end. Blanks at its front do not matter.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.3.1, IRCv3 SASL, WEBIRC; the services of Anope and Atheme.
#pragma once

#include <string_view>

namespace loquat::codec {

// What a client sends to log in: PASS, OPER, AUTHENTICATE, IDENTIFY, WEBIRC, REGISTER, AUTH, LOGIN, AUTHINFO or
// PASSWORD with what follows; IRC's tags and source may stand before it. True for "PASS two words", "pass secret",
// "@a=b :x oper me secret"; false for "PASS" alone.
bool is_login(std::string_view line);

// What a person meant as a command for their client or for services: "/oper KEY" and the like ("/identify", "/ns",
// "/quote PASS"), "msg NickServ identify x", "nickserv identify x". The slash may be any of / \ U+FF0F (fullwidth) and
// U+3001 (what the key gives in Chinese input), repeated or followed by blanks. A command without a password, such as
// "/etc/passwd" or "/me waves", is none of these.
bool is_stray_command(std::string_view line);

// Whether a person typed `text` as a command: a slash, U+FF0F or U+3001 before a letter, perhaps after blanks. "//"
// is none: it says a line that begins with a slash.
bool is_typed_command(std::string_view text) noexcept;

// `text` without blanks and the slashes that is_stray_command() knows at its front.
std::string_view without_slashes(std::string_view text) noexcept;

}  // namespace loquat::codec
