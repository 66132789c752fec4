// memory_archive.h - an archive in memory, for simulations and tests.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "chat/archive.h"

namespace loquat::chat {

class MemoryArchive : public Archive {
 public:
  void commit(std::span<const ChatEvent> events, Seq reserve) override;
  Seq last_seq() override;
  std::vector<ChatEvent> latest(std::string_view room, std::size_t n, Seq up_to = newest) override;
  std::vector<ChatEvent> before(std::string_view room, Seq seq, std::size_t n) override;
  std::vector<ChatEvent> after(std::string_view room, Seq seq, std::size_t n) override;
  std::optional<ChatEvent> find(Seq seq) override;
  std::vector<ChatEvent> said_between(std::string_view room, WallTime from, WallTime to, std::size_t n,
                                      bool last) override;
  std::optional<RoomRecord> room(std::string_view name) override;
  std::vector<Ban> bans() override;

  // While `sentence` is not empty, commit() throws it as an ArchiveError and keeps nothing.
  void fail_with(std::string sentence);
  // The same for the calls that read events.
  void fail_reads_with(std::string sentence);

 private:
  void check_read() const;

  std::mutex mutex_;
  std::string failure_, read_failure_;
  Seq reserved_ = 0;
  std::map<Seq, ChatEvent> events_;
  std::map<std::string, RoomRecord> rooms_;  // by codec::fold_name()
  std::map<std::string, Ban> bans_;
};

}  // namespace loquat::chat
