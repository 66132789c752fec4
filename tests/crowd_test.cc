// Text clients and browsers in three rooms at once, on two workers. Every message, join, part, quit and rename reaches
// each client that it concerns, once and in the same order.
//
// An observer joins all rooms first and records every event. The record determines exactly what each other client must
// have been shown, given the rooms that it was in at the time.
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "chat/memory_archive.h"
#include "codec/irc/message.h"
#include "codec/text/line_reader.h"
#include "codec/websocket/websocket.h"
#include "doors/front.h"
#include "doors/web/door.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> rooms = {"#lobby", "#one", "#two"};
constexpr std::string_view the_end = "M observer one-end";
constexpr std::size_t history_lines = 20;

unsigned bit_of(std::string_view room) {
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    if (rooms[i] == room) return 1u << i;
  }
  return 0;
}

// ---- the server -----------------------------------------------------------------------------------------------------

struct House {
  House() { address = front.serve(create_servers({"127.0.0.1", 0}, workers(), 4096)); }
  ~House() {
    front.stop("the test is over");
    EXPECT_TRUE(front.wait_stopped(60s));
  }
  static doors::Options unlimited() {
    doors::Options options;
    options.flood_rate = 0;
    return options;
  }

  chat::MemoryArchive archive;
  chat::Log log{archive, {}};
  doors::Context context{log, unlimited()};
  doors::WebDoor web_door{context, {}};
  http::Server web{web_door.handler()};
  doors::Front front{context, web};
  Address address;
};

// --- a client --------------------------------------------------------------------------------------------------------

// Each client keeps what it was shown as short sentences: "M NICK TEXT" said, "J NICK ROOM" joined, "P NICK ROOM"
// parted, "N NICK NEW" renamed, "Q NICK" gone.
class Member {
 public:
  Member(const Address& server, std::string nick) : nick_(std::move(nick)), socket_(AF_INET) {
    socket_.settimeout(300s);
    socket_.connect(server);
  }
  virtual ~Member() = default;

  virtual void enter(unsigned which) = 0;  // sets the nick and joins these rooms
  virtual void send(std::string_view line) = 0;
  virtual void say(std::string_view room, std::string_view text) = 0;
  virtual void rename(std::string_view nick) = 0;
  virtual void part(std::string_view room) = 0;
  virtual void join(std::string_view room) = 0;
  virtual void tell(std::string_view nick, std::string_view text) = 0;
  virtual void quit() = 0;

  // Receives until on_heard() returns false or the connection ends.
  void hear_all(const std::function<bool(const std::string&)>& on_heard) {
    for (std::string bytes; !(bytes = socket_.recv(65536)).empty();) {
      if (!take(bytes, on_heard)) return;
    }
  }
  const std::string& nick() const { return nick_; }

 protected:
  virtual bool take(std::string_view bytes, const std::function<bool(const std::string&)>& on_heard) = 0;
  const std::string nick_;
  Socket socket_;
};

class Terminal final : public Member {
 public:
  using Member::Member;
  void enter(unsigned which) override {
    send("/nick " + nick_);
    if ((which & bit_of("#two")) != 0) send("/join two");
    send("/join one");
  }
  void send(std::string_view line) override { socket_.sendall(std::string(line) + "\n"); }
  // A text client talks in the room that it joined last: #one.
  void say(std::string_view room, std::string_view text) override {
    if (room == "#one") return send(text);
    send("/join " + std::string(room) + "\n" + std::string(text) + "\n/join one");
  }
  void rename(std::string_view nick) override { send("/nick " + std::string(nick)); }
  void part(std::string_view room) override { send("/part " + std::string(room)); }
  void join(std::string_view room) override { send("/join " + std::string(room) + "\n/join one"); }
  void tell(std::string_view nick, std::string_view text) override {
    send("/msg " + std::string(nick) + " " + std::string(text));
  }
  void quit() override { send("/quit"); }

 private:
  bool take(std::string_view bytes, const std::function<bool(const std::string&)>& on_heard) override {
    while (const auto line = lines_.next(bytes)) {
      const std::string what = parse(line->text);
      if (!what.empty() && !on_heard(what)) return false;
    }
    return true;
  }
  static std::string parse(std::string_view line) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.emplace_back(line.substr(at, end - at));
      at = end + 1;
    }
    const std::size_t n = words.size();
    if (words[0] != "*") {  // "NICK: TEXT" or "#ROOM NICK: TEXT"
      EXPECT_TRUE(n == 2 || (n == 3 && words[2].starts_with(words[0].substr(1) + "-"))) << line;
      std::string who = words[n - 2];
      who.pop_back();
      return "M " + who + " " + words[n - 1];
    }
    if (n == 6 && words[2] == "is" && words[5] == "now")
      return (words[3] == "in" ? "J " : "N ") + words[1] + " " + words[4];
    if (n == 4 && words[2] == "left" && words[1] != "You") return "P " + words[1] + " " + words[3];
    return n >= 4 && words[2] == "has" && words[3] == "gone" ? "Q " + words[1] : std::string();
  }
  codec::LineReader lines_{4096};
};

class Irc : public Member {
 public:
  using Member::Member;
  void enter(unsigned which) override {
    send("CAP REQ :echo-message draft/chathistory");
    send("NICK " + nick_);
    send("USER " + nick_ + " 0 * :" + nick_);
    send("CAP END");
    for (const std::string_view room : rooms) {
      if ((which & bit_of(room)) != 0) join(room);
    }
  }
  void send(std::string_view line) override { socket_.sendall(std::string(line) + "\r\n"); }
  void say(std::string_view room, std::string_view text) override {
    send("PRIVMSG " + std::string(room) + " :" + std::string(text));
  }
  void rename(std::string_view nick) override { send("NICK " + std::string(nick)); }
  void part(std::string_view room) override { send("PART " + std::string(room)); }
  void join(std::string_view room) override { send("JOIN " + std::string(room)); }
  void tell(std::string_view nick, std::string_view text) override { say(nick, text); }
  void quit() override { send("QUIT"); }

 protected:
  bool take(std::string_view bytes, const std::function<bool(const std::string&)>& on_heard) override {
    while (const auto line = lines_.next(bytes)) {
      if (!heard(line->text, on_heard)) return false;
    }
    return true;
  }
  static bool heard(std::string_view line, const std::function<bool(const std::string&)>& on_heard) {
    const std::string what = parse(line);
    return what.empty() || on_heard(what);
  }

 private:
  static std::string parse(std::string_view line) {
    codec::IrcMessage m;
    if (codec::parse_irc(line, m, codec::IrcLimits::server_tags) != codec::IrcError::none) return {};
    const std::string who = " " + std::string(m.source.substr(0, m.source.find('!'))) + " ";
    if (m.is("PRIVMSG")) return (m.param(0).starts_with("#") ? "M" : "D") + who + std::string(m.param(1));
    if (m.is("JOIN")) return "J" + who + std::string(m.param(0));
    if (m.is("PART")) return "P" + who + std::string(m.param(0));
    if (m.is("NICK")) return "N" + who + std::string(m.param(0));
    return m.is("QUIT") ? "Q" + who.substr(0, who.size() - 1) : std::string();
  }
  codec::LineReader lines_{16 * 1024};
};

class Browser final : public Irc {
 public:
  Browser(const Address& server, std::string nick) : Irc(server, std::move(nick)) {
    socket_.sendall(
        "GET /irc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
        "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n");
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {  // the server sends nothing before the client does
      const std::string bytes = socket_.recv(4096);
      if (bytes.empty()) throw std::runtime_error("no WebSocket: " + head);
      head += bytes;
    }
  }
  void send(std::string_view line) override {
    socket_.sendall(codec::websocket_frame(codec::WebSocketOpcode::text, line, 0x01020304));
  }

 private:
  bool take(std::string_view bytes, const std::function<bool(const std::string&)>& on_heard) override {
    for (const auto& event : ws_.feed(bytes)) {
      if (event.kind == codec::WebSocketEvent::Kind::text && !heard(event.payload, on_heard)) return false;
    }
    return true;
  }
  codec::WebSocket ws_{codec::WebSocket::Side::client, {}, [] { return 0x01020304u; }};
};

// --- what each client must have received -----------------------------------------------------------------------------

// One event of the observer's record, with what determines its recipients.
class Record {
 public:
  struct Happening {
    std::size_t what;      // hash of the sentence
    char kind;             // its first letter
    int actor;             // the client's number, whatever its nick
    unsigned room;         // bit; 0 if it is not about a room
    unsigned actor_rooms;  // bits, before the event
  };

  void add(const std::string& what) {
    const std::size_t second = what.find(' ', 2);
    const std::string nick = what.substr(2, second == std::string::npos ? second : second - 2);
    const std::string rest = second == std::string::npos ? "" : what.substr(second + 1);
    const auto [found, is_new] = names_.try_emplace(nick, static_cast<int>(rooms_of_.size()));
    if (is_new) rooms_of_.push_back(0);
    const int person = found->second;
    unsigned& member = rooms_of_[person];
    const char kind = what[0];
    const unsigned room = kind == 'M' ? bit_of("#" + rest.substr(0, rest.find('-'))) : bit_of(rest);
    list_.push_back({std::hash<std::string>{}(what), kind, person, room, member});
    text_.emplace(list_.back().what, what);
    first_names_.try_emplace(nick, person);
    if (kind == 'J') member |= room;
    if (kind == 'P') member &= ~room;
    if (kind == 'Q') member = 0;
    if (kind == 'N' || kind == 'Q') names_.erase(found);
    if (kind == 'N') names_[rest] = person, first_names_.try_emplace(rest, person);
  }

  // Everything that was shown to the client that took that nick. `own`: includes its own events. `past`: the last lines
  // on joining.
  std::vector<std::size_t> shown_to(const std::string& nick, bool own, bool past) const {
    const int self = first_names_.at(nick);
    unsigned member = 0;
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const Happening& h = list_[i];
      const bool mine = h.actor == self;
      if (mine && h.kind == 'J') member |= h.room;
      const unsigned about = h.room != 0 ? h.room : h.actor_rooms;
      if ((mine && own) || (!mine && (about & member) != 0)) shown.push_back(h.what);
      if (mine && h.kind == 'J' && past) add_past(i, shown);
      if (mine && h.kind == 'P') member &= ~h.room;
      if (mine && h.kind == 'Q') break;
    }
    return shown;
  }
  std::string text(std::size_t what) const {
    const auto found = text_.find(what);
    return found == text_.end() ? "something that never happened" : found->second;
  }
  std::size_t size() const { return list_.size(); }

 private:
  void add_past(std::size_t joined, std::vector<std::size_t>& shown) const {
    std::vector<std::size_t> last;
    for (std::size_t i = joined; i-- > 0 && last.size() < history_lines;) {
      if (list_[i].kind == 'M' && list_[i].room == list_[joined].room) last.push_back(list_[i].what);
    }
    shown.insert(shown.end(), last.rbegin(), last.rend());
  }
  std::vector<Happening> list_;
  std::map<std::string, int> names_, first_names_;
  std::vector<unsigned> rooms_of_;
  std::map<std::size_t, std::string> text_;
};

// ---- the test -------------------------------------------------------------------------------------------------------

struct Part {
  std::unique_ptr<Member> member;
  bool terminal = false, quits = false;
  std::vector<std::size_t> heard;
};

// The actions of one client, in random order.
void act(Part& part, std::size_t number, std::size_t acts, std::mt19937_64 random) {
  Member& me = *part.member;
  for (std::size_t i = 0; i < acts; ++i) {
    const std::string mark = std::to_string(number) + "." + std::to_string(i);
    switch (random() % 6) {
      case 0:
        me.rename(me.nick() + "_" + std::to_string(i));
        break;
      case 1:
        me.part("#two");
        me.join("#two");
        break;
      case 2:
        me.say(part.terminal ? "#lobby" : "#two", (part.terminal ? "lobby-" : "two-") + mark);
        break;
      default:
        me.say("#one", "one-" + mark);
        break;
    }
    sleep(Duration::zero());
  }
  me.tell("observer", "done");
  if (part.quits) me.quit();
}

void check(const Record& record, const Part& part) {
  const std::string& nick = part.member->nick();
  const std::vector<std::size_t> shown = record.shown_to(nick, !part.terminal, part.terminal);
  const std::size_t same =
      std::mismatch(shown.begin(), shown.end(), part.heard.begin(), part.heard.end()).first - shown.begin();
  if (same == shown.size() && same == part.heard.size()) return;
  if (part.quits && same == part.heard.size()) return;  // a client that has left may have missed the last bytes
  const auto show = [&](const std::vector<std::size_t>& list) {
    return same < list.size() ? record.text(list[same]) : std::string("nothing");
  };
  ADD_FAILURE() << nick << " was shown " << part.heard.size() << " of " << shown.size() << "; number " << same
                << " should be '" << show(shown) << "' and is '" << show(part.heard) << "'";
}

// Runs `each` text clients and as many browsers; one in `actors` of them acts.
void crowd(std::size_t each, std::size_t actors, std::size_t acts) {
  House house;
  Record record;
  Event everybody_is_in, everybody_has_acted, over;
  Irc observer(house.address, "observer");
  std::size_t joined = 0, acted = 0, quits = 0;
  std::vector<Part> parts(2 * each);

  Event here;
  auto listening = spawn([&] {
    observer.hear_all([&](const std::string& what) {
      if (what == "J observer #two") here.set();
      if (what.starts_with("J observer")) return true;
      if (what.starts_with("D ")) {
        if (++acted == parts.size()) everybody_has_acted.set();
        return true;
      }
      record.add(what);
      if (what.starts_with("J ") && what.ends_with(" #one") && ++joined == parts.size()) everybody_is_in.set();
      return what != the_end;
    });
  });
  observer.enter(7);
  here.wait();

  std::vector<Fiber<>> fibers;
  std::mt19937_64 random(each);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Part& part = parts[i];
    part.terminal = i % 2 == 0;
    part.quits = i % 16 < 2;
    quits += part.quits;
    fibers.push_back(spawn_on(i / 2 % workers(), [&, i, own_random = std::mt19937_64(random())] {
      const std::string nick = (part.terminal ? "t" : "w") + std::to_string(i);
      if (part.terminal)
        part.member = std::make_unique<Terminal>(house.address, nick);
      else
        part.member = std::make_unique<Browser>(house.address, nick);
      const auto acting = spawn([&] {
        part.member->enter(part.terminal && i % 4 == 0 ? 3 : 6);
        everybody_is_in.wait();
        act(part, i, i / 2 % actors == 0 ? acts : 0, own_random);
      });
      part.member->hear_all([&](const std::string& what) {
        if (what.starts_with("D ")) return true;  // the echo of its message to the observer
        part.heard.push_back(std::hash<std::string>{}(what));
        return what != the_end;
      });
      acting.get();
    }));
  }
  everybody_has_acted.wait();
  observer.say("#one", "one-end");
  listening.get();
  for (const auto& fiber : fibers) fiber.get();
  for (const Part& part : parts) check(record, part);
  EXPECT_GT(record.size(), parts.size() * 2);
  EXPECT_GT(quits, 0u);
}

class Crowd : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Worlds, Crowd, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(Crowd, EveryClientSeesTheSame) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  const std::size_t each = 50;
#else
  const std::size_t each = 1000;
#endif
  run_in(
      GetParam(), [&] { GetParam() == "sim" ? crowd(8, 1, 6) : crowd(each, each / 50, 8); }, 2);
}

}  // namespace
}  // namespace loquat
