// conversation.h - a person and a peer talk, both at once or in turns, until one says byebye or is gone.
//
//   1. Both at once: one fiber hears while another speaks. In turns the two hand the turn to each other; what the peer
//      says before its turn waits, except byebye and its leaving.
//   2. Who says byebye sends the end of the stream behind it, and shows what still comes until the peer ends, too, or
//      for two seconds. Who hears byebye ends its stream and waits as long for the peer's end. So nothing is unread
//      when a socket is closed, and no reset takes back what was sent.
//   3. The end of the user's input, and Cancelled (Ctrl-C), say byebye, too.
//
//   Waiting   run() in a fiber of the console's worker.
#pragma once

#include <string>

#include "console.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "peer.h"

namespace loquat::tool {

enum class Turns { none, peer_first, we_first };

class Conversation {
 public:
  // Connected; console and socket outlive it. `who` is what the peer is called.
  Conversation(Socket& socket, TalkConsole& console, Turns turns, std::string who);

  // Returns when the conversation is over, and the socket is closed. Throws OSError if the connection broke, and
  // ConsoleError.
  void run();
  // Whether it was us who said byebye.
  bool we_ended() const noexcept { return we_ended_; }

 private:
  void hear_all();
  void speak_all();
  bool speak();
  void finish(bool we_ended);
  void leave_politely() noexcept;

  Socket& socket_;
  TalkConsole& console_;
  const Turns turns_;
  const std::string who_;
  TalkPeer peer_;
  Semaphore our_turn_;
  Semaphore peers_turn_;
  Event over_;
  bool we_ended_ = false;
  bool sending_ = false;
  std::exception_ptr failure_;
  Fiber<> hearing_;
  Fiber<> speaking_;
};

}  // namespace loquat::tool
