// message.h - IRC messages: parsed without a copy, written so that no field can inject another.
//
// True of every call in this file:
//   Units     Sizes are bytes. A line is without its CR LF.
//   Lifetime  A parsed message's views point into the line, and are valid as long as it is.
//   Case      Commands are compared in any case; names fold as names.h says (CASEMAPPING=ascii).
//   Waiting   Nothing here waits. For lines out of a stream see text/line_reader.h, for names text/names.h.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.2.3, IRCv3 "Message Tags", modern.ircdocs.horse.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loquat::codec {

// RFC 2812's and IRCv3's limits.
struct IrcLimits {
  static constexpr std::size_t line = 510;          // without tags and CR LF
  static constexpr std::size_t client_tags = 4096;  // '@', 4094 bytes of data, the space: as a client may send it
  static constexpr std::size_t server_tags = 8191;  // '@', both sides' data, the space: as a server may send it
  static constexpr std::size_t params = 15;
  static constexpr std::size_t client_line = client_tags + line;  // what a LineReader for clients should allow
};

enum class IrcError : std::uint8_t {
  none,
  empty,     // nothing but spaces; ignore it
  too_long,  // more than `max_tags` bytes of tags or 510 of the rest: ERR_INPUTTOOLONG (417)
  bad,       // CR, LF or NUL inside, tags or source without a command, a command that is neither letters nor 3 digits
};

// One message. Views point into the line that was parsed.
class IrcMessage {
 public:
  std::string_view tags;     // "a=b;c", still escaped, without '@'; empty if there are none
  std::string_view source;   // without ':'; empty if there is none
  std::string_view command;  // as it was sent; never empty

  std::span<const std::string_view> params() const noexcept { return {params_.data(), count_}; }
  std::size_t size() const noexcept { return count_; }
  // The parameter at `i`, or an empty view if there are fewer.
  std::string_view param(std::size_t i) const noexcept { return i < count_ ? params_[i] : std::string_view(); }

  // True if the command is `name`, in any case.
  bool is(std::string_view name) const noexcept;

  // The value of the tag `key` (a client-only one with its '+'), unescaped; empty for a tag without a value; nothing if
  // the tag is absent. Of a repeated key the last counts. IRCv3 "Message Tags", rules for processing.
  std::optional<std::string> tag(std::string_view key) const;

 private:
  friend IrcError parse_irc(std::string_view line, IrcMessage& out, std::size_t max_tags);
  std::array<std::string_view, IrcLimits::params> params_{};
  std::size_t count_ = 0;
};

// Parses one line into `out`. Several spaces count as one. The 15th parameter takes the rest of the line.
// `out` is meaningful only if the result is none.
IrcError parse_irc(std::string_view line, IrcMessage& out, std::size_t max_tags = IrcLimits::client_tags);

// Writes one message into a string it owns. Fields must be added in the order of these calls.
//
//   IrcWriter writer;
//   writer.tag("time", now).source("ann!a@h").command("PRIVMSG").param("#lobby").trailing(text);
//   std::string line = writer.line();
//
// A call throws std::invalid_argument if its argument would end the line or shift its parts: CR, LF or NUL anywhere; a
// space, a leading ':' or an empty text as a middle parameter, source or command; a 16th parameter; a tag key with
// other characters than letters, digits, '-', '.', '/', '+'. The 512-byte limit is not checked, because only the caller
// knows what may be cut: see size().
class IrcWriter {
 public:
  IrcWriter& tag(std::string_view key, std::string_view value = {});  // escapes the value
  IrcWriter& source(std::string_view name);
  IrcWriter& command(std::string_view name);
  IrcWriter& param(std::string_view middle);
  IrcWriter& trailing(std::string_view text);  // the last one: any text, spaces and empty included

  // Bytes so far, without tags and without CR LF: at most 510 may go out.
  std::size_t size() const noexcept { return out_.size() - tags_end_; }
  // The message without CR LF (a WebSocket text message), or with it (a TCP line).
  std::string text() const { return out_; }
  std::string line() const { return out_ + "\r\n"; }

 private:
  std::string out_;
  std::size_t tags_end_ = 0;
  std::size_t params_ = 0;
  bool has_command_ = false;
  bool closed_ = false;
};

// A tag's value, escaped for the wire and back. A lone backslash at the end is dropped, an unknown escape loses its
// backslash.  Source: IRCv3 "Message Tags", escaping values.
std::string escape_tag(std::string_view value);
std::string unescape_tag(std::string_view value);

}  // namespace loquat::codec
