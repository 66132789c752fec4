// resumes.h - the secrets with which clients prove that they had a session, after their connection was lost.
//
// A TCP connection that died without a FIN keeps its session for minutes: it holds the nick, and private messages go
// nowhere. A client that has been given a token ends that session itself (RESUME, doors/irc/registration.cc) and gets
// those messages.
//
//   Bounds    An entry keeps its session's last `max_messages` private messages, those that the client may not have
//             read. Entries of sessions that are over live for `kept_for`, and at most `max_over` of them.
//   Threads   Any fiber on any worker.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "chat/event.h"
#include "loquat/time.h"

namespace loquat::doors {

class Resumes {
 public:
  static constexpr std::size_t max_messages = 64;
  static constexpr std::size_t max_over = 1000;
  static constexpr Duration kept_for = std::chrono::minutes(30);

  // A new token of 32 hexadecimal digits for this session. Called in a fiber: the randomness is its World's.
  std::string open(chat::SessionId session);
  // A private message was delivered to the token's session at `time`.
  void keep(const std::string& token, const chat::ChatEvent& message, TimePoint time);
  // The token's client has said something, so it has read what was sent `Unread::on_the_way` before. False: nothing is
  // kept any more.
  bool heard(const std::string& token, TimePoint time);
  // The token's session is over.
  void close(const std::string& token, TimePoint now) noexcept;
  // The token's session; 0 if there is no such token.
  chat::SessionId session(const std::string& token, TimePoint now);
  // Ends the token, and returns the messages after `seen` that were kept for it.
  std::vector<chat::ChatEvent> take(const std::string& token, chat::Seq seen, TimePoint now);

 private:
  struct Message {
    chat::ChatEvent event;
    TimePoint sent;
  };
  struct Entry {
    chat::SessionId session;
    std::vector<Message> messages;  // oldest first
  };
  struct Over {
    std::string token;
    TimePoint since;
  };
  void forget_old(TimePoint now);

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<Over> over_;  // oldest first
};

}  // namespace loquat::doors
