#include "wire/lab/lab.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "codec/network/segment.h"

namespace loquat::wire {
namespace {

using std::chrono::microseconds;

constexpr std::array<Side, 2> kBothSides = {Side::client, Side::server};
constexpr Duration kLastFrames = std::chrono::seconds(1);  // after the end of a scenario

std::size_t index(Side side) { return static_cast<std::size_t>(side); }

// Kernels before 6.5 do so anyway, and have no such option.
void double_from_the_first_syn(const kernel::PrivateNetwork& network, Side side) {
  try {
    network.sysctl(side, "tcp_syn_linear_timeouts", "0");
  } catch (const FileNotFoundError&) {
  }
}

Address address_of(const codec::Endpoint& end) { return Address::parse(end.text()); }

}  // namespace

Lab::Lab(const kernel::PrivateNetwork& network, LabOptions options)
    : network_(network),
      options_(std::move(options)),
      start_(now()),
      main_{{network.address(Side::client), first_client_port}, {network.address(Side::server), options_.port}} {
  for (const Side side : kBothSides) {
    // Their timers and choices are those of the textbook: no cookies until asked for, doubling from the first SYN on.
    network_.sysctl(side, "tcp_syncookies", "0");
    double_from_the_first_syn(network_, side);
    network_.sysctl(side, "tcp_syn_retries", options_.attend ? "6" : "2");  // who watches takes his time
    network_.sysctl(side, "tcp_congestion_control", "reno");
    network_.sysctl(side, "tcp_no_metrics_save", "1");
    network_.sysctl(side, "tcp_autocorking", "0");
    network_.in(side, [&] {
      diag_[index(side)] = std::make_unique<kernel::SockDiag>();
      counters_[index(side)] = kernel::read_counters();
    });
  }
  for (const Fault& fault : options_.faults) faults_.add(fault);
  packets_ = fromfd(network_.wire_fd());
  last_event_ = start_;
  wire_ = spawn([this] { carry(); });
}

Lab::~Lab() {
  wire_.cancel();
  wire_.join();
}

// --- Programs ---

Socket Lab::socket(Side side, int type, int proto, int family) const {
  const int fd = network_.in(side, [&] { return ::socket(family, type | SOCK_CLOEXEC, proto); });
  if (fd < 0) throw_oserror(errno, {"socket", {}, {}});
  return Socket::from_fd(fd);
}

Listener Lab::listen(int backlog, std::uint16_t port) {
  Socket listener = socket(Side::server, SOCK_STREAM);
  listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  listener.bind({network_.address(Side::server), port == 0 ? options_.port : port});
  listener.listen(backlog);
  act(Side::server, {"listen(" + std::to_string(backlog) + ")", {}}, main_);
  return {*this, std::move(listener)};
}

Program Lab::client(std::uint16_t port) {
  Socket made = socket(Side::client, SOCK_STREAM);
  const Address local{network_.address(Side::client), next_port_++};
  made.bind(local);
  return {*this,
          Side::client,
          std::move(made),
          {local, {network_.address(Side::server), port == 0 ? options_.port : port}}};
}

Program Lab::connecting_server(std::uint16_t client_port) {
  Socket made = socket(Side::server, SOCK_STREAM);
  made.bind(main_.server);
  return {*this, Side::server, std::move(made), {{network_.address(Side::client), client_port}, main_.server}};
}

Conversation Lab::converse(int backlog) {
  Listener server = listen(backlog);
  Program caller = client();
  if (caller.connect() != 0) throw Stopped("the client could not connect");
  Program peer = server.accept();
  settle();
  return {std::move(server), std::move(caller), std::move(peer)};
}

// --- States ---

Connection Lab::connection_of(Side from, std::span<const std::byte> bytes) const {
  const auto segment = codec::find_segment(bytes);
  if (!segment) return main_;
  const Address source = address_of(segment->source), destination = address_of(segment->destination);
  return from == Side::client ? Connection{source, destination} : Connection{destination, source};
}

State Lab::state(Side side, const Connection& connection) {
  if (without_tcp_) return State::unknown;
  const Address& local = side == Side::client ? connection.client : connection.server;
  const Address& remote = side == Side::client ? connection.server : connection.client;
  const auto facts = diag_[index(side)]->exact(local, remote);
  Seen& seen = seen_[connection.str()];
  seen.connection = connection;
  bool& opened = seen.open[index(side)];
  if (facts && facts->state != State::listen) {
    opened = true;
    return facts->state;
  }
  // The kernel answers with the listening socket when there is none of this connection (any more).
  return facts && !opened ? State::listen : State::closed;
}

// Whether some end of a connection waits with a clock for what it has sent to be confirmed.
bool Lab::unconfirmed() {
  for (const auto& [text, seen] : seen_)
    for (const Side side : kBothSides) {
      const Address& local = side == Side::client ? seen.connection.client : seen.connection.server;
      const Address& remote = side == Side::client ? seen.connection.server : seen.connection.client;
      const auto facts = diag_[index(side)]->exact(local, remote);
      if (facts && facts->state != State::listen && facts->timer == kernel::Timer::retransmit) return true;
    }
  return false;
}

States Lab::states(const Connection& connection) {
  return {state(Side::client, connection), state(Side::server, connection)};
}

// The states when the receiver's kernel has done with a frame: mostly at once, but it may leave it to a kernel thread.
States Lab::settled_states(const Connection& connection) {
  States last = states(connection);
  for (int same = 0; same < 2;) {
    std::this_thread::sleep_for(microseconds(50));
    const States again = states(connection);
    same = again == last ? same + 1 : 0;
    last = again;
  }
  return last;
}

// --- Telling ---

void Lab::tell(const Row& row) {
  if (options_.sink) options_.sink(row);
}

void Lab::tell_fate(Frame frame) {
  told_.push_back(frame);
  tell(std::move(frame));
}

void Lab::act(Side side, const Text& text, const Connection& connection) {
  if (!end_.empty()) return;
  tell(Action{elapsed(), side, text, states(connection)});
  take();
}

void Lab::note(const Text& text, std::string tls_keys) { tell(Note{elapsed(), text, std::move(tls_keys)}); }

void Lab::check(bool holds, std::string_view what) {
  if (!holds && options_.faults.empty() && !intervened_) failures_.emplace_back(what);
}

void Lab::check_ends(const States& meant) {
  const States now_are = states();
  check(now_are == meant, "the ends should be " + std::string(wire::name(meant.client)) + " and " +
                              std::string(wire::name(meant.server)) + ", and are " +
                              std::string(wire::name(now_are.client)) + " and " +
                              std::string(wire::name(now_are.server)));
}

bool Lab::saw(Side side, State state) const {
  return std::any_of(told_.begin(), told_.end(), [&](const Frame& frame) {
    return (side == Side::client ? frame.after.client : frame.after.server) == state;
  });
}

int Lab::count(std::string_view which) const {
  const Fault pattern = parse_fault(Fault::Kind::drop, which);
  return static_cast<int>(std::count_if(told_.begin(), told_.end(), [&](const Frame& frame) {
    return frame.copy_of == 0 && pattern.fits(frame.from, frame.bytes);
  }));
}

std::int64_t Lab::counter(Side side, const std::string& counter_name) const {
  const auto read = network_.in(side, [] { return kernel::read_counters(); });
  return kernel::value(kernel::moved(counters_[index(side)], read), counter_name);
}

void Lab::stopped(const std::string& why) {
  if (!end_.empty()) return;
  check(false, "it stopped early: " + why);
  conclude({"It could not go on: " + why + ".", "无法继续：" + why + "。"});
}

// What is on the wire gets there first, if it is not held up for long.
void Lab::conclude(const Text& text) {
  conclusion_ = text;
  if (!options_.faults.empty()) wait_until([&] { return !unconfirmed(); }, after_faults);
  wait_until([&] { return in_flight_.size() == held(); }, kLastFrames);
  wire_.cancel();
  wire_.join();
  for (const Side side : kBothSides) {
    const auto read = network_.in(side, [] { return kernel::read_counters(); });
    end_.push_back(Counters{side, kernel::moved(counters_[index(side)], read)});
  }
  end_.push_back(End{elapsed(), states(), true, {}});
}

void Lab::finish() {
  if (end_.empty()) conclude({});
  End& end = std::get<End>(end_.back());
  end.as_specified = as_specified();
  end.text = conclusion_;
  if (!options_.faults.empty() || intervened_)
    end.text = {"Left to itself: " + conclusion_.en, "不加干预时：" + conclusion_.zh};
  for (const std::string& failure : failures_) {
    end.text.en += (end.text.en.empty() ? "" : "\n") + ("This did not go as it is meant to: " + failure + ".");
    end.text.zh += (end.text.zh.empty() ? "" : "\n") + ("与预期不符：" + failure + "。");
  }
  for (const Row& row : end_) tell(row);
}

}  // namespace loquat::wire
