#include "wire/lab/lab.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "codec/network/segment.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Side, 2> both_sides = {Side::client, Side::server};
constexpr Duration last_frames = seconds(1);       // after the end of a scenario
constexpr Duration max_after_faults = seconds(3);  // for what is sent again
constexpr Duration max_wait = milliseconds(5);     // until the wire is looked at again: a watcher may have decided

std::size_t index(Side side) { return static_cast<std::size_t>(side); }

// Kernels before 6.5 do so anyway, and have no such option.
void double_from_the_first_syn(const kernel::PrivateNetwork& network, Side side) {
  try {
    network.sysctl(side, "tcp_syn_linear_timeouts", "0");
  } catch (const FileNotFoundError&) {
  }
}

// The timers and choices are those of the textbook: no cookies until asked for, doubling from the first SYN on, and no
// probe for a lost tail (RFC 8985 s.7), which is due after some 10 ms here and so would be sent by chance.
void set_textbook_options(const kernel::PrivateNetwork& network, Side side) {
  network.sysctl(side, "tcp_syncookies", "0");
  double_from_the_first_syn(network, side);
  network.sysctl(side, "tcp_syn_retries", "2");
  network.sysctl(side, "tcp_early_retrans", "0");
  network.sysctl(side, "tcp_congestion_control", "reno");
  network.sysctl(side, "tcp_no_metrics_save", "1");
  network.sysctl(side, "tcp_autocorking", "0");
}

// To an IPv6 multicast address. A host reports the groups that it joins, at moments of its own; no scenario is about
// that.
bool is_group_report(std::span<const std::byte> frame) {
  return frame.size() > 1 && frame[0] == std::byte{0x33} && frame[1] == std::byte{0x33};
}

Address address_of(const codec::Endpoint& end) { return Address::parse(end.text()); }

}  // namespace

Lab::Lab(const kernel::PrivateNetwork& network, LabOptions options)
    : network_(network),
      options_(std::move(options)),
      addresses_{{network.address(Side::client), first_client_port}, {network.address(Side::server), options_.port}},
      states_(network),
      story_(options_.sink, options_.tell_held),
      wire_([this] { return story_.elapsed(); }, options_.faults, options_.latency) {
  for (const Side side : both_sides) {
    set_textbook_options(network_, side);
    counters_[index(side)] = network_.in(side, [] { return kernel::read_counters(); });
  }
  if (options_.attend && !options_.on_hold) wait_for_watcher();
  packets_ = fromfd(network_.wire_fd());
  last_event_ = now();
  carrier_ = spawn([this] { carry(); });
}

Lab::~Lab() {
  carrier_.cancel();
  carrier_.join();
}

// --- Programs ---

Socket Lab::socket(Side side, int type, int proto) const {
  const int fd = network_.in(side, [&] { return ::socket(network_.family(), type | SOCK_CLOEXEC, proto); });
  if (fd < 0) throw_oserror(errno, {"socket", {}, {}});
  Socket made = Socket::from_fd(fd);
  if (type == SOCK_STREAM && !options_.congestion.empty())
    made.setsockopt(IPPROTO_TCP, TCP_CONGESTION, options_.congestion);
  return made;
}

Listener Lab::listen(int backlog, std::uint16_t port) {
  Socket listener = socket(Side::server, SOCK_STREAM);
  listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  listener.bind({network_.address(Side::server), port == 0 ? options_.port : port});
  listener.listen(backlog);
  act(Side::server, {"listen(" + std::to_string(backlog) + ")", {}});
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
  made.bind(addresses_.server);
  return {*this, Side::server, std::move(made), {{network_.address(Side::client), client_port}, addresses_.server}};
}

Conversation Lab::converse(int backlog) {
  Listener server = listen(backlog);
  Program caller = client();
  if (caller.connect() != 0) throw Stopped(texts::client_not_connected);
  Program peer = server.accept();
  settle();
  return {std::move(server), std::move(caller), std::move(peer)};
}

void Lab::act(Duration at, Side side, const Text& text, const AddressPair& pair) {
  if (story_.is_over()) return;
  story_.act(at, side, text, states_.of(pair));
  take();
}

// --- Frames ---

void Lab::carry() {
  for (;;) {
    if (packets_.wait_readable(std::min(wire_.wait().value_or(max_wait), max_wait))) {
      take();
    } else {
      deliver_due();
    }
  }
}

AddressPair Lab::pair_of(const Frame& frame) const {
  const auto segment = codec::find_segment(frame.bytes);
  if (!segment) return addresses_;
  AddressPair pair{address_of(segment->source), address_of(segment->destination)};
  if (frame.from == Side::server) std::swap(pair.client, pair.server);
  return pair;
}

void Lab::take() {
  for (;;) {
    const auto received = network_.receive(buffer_);
    if (received.size == 0) return;
    if (is_group_report(std::span(buffer_).first(received.size))) continue;
    Frame frame;
    frame.from = received.from;
    frame.sent = story_.at(received.at);
    frame.bytes.assign(buffer_.data(), buffer_.data() + received.size);
    take_in(std::move(frame));
  }
}

void Lab::take_in(Frame frame) {
  last_event_ = now();
  const AddressPair pair = pair_of(frame);
  frame.at_sending = frame.after = states_.of(pair);
  if (!frame.by_wire && codec::find_segment(frame.bytes)) frame.sender = states_.congestion(frame.from, pair);
  if (options_.port == 0 && !frame.by_wire) addresses_ = pair;
  const Frame sent = wire_.send(std::move(frame));  // a copy: the wire goes on while its row is told
  story_.sent(sent);
  if (!wire_.is_stopped(sent.number) || !options_.on_hold) return;
  wait_for_watcher();
  options_.on_hold(*this, sent);
}

// A watcher is slow: no connect() gives up meanwhile.
void Lab::wait_for_watcher() {
  for (const Side side : both_sides) network_.sysctl(side, "tcp_syn_retries", "6");
}

void Lab::inject(Side to, const Bytes& bytes, const Text& why) {
  Frame frame;
  frame.from = other(to);
  frame.sent = story_.elapsed();
  frame.bytes = bytes;
  frame.why = why;
  frame.by_wire = true;
  take_in(std::move(frame));
}

// One after the other. Between two of them the programs that wait for what has just arrived are woken, however busy
// the machine is.
void Lab::deliver_due() {
  for (const int number : wire_.due()) {
    auto arrival = wire_.take(number);
    while (arrival) {
      const Side from = arrival->frame.from;
      deliver(*std::move(arrival));
      sleep(microseconds(20));
      take();
      arrival = wire_.take_overtaken_by(number, from);
    }
  }
  wire_.go_on();
}

void Lab::deliver(Wire::Arrival arrival) {
  take();  // what a program has sent just now was sent before this arrives
  Frame& frame = arrival.frame;
  const AddressPair pair = pair_of(frame);
  if (frame.fate == Fate::dropped) {
    frame.delivered = story_.elapsed();
    frame.after = states_.of(pair);
  } else {
    const Bytes& arriving = frame.fate == Fate::corrupted ? frame.arrived : frame.bytes;
    frame.delivered = story_.at(network_.deliver(other(frame.from), arriving));
    frame.after = states_.settled(pair);
    if (codec::find_segment(arriving)) frame.receiver = states_.congestion(other(frame.from), pair);
  }
  story_.arrived(frame);
  if (!arrival.answer.empty()) inject(frame.from, arrival.answer, arrival.answer_why);
  last_event_ = now();
  take();
}

// --- Waiting ---

void Lab::settle(Duration quiet) {
  const auto resting = [&] { return wire_.is_quiet() && now() - last_event_ >= quiet; };
  last_event_ = now();  // what the programs have just done counts
  while (!resting()) sleep(milliseconds(1));
  // What a fault has cost is sent again first: so the story goes on as it would have.
  if (!wire_.has_faults() || wire_.held() > 0 || !states_.unconfirmed()) return;
  wait_until([&] { return resting() && !states_.unconfirmed(); }, max_after_faults);
}

bool Lab::wait_until(const std::function<bool()>& ready, Duration max) {
  for (Duration waited{}; !ready();) {
    if (waited >= max) return false;
    const TimePoint before = now();
    sleep(milliseconds(1));
    if (!wire_.is_watched()) waited += now() - before;
  }
  return true;
}

// --- The end ---

Counters Lab::moved(Side side) const {
  const auto read = network_.in(side, [] { return kernel::read_counters(); });
  return {side, kernel::moved(counters_[index(side)], read)};
}

std::int64_t Lab::counter(Side side, const std::string& counter_name) const {
  return kernel::value(moved(side).moved, counter_name);
}

void Lab::check_ends(const States& meant) {
  const auto both = [](const States& states) {
    return std::string(wire::name(states.client)) + " and " + std::string(wire::name(states.server));
  };
  const States found = states();
  story_.check(found == meant, "the ends should be " + both(meant) + ", and are " + both(found));
}

void Lab::stopped(const Text& why) {
  if (story_.is_over()) return;
  story_.check(false, "it stopped early: " + why.en);
  conclude(texts::could_not_go_on(why));
}

// What is on the wire gets there first, if it is not held up for long.
void Lab::conclude(const Text& text) {
  if (wire_.has_faults()) wait_until([&] { return !states_.unconfirmed(); }, max_after_faults);
  wait_until([&] { return wire_.is_quiet(); }, last_frames);
  carrier_.cancel();
  carrier_.join();
  std::vector<Counters> counters;
  for (const Side side : both_sides) counters.push_back(moved(side));
  story_.conclude(text, std::move(counters), states());
}

void Lab::finish() {
  if (!story_.is_over()) conclude({});
  story_.finish(wire_.is_disturbed(), wire_.faults_without_frame());
}

}  // namespace loquat::wire
