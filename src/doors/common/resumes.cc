#include "doors/common/resumes.h"

#include <array>
#include <new>
#include <span>

#include "doors/common/unread.h"
#include "sched/current_world.h"

namespace loquat::doors {
namespace {

std::string random_token() {
  std::array<std::byte, 16> bytes;
  sched::current_world()->random(bytes);
  std::string token;
  for (const std::byte b : bytes) {
    for (const unsigned digit : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15u})
      token += "0123456789abcdef"[digit];
  }
  return token;
}

}  // namespace

std::string Resumes::open(chat::SessionId session) {
  std::string token = random_token();
  const std::lock_guard lock(mutex_);
  entries_[token].session = session;
  return token;
}

void Resumes::keep(const std::string& token, const chat::ChatEvent& message, TimePoint time) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return;
  std::vector<Message>& messages = found->second.messages;
  if (messages.size() == max_messages) messages.erase(messages.begin());
  messages.push_back({message, time});
}

bool Resumes::heard(const std::string& token, TimePoint time) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return false;
  std::vector<Message>& messages = found->second.messages;
  std::erase_if(messages, [&](const Message& message) { return message.sent < time - Unread::on_the_way; });
  if (messages.empty()) messages.shrink_to_fit();
  return !messages.empty();
}

void Resumes::close(const std::string& token, TimePoint now) noexcept {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(token)) return;
  try {
    over_.push_back({token, now});
  } catch (const std::bad_alloc&) {
    entries_.erase(token);
  }
  forget_old(now);
}

chat::SessionId Resumes::session(const std::string& token, TimePoint now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  const auto found = entries_.find(token);
  return found == entries_.end() ? 0 : found->second.session;
}

std::vector<chat::ChatEvent> Resumes::take(const std::string& token, chat::Seq seen, TimePoint now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  std::vector<chat::ChatEvent> messages;
  const auto found = entries_.find(token);
  if (found == entries_.end()) return messages;
  for (Message& message : found->second.messages) {
    if (message.event.seq > seen) messages.push_back(std::move(message.event));
  }
  entries_.erase(found);
  return messages;
}

void Resumes::forget_old(TimePoint now) {
  while (!over_.empty() && (over_.size() > max_over || now - over_.front().since > kept_for)) {
    entries_.erase(over_.front().token);
    over_.pop_front();
  }
}

}  // namespace loquat::doors
