#include "chat/memory_archive.h"

#include <algorithm>

#include "codec/text/names.h"

namespace loquat::chat {
namespace {

// An event as history has it: without what belongs to one run of the server.
ChatEvent stored(const ChatEvent& event) {
  ChatEvent copy = event;
  copy.session = copy.target_session = 0;
  copy.command = 0;
  copy.room_key.clear();
  copy.address.clear();
  return copy;
}

}  // namespace

void MemoryArchive::fail_with(std::string sentence) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(sentence);
}

void MemoryArchive::fail_reads_with(std::string sentence) {
  std::lock_guard lock(mutex_);
  read_failure_ = std::move(sentence);
}

void MemoryArchive::check_read() const {
  if (!read_failure_.empty()) throw ArchiveError(read_failure_);
}

void MemoryArchive::commit(std::span<const ChatEvent> events, Seq reserve) {
  std::lock_guard lock(mutex_);
  if (!failure_.empty()) throw ArchiveError(failure_);
  reserved_ = std::max(reserved_, reserve);
  for (const ChatEvent& event : events) {
    if (!event.is_kept()) continue;
    events_.emplace(event.seq, stored(event));
    if (!event.room.empty()) {
      RoomRecord& room = rooms_.try_emplace(codec::fold_name(event.room), RoomRecord{event.room, {}}).first->second;
      if (event.kind == EventKind::topic) room.topic = {event.text, event.nick, event.time};
    }
    if (event.kind == EventKind::remove) events_.erase(event.ref);
    if (event.kind == EventKind::ban) bans_[event.target] = ban_of(event);
    if (event.kind == EventKind::unban) bans_.erase(event.target);
  }
}

Seq MemoryArchive::last_seq() {
  std::lock_guard lock(mutex_);
  return std::max(reserved_, events_.empty() ? 0 : events_.rbegin()->first);
}

std::vector<ChatEvent> MemoryArchive::latest(std::string_view room, std::size_t n, Seq up_to) {
  std::lock_guard lock(mutex_);
  check_read();
  std::vector<ChatEvent> out;
  for (auto at = events_.upper_bound(up_to); at != events_.begin() && out.size() < n;) {
    if (codec::same_name((--at)->second.room, room)) out.push_back(at->second);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<ChatEvent> MemoryArchive::before(std::string_view room, Seq seq, std::size_t n) {
  return seq == 0 ? std::vector<ChatEvent>() : latest(room, n, seq - 1);
}

std::vector<ChatEvent> MemoryArchive::after(std::string_view room, Seq seq, std::size_t n) {
  std::lock_guard lock(mutex_);
  check_read();
  std::vector<ChatEvent> out;
  for (auto at = events_.upper_bound(seq); at != events_.end() && out.size() < n; ++at) {
    if (codec::same_name(at->second.room, room)) out.push_back(at->second);
  }
  return out;
}

std::optional<ChatEvent> MemoryArchive::find(Seq seq) {
  std::lock_guard lock(mutex_);
  check_read();
  const auto found = events_.find(seq);
  return found == events_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<ChatEvent> MemoryArchive::said_between(std::string_view room, WallTime from, WallTime to, std::size_t n,
                                                   bool last) {
  std::lock_guard lock(mutex_);
  check_read();
  std::vector<ChatEvent> out;
  for (const auto& [seq, event] : events_) {
    if (codec::same_name(event.room, room) && event.kind <= EventKind::action && event.time >= from && event.time < to)
      out.push_back(event);
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  const std::size_t extra = out.size() - std::min(n, out.size());
  const auto first = last ? out.begin() : out.end() - static_cast<std::ptrdiff_t>(extra);
  out.erase(first, first + static_cast<std::ptrdiff_t>(extra));
  return out;
}

std::optional<RoomRecord> MemoryArchive::room(std::string_view name) {
  std::lock_guard lock(mutex_);
  check_read();
  const auto found = rooms_.find(codec::fold_name(name));
  return found == rooms_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Ban> MemoryArchive::bans() {
  std::lock_guard lock(mutex_);
  std::vector<Ban> out;
  for (const auto& [target, ban] : bans_) out.push_back(ban);
  return out;
}

}  // namespace loquat::chat
