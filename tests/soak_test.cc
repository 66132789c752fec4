// Days of a small town in the simulated World: people come in the morning, talk, paste, load the page, vanish and fall
// asleep, by every door; at noon the server is restarted. Each night it must be as it was the night before, and each
// client must have heard its rooms' history, from some place on, without a gap.
//
//   LOQUAT_SOAK_DAYS=30    a month; the test suite runs one day. A week has a server and a history of its own, and
//                          leaves no memory behind.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "chat/memory_archive.h"
#include "codec/text/line_reader.h"
#include "codec/websocket/websocket.h"
#include "doors/front.h"
#include "doors/web/door.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "loquat/testing.h"
#include "sched/worker.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t people = 10;
constexpr std::array<const char*, 5> rooms = {"#lobby", "#one", "#two", "#three", "#four"};
constexpr Duration day = 24h;
constexpr Duration hush = 4h - 2min, bedtime = 4h, morning = 6h;  // from midnight: nobody speaks; all leave; some come

Duration random_up_to(Duration most) {
  return Duration(testing::random(static_cast<std::uint64_t>(most / 1us))) * 1000;
}

// ---- the server -----------------------------------------------------------------------------------------------------

struct House {
  explicit House(chat::Archive& archive) : log(archive) { front.serve(create_servers({"127.0.0.1", 7777}, 1)); }
  ~House() {
    front.stop("a restart");
    EXPECT_TRUE(front.wait_stopped(60s));
  }

  chat::Log log;
  doors::Context context{log, {}};
  doors::WebDoor web_door{context, {}};
  http::Server web{web_door.handler()};
  doors::Front front{context, web};
};

// ---- a client -------------------------------------------------------------------------------------------------------

enum class Door { text, irc, web };

class Client {
 public:
  Client(Door door, const std::string& nick) : door_(door), socket_(AF_INET) {
    socket_.settimeout(5min);
    socket_.connect({"127.0.0.1", 7777});
    if (door == Door::web) upgrade();
    if (door == Door::text) {
      send("/nick " + nick);
      return;
    }
    for (const std::string& line : {std::string("CAP REQ :echo-message draft/chathistory"), "NICK " + nick,
                                    "USER " + nick + " 0 * :soak", std::string("CAP END")})
      send(line);
  }

  Door door() const { return door_; }
  Socket& socket() { return socket_; }
  void send(const std::string& line) {
    if (door_ == Door::web) return socket_.sendall(codec::websocket_frame(codec::WebSocketOpcode::text, line, 7));
    socket_.sendall(line + (door_ == Door::irc ? "\r\n" : "\n"));
  }
  void say(const std::string& room, const std::string& text) {
    send(door_ == Door::text ? text : "PRIVMSG " + room + " :" + text);
  }
  void quit() { send(door_ == Door::text ? "byebye" : "QUIT :bye"); }

  // Receives once and calls heard(line). False at the end of the connection.
  bool hear(const std::function<void(std::string_view)>& heard) {
    if (!socket_.wait_readable(Duration::max())) return true;
    std::string bytes = socket_.recv(65536);
    if (bytes.empty()) return false;
    if (door_ == Door::web) bytes = unpack(bytes);
    for (std::string_view rest = bytes; const auto line = lines_.next(rest);) heard(line->text);
    return true;
  }

 private:
  void upgrade() {
    socket_.sendall(
        "GET /irc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
        "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n");
    for (std::string head; !head.ends_with("\r\n\r\n");) {
      const std::string bytes = socket_.recv(4096);
      if (bytes.empty()) throw ConnectionResetError(ECONNRESET, {"the handshake", {}, {}, 0});
      head += bytes;
    }
  }
  std::string unpack(const std::string& bytes) {
    std::string lines;
    for (const auto& event : frames_.feed(bytes)) {
      if (event.kind == codec::WebSocketEvent::Kind::text) (lines += event.payload) += '\n';
    }
    const std::string pongs = frames_.take_output();
    if (!pongs.empty()) socket_.sendall(pongs);
    return lines;
  }

  Door door_;
  Socket socket_;
  codec::LineReader lines_{16 * 1024};
  codec::WebSocket frames_{codec::WebSocket::Side::client, {}, [] { return 7u; }};
};

// ---- the people -----------------------------------------------------------------------------------------------------

// One client in one room, from join to leave.
struct Stay {
  std::string room;
  std::vector<unsigned> heard;
  std::set<unsigned> own;    // said at the text door, which has no echo
  bool to_the_hush = false;  // it was there when everybody had fallen silent
};

struct Town {
  TimePoint midnight = now() - 5h;  // before the first day
  std::vector<std::shared_ptr<Stay>> stays;
  std::map<unsigned, std::pair<std::string, std::size_t>> places;  // of each line: its room, and where in its history
  std::map<std::string, std::vector<unsigned>> history;
  std::map<std::string, chat::Seq> read;  // of the archive, by room
  unsigned said = 0, visits = 0;

  Duration clock() const { return (now() - midnight) % day; }
  bool hushed() const { return clock() >= hush && clock() < morning; }
  bool asleep() const { return clock() >= bedtime && clock() < morning; }
  double activity() const {
    const double hours = std::chrono::duration<double, std::ratio<3600>>(clock()).count();
    return 0.1 + 0.9 * std::pow(std::sin(3.14159 * (hours - 4) / 24), 2);
  }
};

// "L17 ..." in a line of any door: the room and the number.
std::optional<std::pair<std::string, unsigned>> said_in(Door door, std::string_view line) {
  const bool irc = door != Door::text;
  const std::size_t mark = line.find(irc ? " :L" : ": L");
  if (mark == line.npos || (irc && line.find(" PRIVMSG #") == line.npos) || line.starts_with("*")) return {};
  std::string room = "#lobby";
  if (irc) {
    const std::size_t at = line.find(" PRIVMSG #") + 9;
    room = line.substr(at, line.find(' ', at) - at);
  }
  return std::pair(room, static_cast<unsigned>(std::strtoul(std::string(line.substr(mark + 3)).c_str(), nullptr, 10)));
}

class Person {
 public:
  Person(Town& town, std::size_t number) : town_(town), number_(number) {}

  void live(TimePoint end) {
    while (now() < end) {
      if (town_.asleep()) {
        sleep(morning - town_.clock() + random_up_to(2h));
        continue;
      }
      try {
        visit();
      } catch (const OSError&) {
        // The server restarts.
      }
      sleep(1s + random_up_to(2min));
    }
  }

 private:
  void visit() {
    client_ = std::make_unique<Client>(static_cast<Door>(number_ % 3),
                                       "p" + std::to_string(number_) + "v" + std::to_string(++town_.visits));
    stays_.clear();
    over_ = false;
    const Fiber<> ears = spawn([this] { listen(); });
    try {
      if (client_->door() != Door::text && !welcome_.wait_for(2min))
        throw TimeoutError(ETIMEDOUT, {"welcome", {}, {}, 0});
      join(rooms[0]);
      if (client_->door() != Door::text) join(rooms[1 + number_ % 4]);
      talk();
    } catch (const OSError&) {
      client_->socket().close();
    }
    ears.join();
    welcome_.clear();
  }

  void listen() {
    try {
      while (client_->hear([this](std::string_view line) { take(line); })) continue;
    } catch (const OSError&) {
      // It was reset.
    }
    over_ = true;
  }

  void take(std::string_view line) {
    if (line.starts_with("PING")) return client_->send("PONG" + std::string(line.substr(4)));
    if (line.find(" 001 ") != line.npos) welcome_.set();
    const auto said = said_in(client_->door(), line);
    if (!said) return;
    if (const auto stay = stays_.find(said->first); stay != stays_.end()) stay->second->heard.push_back(said->second);
  }

  void join(const std::string& room) {
    const auto stay = std::make_shared<Stay>(Stay{room, {}, {}});
    town_.stays.push_back(stay);
    stays_[room] = stay;
    if (client_->door() != Door::text) client_->send("JOIN " + room);
  }

  void talk() {
    const TimePoint leaves = now() + random_up_to(3h);
    while (!over_ && now() < leaves && !town_.asleep()) {
      sleep(std::min<Duration>(random_up_to(std::chrono::duration_cast<Duration>(2min / town_.activity())), 1min));
      if (!over_ && !town_.hushed() && testing::random(3) == 0) act();
    }
    for (const auto& [room, stay] : stays_) stay->to_the_hush = !over_ && town_.asleep();
    if (testing::random(3) == 0) {
      testing::reset(client_->socket());
    } else if (!over_) {
      client_->quit();
    }
  }

  void act() {
    const std::uint64_t choice = testing::random(100);
    if (choice < 85) return say(1);
    if (choice < 87) return say(30);
    if (choice < 92) return client_->send(client_->door() == Door::text ? "/who" : "WHO #lobby");
    if (choice < 96) return load_page();
    if (client_->door() == Door::text) return;
    if (stays_.size() < 2) return join(rooms[1 + testing::random(4)]);
    client_->send("PART " + stays_.rbegin()->first);
    stays_.erase(std::prev(stays_.end()));
  }

  void say(int lines) {
    const auto stay = std::next(stays_.begin(), static_cast<long>(testing::random(stays_.size())))->second;
    for (int i = 0; i < lines; ++i) {
      const unsigned number = ++town_.said;
      if (client_->door() == Door::text) stay->own.insert(number);
      client_->say(stay->room, "L" + std::to_string(number) + " said");
    }
  }

  static void load_page() {
    Socket browser(AF_INET);
    browser.settimeout(1min);
    browser.connect({"127.0.0.1", 7777});
    browser.sendall("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    std::string answer;
    for (std::string part; !(part = browser.recv(65536)).empty();) answer += part;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  }

  Town& town_;
  std::size_t number_;
  std::unique_ptr<Client> client_;
  std::map<std::string, std::shared_ptr<Stay>> stays_;
  Event welcome_;
  bool over_ = false;
};

// ---- the judge ------------------------------------------------------------------------------------------------------

void read_history(Town& town, chat::Archive& archive) {
  for (const std::string room : rooms) {
    for (const chat::ChatEvent& event : archive.after(room, town.read[room], 1'000'000)) {
      const auto number = static_cast<unsigned>(std::strtoul(event.text.c_str() + 1, nullptr, 10));
      std::vector<unsigned>& order = town.history[room];
      EXPECT_TRUE(town.places.try_emplace(number, room, order.size()).second) << "line " << number << " is there twice";
      order.push_back(number);
      town.read[room] = event.seq;
    }
  }
}

// Whether all of the history from `place` on, up to `end`, are own lines of a client without an echo.
bool only_own(const Town& town, const Stay& stay, std::size_t place, std::size_t end) {
  const std::vector<unsigned>& order = town.history.at(stay.room);
  return std::all_of(order.begin() + static_cast<long>(place), order.begin() + static_cast<long>(end),
                     [&](unsigned number) { return stay.own.count(number) > 0; });
}

// What is wrong with what the client has heard; empty: nothing.
std::string fault(const Town& town, const Stay& stay) {
  std::optional<std::size_t> place;
  for (const unsigned number : stay.heard) {
    const auto found = town.places.find(number);
    if (found == town.places.end() || found->second.first != stay.room)
      return std::to_string(number) + " was shown and is lost";
    const std::size_t at = found->second.second;
    if (place && at <= *place) return std::to_string(number) + " came twice or out of order";
    if (place && !only_own(town, stay, *place + 1, at))
      return "a line before " + std::to_string(number) + " was missed";
    place = at;
  }
  const bool whole = !stay.to_the_hush || !place || only_own(town, stay, *place + 1, town.history.at(stay.room).size());
  return whole ? "" : "the last lines were missed";
}

TEST(Soak, ItsJudgeSeesWhatIsWrong) {
  testing::simulate(1, [] {
    Town town;
    town.history["#lobby"] = {3, 1, 4, 5};
    for (std::size_t i = 0; i < 4; ++i) town.places[town.history["#lobby"][i]] = {"#lobby", i};
    const auto judged = [&](std::vector<unsigned> heard, std::set<unsigned> own = {}) {
      return fault(town, {"#lobby", std::move(heard), std::move(own), true});
    };
    EXPECT_EQ(judged({3, 1, 4, 5}), "");
    EXPECT_EQ(judged({4, 5}), "");
    EXPECT_EQ(judged({3, 5}, {1, 4}), "");
    EXPECT_EQ(judged({3, 4, 5}), "a line before 4 was missed");
    EXPECT_EQ(judged({1, 3, 4, 5}), "3 came twice or out of order");
    EXPECT_EQ(judged({3, 1, 1}), "1 came twice or out of order");
    EXPECT_EQ(judged({4, 5, 6}), "6 was shown and is lost");
    EXPECT_EQ(judged({3, 1, 4}), "the last lines were missed");
    town.places[6] = {"#one", 0};
    EXPECT_EQ(judged({4, 5, 6}), "6 was shown and is lost");
  });
}

// ---- the days -------------------------------------------------------------------------------------------------------

// Lives `days` days with one history.
void live(std::size_t days) {
  Town town;
  chat::MemoryArchive archive;
  std::optional<House> house(std::in_place, archive);
  const TimePoint end = town.midnight + static_cast<long>(days) * day + 5h;
  std::deque<Person> persons;
  std::vector<Fiber<>> lives;
  for (std::size_t i = 0; i < people; ++i) persons.emplace_back(town, i);
  for (Person& person : persons) lives.push_back(spawn([&person, end] { person.live(end); }));
  std::optional<std::uint64_t> fibers;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < days; ++i) {
    sleep(town.midnight + static_cast<long>(i) * day + 12h - now());
    house.reset();
    sleep(10s);
    house.emplace(archive);
    sleep(town.midnight + static_cast<long>(i + 1) * day + 5h - now());
    EXPECT_EQ(house->front.connections(), 0u);
    EXPECT_EQ(house->log.hub().people(), 0u);
    const std::uint64_t tonight = sched::Worker::of_fiber()->fibers();
    EXPECT_EQ(fibers.value_or(tonight), tonight);
    fibers = tonight;
    read_history(town, archive);
    for (const auto& stay : town.stays) {
      compared += stay->heard.size();
      EXPECT_EQ(fault(town, *stay), "") << stay->room;
    }
    town.stays.clear();
  }
  for (const auto& one : lives) one.join();
  EXPECT_GT(town.places.size(), days * 1'000);
  std::printf("%zu days: %u lines said, %zu kept, %zu heard and compared, %u visits, %llu fibers at night\n", days,
              town.said, town.places.size(), compared, town.visits, static_cast<unsigned long long>(*fibers));
}

TEST(Soak, DaysInASmallTown) {
  const char* given = std::getenv("LOQUAT_SOAK_DAYS");
  const std::size_t days = given != nullptr ? std::strtoul(given, nullptr, 10) : 1;
  for (const std::uint64_t seed : testing::seeds(1)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    std::printf("LOQUAT_SEED=%llu\n", static_cast<unsigned long long>(seed));
    testing::SimOptions options;
    options.limit = static_cast<long>(days + 2) * day;
    testing::simulate(
        seed,
        [&] {
          std::vector<std::size_t> heap;
          for (std::size_t left = days; left > 0; left -= std::min<std::size_t>(left, 7)) {
            live(std::min<std::size_t>(left, 7));
            heap.push_back(mallinfo2().uordblks / 1024);
            std::printf("after the week: %zu KiB in use\n", heap.back());
          }
          // The first week leaves what is made once and kept.
          if (heap.size() > 1) {
            EXPECT_LE(heap.back(), heap.front() + 64);
          }
        },
        options);
  }
}

}  // namespace
}  // namespace loquat
