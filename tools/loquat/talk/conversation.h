// conversation.h - the user and a peer talk, both at once or in turns, until one says byebye or closes the connection.
//
//   1. One fiber receives while another sends. In turns, the two pass the turn to each other. A message that the peer
//      sends before its turn waits, but byebye and the end of the stream are handled at once.
//   2. The side that says byebye then ends its stream, and shows what still arrives until the peer ends its stream, for
//      two seconds at most. The other side ends its stream and waits as long for the end of the peer's. So no socket is
//      closed with unread bytes, and no reset destroys what was sent.
//   3. At the end of the user's input and when cancelled (Ctrl-C), it says byebye.
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
  // The socket is connected. Socket and console must outlive the conversation.
  Conversation(Socket& socket, TalkConsole& console, Turns turns, std::string peer_name);

  // Returns when the conversation is over and the socket is closed. Throws OSError if the connection breaks, or
  // ConsoleError.
  void run();
  // Whether the user ended the conversation, not the peer.
  bool we_ended() const noexcept { return we_ended_; }

 private:
  void receive_all();
  void send_all();
  bool send_line();
  void finish(bool we_ended);
  void say_byebye() noexcept;

  Socket& socket_;
  TalkConsole& console_;
  const Turns turns_;
  const std::string peer_name_;
  TalkPeer peer_;
  Semaphore our_turn_;
  Semaphore peers_turn_;
  Event over_;
  bool we_ended_ = false;
  bool sending_ = false;
  std::exception_ptr failure_;
  Fiber<> receiver_;
  Fiber<> sender_;
};

}  // namespace loquat::tool
