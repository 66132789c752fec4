// reply.h - the lines that answer one command, which may be labelled as one response.
//
// A label is the client's own name for its command (IRCv3 labeled-response). A response of one line carries it; several
// lines become a batch that carries it; to a command without an answer the response is ACK.
//
//   Lines     Whatever the words and texts contain, a line stays one line of at most 510 bytes beside its tags.
//
// Layer: doors (docs/layers.txt).  Source: RFC 2812 s.5, IRCv3 labeled-response, standard-replies.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loquat::doors {

class IrcReply {
 public:
  using Words = std::initializer_list<std::string_view>;

  // `nick` is the client's, "*" before it has one. Both must outlive the reply; `nick` may change.
  IrcReply(std::string_view server, const std::string& nick) : server_(server), nick_(nick) {}

  // ":server 332 nick #room :text". `code` is one of codec/irc/numerics.h.
  void numeric(std::string_view code, Words words, std::string_view text);
  // A numeric without a trailing text.
  void numeric(std::string_view code, Words words);
  // ":server FAIL JOIN CODE word... :text".
  void fail(std::string_view command, std::string_view code, Words words, std::string_view text);
  // ":server NOTICE nick :text".
  void notice(std::string_view text);
  // ":server COMMAND word..." without the nick.
  void server(std::string_view command, Words words);
  // ":server COMMAND word... :text".
  void server(std::string_view command, Words words, std::string_view text);
  // Any line, with its tags.
  void line(std::string text) { lines_.push_back(std::move(text)); }

  // Lists such as RPL_NAMREPLY's: as many lines `code words... :item item item` as needed.
  void list(std::string_view code, Words words, const std::vector<std::string>& items);

  bool empty() const noexcept { return lines_.empty(); }
  std::vector<std::string>& lines() noexcept { return lines_; }
  const std::string& nick() const noexcept { return nick_; }

  // Wraps the lines in a batch of that type.
  void batch(std::string_view name, std::string_view type, std::string_view target = {});
  // Turns the lines into one labelled response. `batch` names the batch that several lines need.
  void label(std::string_view label, std::string_view batch);
  // Adds the lines to an open batch.
  void join_batch(std::string_view name);

 private:
  std::string begin(std::string_view command, bool with_nick, Words words) const;
  void end(std::string line, std::string_view text);

  std::string_view server_;
  const std::string& nick_;
  std::vector<std::string> lines_;
  bool batched_ = false;
};

}  // namespace loquat::doors
