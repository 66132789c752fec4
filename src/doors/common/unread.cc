#include "doors/common/unread.h"

#include <algorithm>
#include <cstdio>

#include "codec/text/utf8.h"

namespace loquat::doors {
namespace {

constexpr std::size_t max_quoted = 200;

std::string sentence_of(const chat::ChatEvent& event) {
  const std::chrono::hh_mm_ss clock(event.time - std::chrono::floor<std::chrono::days>(event.time));
  char time[16];
  std::snprintf(time, sizeof time, "%02d:%02d:%02d", static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  const std::string& text = event.text;
  const std::string quoted = text.size() <= max_quoted ? text : text.substr(0, codec::utf8_cut(text, max_quoted)) + "…";
  return event.target + " lost the connection. What you said to " + event.target + " at " + time +
         " UTC may not have arrived: " + quoted;
}

}  // namespace

void Unread::add(const chat::ChatEvent& event, chat::SessionId self, TimePoint time) {
  if (!event.is_private() || event.kind == chat::EventKind::notice) return;
  if (event.target_session != self || event.session == self) return;
  if (messages_.size() == max_messages) messages_.erase(messages_.begin());
  messages_.push_back({event.session, time, sentence_of(event)});
}

void Unread::heard(TimePoint time) {
  if (messages_.empty()) return;
  std::erase_if(messages_, [&](const Message& message) { return message.sent < time - on_the_way; });
  if (messages_.empty()) messages_.shrink_to_fit();
}

void Unread::give_back(chat::Session& session, Duration noticed) {
  heard(now() - noticed);
  for (Message& message : messages_) session.submit(chat::Command::tell(message.sender, std::move(message.sentence)));
  messages_.clear();
}

}  // namespace loquat::doors
