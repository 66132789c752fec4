#include "doors/irc/reply.h"

#include <algorithm>

#include "codec/irc/message.h"
#include "doors/irc/encode.h"

namespace loquat::doors {
namespace {

constexpr std::size_t max_word = 100;  // of what a client sent and is shown again

// What a client sent, as one middle parameter.
std::string word(std::string_view text) {
  std::string out(clip(text, max_word));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) <= ' ') c = '_';
  }
  if (out.empty()) return "*";
  if (out.front() == ':') out.front() = '_';
  return out;
}

}  // namespace

std::string IrcReply::begin(std::string_view command, bool with_nick, Words words) const {
  std::string line = ":";
  ((line += server_) += ' ') += command;
  if (with_nick) (line += ' ') += nick_;
  for (std::string_view one : words) (line += ' ') += word(one);
  return line;
}

void IrcReply::end(std::string line, std::string_view text) {
  line += " :";
  line += text;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  lines_.emplace_back(clip(line, codec::IrcLimits::line));
}

void IrcReply::numeric(std::string_view code, Words words, std::string_view text) {
  end(begin(code, true, words), text);
}

void IrcReply::numeric(std::string_view code, Words words) {
  lines_.emplace_back(clip(begin(code, true, words), codec::IrcLimits::line));
}

void IrcReply::fail(std::string_view command, std::string_view code, Words words, std::string_view text) {
  std::string line = begin("FAIL", false, {command, code});
  for (std::string_view one : words) (line += ' ') += word(one);
  end(std::move(line), text);
}

void IrcReply::notice(std::string_view text) { end(begin("NOTICE", true, {}), text); }

void IrcReply::server(std::string_view command, Words words) { lines_.push_back(begin(command, false, words)); }

void IrcReply::server(std::string_view command, Words words, std::string_view text) {
  end(begin(command, false, words), text);
}

void IrcReply::list(std::string_view code, Words words, const std::vector<std::string>& items) {
  const std::string head = begin(code, true, words);
  std::string gathered;
  for (const std::string& item : items) {
    if (!gathered.empty() && head.size() + 2 + gathered.size() + 1 + item.size() > codec::IrcLimits::line) {
      end(head, gathered);
      gathered.clear();
    }
    if (!gathered.empty()) gathered += ' ';
    gathered += item;
  }
  if (!gathered.empty()) end(head, gathered);
}

void IrcReply::batch(std::string_view name, std::string_view type, std::string_view target) {
  join_batch(name);
  const std::string opening = "+" + std::string(name);
  lines_.insert(lines_.begin(), target.empty() ? begin("BATCH", false, {opening, type})
                                               : begin("BATCH", false, {opening, type, target}));
  lines_.push_back(begin("BATCH", false, {"-" + std::string(name)}));
  batched_ = true;
}

void IrcReply::label(std::string_view label, std::string_view name) {
  if (lines_.empty()) lines_.push_back(begin("ACK", false, {}));
  if (lines_.size() > 1 && !batched_) batch(name, "labeled-response");
  lines_.front() = with_tag("label", label, lines_.front());
}

void IrcReply::join_batch(std::string_view name) {
  for (std::string& line : lines_) line = with_tag("batch", name, line);
}

}  // namespace loquat::doors
