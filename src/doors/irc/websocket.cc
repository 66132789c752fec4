// The IRC door over WebSocket: one line is one message.
#include <memory>

#include "doors/irc/door.h"
#include "doors/irc/session.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"

namespace loquat::doors {
namespace {

class WebLink final : public Link {
 public:
  explicit WebLink(http::WebSocket& socket) : socket_(socket) {}
  void send(std::span<const std::string_view> pieces) override { socket_.send_encoded(pieces); }
  void finish() override { socket_.close(1000, "goodbye"); }
  void rest(Duration time) override { socket_.answer_pings(time); }
  void cut() noexcept override { socket_.abort(); }

 private:
  http::WebSocket& socket_;
};

IrcFraming framing_of(const http::WebSocket& socket) {
  return socket.subprotocol() == "binary.ircv3.net" ? IrcFraming::web_binary : IrcFraming::web_text;
}

// How long a WebSocket may be silent before it is given up.
const Duration websocket_silence = http::WebSocketOptions().ping_interval + http::WebSocketOptions().ping_timeout;

// What the rooms are told when the connection has ended by itself.
std::string_view reason_of(int code) {
  switch (code) {
    case 1000:
      return "Connection closed";
    case 1001:
      return "Left the page";
    case 1006:
      return "Connection lost";
    case 1011:
      return "Ping timeout";
    default:
      return "Connection closed for a fault";
  }
}

class WebConnection {
 public:
  WebConnection(Context& context, http::WebSocket& socket, std::string address)
      : context_(context),
        socket_(socket),
        link_(socket),
        session_(context, link_, framing_of(socket), "web", std::move(address)) {}
  ~WebConnection() {
    const CancelShield shield;
    if (!watch_) return;
    const Fiber<> watch = watch_;
    watch.cancel();
    watch.join();
  }

  void run() {
    watch_ = spawn([this] { watch(); });
    while (auto message = socket_.recv()) {
      take(std::move(message->data));
      if (!socket_.has_message()) session_.settle();  // what has come together shares a commit
    }
    const int code = socket_.close_code();
    const std::string why(reason_of(code));
    if (code == 1006 || code == 1011) {
      session_.set_lost(why);
    } else {
      session_.set_quit_text(why);
    }
    session_.drain(websocket_silence);
  }

 private:
  void watch();
  void take(std::string line);

  Context& context_;
  http::WebSocket& socket_;
  WebLink link_;
  IrcSession session_;
  Fiber<> watch_;
};

// A fiber of its own, until the client is registered.
void WebConnection::watch() {
  const auto decided = std::make_shared<Event>();
  session_.on_decided([decided] { decided->set(); });
  if (!decided->wait_for(context_.options.registration_timeout)) session_.goodbye("you did not register in time");
  watch_ = {};  // a client that stays does not keep the ended fiber's block
}

void WebConnection::take(std::string line) {
  // There should be none, but a line end at the end does no harm; inside it is refused.
  if (line.ends_with('\n')) line.pop_back();
  if (line.ends_with('\r')) line.pop_back();
  session_.line(line);
}

}  // namespace

void irc_door(Context& context, http::WebSocket& socket, std::string address) {
  ++context.counters.websocket;
  try {
    WebConnection(context, socket, std::move(address)).run();
  } catch (const OSError&) {
    // It has gone.
  }
}

}  // namespace loquat::doors
