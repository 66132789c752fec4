// Descriptors that are not sockets: pipes, terminals, FIFOs, eventfds, timerfds and inotify, silent or full.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>

#include <filesystem>
#include <memory>
#include <string>

#include "loquat/file.h"
#include "loquat/run.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

const std::string big(1 << 20, 'x');

struct State {
  Wire wire;
  std::unique_ptr<File> file;
};

// How a call on a File ends. No case closes the File during a call: file.h forbids it.
struct Ending {
  const char* name;
  std::string ends;
  std::function<void(State&, Hold&)> let_go;
};

Case make_case(const std::string& situation, const char* call_name, const std::function<std::string(State&)>& call,
               const Ending& ending, const std::function<Wire()>& wire) {
  Case one{situation + "_" + ending.name, call_name, [=] {
             auto state = std::make_shared<State>();
             state->wire = wire();
             state->file = std::make_unique<File>(state->wire.ours);
             return Scene{[state, call] { return call(*state); },
                          [state, ending](Hold& hold) { ending.let_go(*state, hold); }, ending.ends,
                          [state] { state->wire.theirs.close(); }};
           }};
  one.in_threads = std::string(ending.name) != "cancelled";
  return one;
}

const Ending cancelled{"cancelled", "Cancelled", [](State&, Hold& hold) { hold.cancel(); }};

// --- reading ---------------------------------------------------------------------------------------------------------

Wire event() { return {Fd(::eventfd(0, EFD_CLOEXEC)), Fd()}; }
Wire watch() { return {Fd(::inotify_init1(IN_CLOEXEC)), Fd()}; }
Wire timer() { return {Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)), Fd()}; }
// A named FIFO that this process has open in both directions, as daemons do.
Wire fifo() {
  const std::string path = std::filesystem::temp_directory_path() / ("loquat-heartbeat-" + std::to_string(::getpid()));
  ::unlink(path.c_str());
  if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  Wire wire{Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC)), Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC))};
  ::unlink(path.c_str());
  return wire;
}
Wire cooked_terminal() {
  Wire wire = hostile::terminal();
  termios mode{};
  ::tcgetattr(wire.ours, &mode);
  mode.c_lflag |= ICANON;
  ::tcsetattr(wire.ours, TCSANOW, &mode);
  hostile::put(wire.theirs, "no line yet");
  return wire;
}

struct Source {
  const char* name;
  std::function<Wire()> wire;
  Ending ending;
};

const Source sources[] = {
    {"silent_pipe",
     hostile::pipe_to_read,
     {"data", "hello", [](State& s, Hold&) { hostile::put(s.wire.theirs, "hello"); }}},
    {"silent_pipe", hostile::pipe_to_read, {"writer_closes", "", [](State& s, Hold&) { s.wire.theirs.close(); }}},
    {"silent_pipe", hostile::pipe_to_read, cancelled},
    {"silent_fifo", fifo, {"data", "hello", [](State& s, Hold&) { hostile::put(s.wire.theirs, "hello"); }}},
    {"silent_terminal",
     hostile::terminal,
     {"data", "hello", [](State& s, Hold&) { hostile::put(s.wire.theirs, "hello"); }}},
    {"silent_terminal", hostile::terminal, {"hangs_up", "EIO|", [](State& s, Hold&) { s.wire.theirs.close(); }}},
    {"silent_terminal", hostile::terminal, cancelled},
    {"half_a_line",
     cooked_terminal,
     {"line", "no line yet\n", [](State& s, Hold&) { hostile::put(s.wire.theirs, "\n"); }}},
    {"silent_socket_as_file",
     hostile::tcp,
     {"data", "hello", [](State& s, Hold&) { hostile::put(s.wire.theirs, "hello"); }}},
    {"silent_socket_as_file", hostile::tcp, cancelled},
    {"silent_datagrams_as_file",
     [] { return hostile::unix_pair(SOCK_DGRAM); },
     {"data", "hello", [](State& s, Hold&) { hostile::put(s.wire.theirs, "hello"); }}},
    {"event_of_0",
     event,
     {"event", std::string("\1\0\0\0\0\0\0\0", 8), [](State& s, Hold&) { ::eventfd_write(s.wire.ours, 1); }}},
    {"event_of_0", event, cancelled},
    {"unarmed_timer",
     timer,
     {"expires", std::string("\1\0\0\0\0\0\0\0", 8),
      [](State& s, Hold&) {
        const itimerspec now{{}, {0, 1}};
        ::timerfd_settime(s.wire.ours, 0, &now, nullptr);
      }}},
    {"quiet_folder", watch, cancelled},
};

// --- writing ---------------------------------------------------------------------------------------------------------

Wire full(Wire wire) {
  hostile::fill(wire.ours);
  return wire;
}
Wire full_event() {
  Wire wire = event();
  ::eventfd_write(wire.ours, 0xfffffffffffffffe);
  return wire;
}
Wire stopped_terminal() {
  Wire wire = hostile::terminal();
  ::tcflow(wire.ours, TCOOFF);
  return wire;
}

const Ending reads{"reads", "written",
                   [](State& s, Hold& hold) { hostile::read_all_of(s.wire.theirs, [&] { return hold.ended(); }); }};
const Ending goes_on{"goes_on", "written", [](State& s, Hold& hold) {
                       ::tcflow(s.wire.ours, TCOON);
                       hostile::read_all_of(s.wire.theirs, [&] { return hold.ended(); });
                     }};
const Ending breaks{"reader_closes", "EPIPE|ECONNRESET|EIO", [](State& s, Hold&) { s.wire.theirs.close(); }};
const Ending counts_down{"reads", "written", [](State& s, Hold&) {
                           eventfd_t value = 0;
                           ::eventfd_read(s.wire.ours, &value);
                         }};

struct Sink {
  const char* name;
  std::function<Wire()> wire;
  std::vector<Ending> endings;
};

const Sink sinks[] = {
    {"full_pipe", [] { return full(hostile::pipe_to_write()); }, {reads, breaks, cancelled}},
    {"empty_pipe_that_nobody_reads", hostile::pipe_to_write, {reads, breaks, cancelled}},
    {"full_fifo", [] { return full(fifo()); }, {reads, cancelled}},
    {"full_terminal", [] { return full(hostile::terminal()); }, {reads, breaks, cancelled}},
    {"terminal_that_nobody_reads", hostile::terminal, {reads, breaks, cancelled}},
    {"stopped_terminal", stopped_terminal, {goes_on, cancelled}},
    {"full_socket_as_file", [] { return full(hostile::tcp()); }, {reads, breaks, cancelled}},
    {"full_unix_socket_as_file", [] { return full(hostile::unix_pair(SOCK_STREAM)); }, {reads, breaks, cancelled}},
};

std::string write_all(State& state, std::string_view data) {
  state.file->write(data);
  return "written";
}

// --- files that are always ready -------------------------------------------------------------------------------------

void add_prompt(Cases& cases) {
  const auto prompt = [&](const char* name, const std::string& path, int flags, auto call) {
    cases.push_back({"always_ready_file", name,
                     [path, flags, call] {
                       auto state = std::make_shared<State>();
                       state->wire.ours = Fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
                       state->file = std::make_unique<File>(state->wire.ours);
                       return Scene{[state, call] { return call(*state->file); }, [](Hold&) {}, "done"};
                     },
                     Waits::no});
  };
  const auto read = [](File& file) {
    file.read(100);
    return std::string("done");
  };
  const auto write = [](File& file) {
    file.write(big);
    return std::string("done");
  };
  prompt("File::read", "/proc/self/maps", O_RDONLY, read);
  prompt("File::read_dev_null", "/dev/null", O_RDONLY, read);
  prompt("File::read_dev_zero", "/dev/zero", O_RDONLY, read);
  prompt("File::write", "/dev/null", O_WRONLY, write);
  prompt("File::write_disk", std::filesystem::temp_directory_path(), O_WRONLY | O_TMPFILE, write);
}

}  // namespace

void add_files(Cases& cases) {
  for (const Source& source : sources) {
    cases.push_back(make_case(
        source.name, "File::read", [](State& s) { return s.file->read(100); }, source.ending, source.wire));
  }
  for (const Sink& sink : sinks) {
    const bool was_full = std::string(sink.name).starts_with("full") || std::string(sink.name).starts_with("stopped");
    for (const Ending& ending : sink.endings) {
      cases.push_back(make_case(
          sink.name, "File::write", [](State& s) { return write_all(s, big); }, ending, sink.wire));
      if (was_full) {
        cases.push_back(make_case(
            sink.name, "File::write_a_little", [](State& s) { return write_all(s, "12345678"); }, ending, sink.wire));
      }
    }
  }
  cases.push_back(make_case(
      "full_event", "File::write_a_little", [](State& s) { return write_all(s, std::string("\1\0\0\0\0\0\0\0", 8)); },
      counts_down, full_event));
  add_prompt(cases);
}

}  // namespace loquat::heartbeat
