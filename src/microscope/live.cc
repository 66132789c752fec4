#include "microscope/live.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "codec/text/line_reader.h"
#include "loquat/error.h"
#include "loquat/fiber.h"
#include "microscope/child.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"
#include "wire/trace/trace.h"

namespace loquat::microscope {
namespace {

namespace texts = wire::texts;
using wire::json_object;
using wire::JsonObject;
using wire::Text;
using namespace std::chrono_literals;
constexpr std::size_t max_line = 256 * 1024;  // a frame of 64 KiB in hexadecimal, and what is said about it

// Takes the next word off the front.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool is_count(std::string_view word, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() && value <= max;
}

bool is_speed(std::string_view word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  return error == std::errc() && end == word.data() + word.size() && value >= 0.01 && value <= 100;
}

std::string ended(int status, const char* reason, std::string_view text) {
  return json_object([&](JsonObject& json) {
    json.put("type", "over").put("status", status).put("reason", reason).put("text", text);
  });
}

std::string refused(const char* reason, const Text& text) {
  return json_object([&](JsonObject& json) { json.put("type", "refused").put("reason", reason).put("text", text); });
}

}  // namespace

bool is_lab_command(std::string_view line) noexcept {
  constexpr unsigned max_frame = 999'999, max_delay = 60'000;
  const std::string_view verb = take_word(line);
  if (verb == "step" || verb == "play" || verb == "pause" || verb == "quit") return line.empty();
  if (verb == "deliver" || verb == "drop" || verb == "duplicate") return is_count(line, max_frame);
  if (verb == "speed") return is_speed(line);
  if (verb != "delay") return false;
  const std::string_view frame = take_word(line);
  return is_count(frame, max_frame) && is_count(line, max_delay);
}

// --- One lab -------------------------------------------------------------------------------------------------------

// One of the labs at a time; given back at the end.
class Labs::Seat {
 public:
  explicit Seat(Labs& labs) : labs_(labs.seats_.try_acquire() ? &labs : nullptr) {}
  Seat(Seat&& other) noexcept : labs_(std::exchange(other.labs_, nullptr)) {}
  ~Seat() { leave(); }
  Seat& operator=(Seat&&) = delete;
  explicit operator bool() const noexcept { return labs_ != nullptr; }
  void leave() noexcept {
    if (labs_ != nullptr) std::exchange(labs_, nullptr)->seats_.release();
  }

 private:
  Labs* labs_;
};

// From its start to its end: a fiber passes on what the child says and ends with it.
class Labs::Run {
 public:
  Run(Labs& labs, Seat seat, http::WebSocket& socket, std::string_view name)
      : labs_(labs),
        seat_(std::move(seat)),
        socket_(socket),
        child_(command(labs, name)),
        started_(now()),
        last_command_(started_) {
    fiber_ = spawn([this] { pass_on(); });
  }
  ~Run() {
    const CancelShield shield;
    fiber_.cancel();
    fiber_.join();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  bool over() const { return fiber_.done(); }
  void tell(std::string_view line) {
    last_command_ = now();
    child_.io().sendall(std::string(line) + '\n');
  }

 private:
  static std::vector<std::string> command(const Labs& labs, std::string_view name) {
    std::vector<std::string> words = labs.command_;
    for (const std::string_view word :
         {name, std::string_view("--format"), std::string_view("json"), std::string_view("--control")}) {
      words.emplace_back(word);
    }
    return words;
  }

  void pass_on() {
    const char* reason = "ended";
    try {
      reason = relay();
    } catch (const OSError&) {
      // The child or the browser is gone.
    }
    const int status = child_.finish(*reason == 'e' ? 2s : 0s);
    const std::string line = ended(status, reason, child_.complaint());
    seat_.leave();
    try {
      socket_.send_text(line);
    } catch (const OSError&) {
    }
  }

  // Returns why it has come to an end.
  const char* relay() {
    codec::LineReader reader(max_line);
    for (;;) {
      const TimePoint idle = last_command_ + labs_.limits_.idle, end = started_ + labs_.limits_.max_time;
      if (now() >= end) return "long";
      if (now() >= idle) return "idle";
      if (!child_.io().wait_readable(std::min(idle, end) - now())) continue;
      const std::string bytes = child_.io().recv(64 * 1024);
      if (bytes.empty()) return "ended";
      std::string_view rest = bytes;
      while (const auto line = reader.next(rest)) {
        if (line->kind == codec::LineReader::Kind::line) socket_.send_text(line->text);
      }
    }
  }

  Labs& labs_;
  Seat seat_;
  http::WebSocket& socket_;
  Child child_;
  TimePoint started_, last_command_;
  Fiber<> fiber_;
};

// --- One visitor ---------------------------------------------------------------------------------------------------

class Labs::Session {
 public:
  Session(Labs& labs, http::WebSocket& socket, LabVisitor visitor)
      : labs_(labs), socket_(socket), visitor_(std::move(visitor)) {}

  void run() {
    while (const auto message = socket_.recv()) take(message->data);
  }

 private:
  void take(std::string_view line) {
    if (run_ && run_->over()) run_.reset();
    std::string_view rest = line;
    const std::string_view verb = take_word(rest);
    if (verb == "key") return key(rest);
    if (verb == "start") return start(rest);
    if (!is_lab_command(line)) return say(refused("command", texts::no_such_lab_command));
    if (!run_) return;  // it has ended a moment ago
    try {
      run_->tell(line);
    } catch (const OSError&) {
      // It ends just now; its fiber says so.
    }
  }

  void key(std::string_view key) {
    visitor_.trusted = visitor_.trusted || visitor_.knows_key(key);
    if (visitor_.trusted) return say(R"({"type":"welcome"})");
    say(refused("key", texts::wrong_operator_key));
    if (++wrong_keys_ >= labs_.limits_.max_wrong_keys) socket_.close(1008, "wrong key");
  }

  void start(std::string_view name) {
    if (!visitor_.trusted) return say(refused("stranger", texts::labs_for_local_users));
    if (!visitor_.is_scenario(name)) return say(refused("unknown", texts::no_such_scenario));
    run_.reset();
    Seat seat(labs_);
    if (!seat) return say(refused("busy", texts::labs_are_busy));
    try {
      run_ = std::make_unique<Run>(labs_, std::move(seat), socket_, name);
    } catch (const OSError& e) {
      say(ended(1, "ended", e.what()));
    }
  }

  void say(std::string_view line) { socket_.send_text(line); }

  Labs& labs_;
  http::WebSocket& socket_;
  LabVisitor visitor_;
  std::unique_ptr<Run> run_;
  std::size_t wrong_keys_ = 0;
};

// While it lives, stop() ends the WebSocket.
class Labs::Presence {
 public:
  Presence(Labs& labs, http::WebSocket& socket) : labs_(labs), socket_(socket) {
    const std::lock_guard lock(labs_.mutex_);
    labs_.present_.insert(&socket_);
    if (labs_.stopping_) socket_.abort();
  }
  ~Presence() {
    const std::lock_guard lock(labs_.mutex_);
    labs_.present_.erase(&socket_);
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  Labs& labs_;
  http::WebSocket& socket_;
};

Labs::Labs(std::vector<std::string> command, LabLimits limits)
    : command_(std::move(command)), limits_(limits), seats_(limits.max_labs) {}

void Labs::serve(http::WebSocket& socket, LabVisitor visitor) {
  const Presence presence(*this, socket);
  try {
    Session(*this, socket, std::move(visitor)).run();
  } catch (const OSError&) {
    // The browser has gone.
  }
}

void Labs::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (http::WebSocket* socket : present_) socket->abort();
}

}  // namespace loquat::microscope
