#include "wire/lab/faults.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "codec/network/segment.h"

namespace loquat::wire {
namespace {

constexpr std::array<std::pair<std::string_view, FrameKind>, 11> kinds = {{{"frame", FrameKind::frame},
                                                                           {"syn", FrameKind::syn},
                                                                           {"synack", FrameKind::synack},
                                                                           {"ack", FrameKind::ack},
                                                                           {"data", FrameKind::data},
                                                                           {"fin", FrameKind::fin},
                                                                           {"rst", FrameKind::rst},
                                                                           {"arp", FrameKind::arp},
                                                                           {"icmp", FrameKind::icmp},
                                                                           {"udp", FrameKind::udp},
                                                                           {"tcp", FrameKind::tcp}}};

constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::size_t ip_protocol_at = 14 + 9, ipv6_next_header_at = 14 + 6;

std::uint8_t at(std::span<const std::byte> frame, std::size_t offset) {
  return offset < frame.size() ? std::to_integer<std::uint8_t>(frame[offset]) : 0;
}

bool is_ip(std::span<const std::byte> frame, int protocol) {
  const int ethertype = at(frame, 12) << 8 | at(frame, 13);
  if (ethertype == ethertype_ipv6) return at(frame, ipv6_next_header_at) == protocol;
  return ethertype == ethertype_ipv4 && at(frame, ip_protocol_at) == protocol;
}

bool is_segment(const codec::Segment& segment, FrameKind what) {
  using namespace codec;
  const bool syn = segment.flags & tcp::syn, ack = segment.flags & tcp::ack;
  const bool fin = segment.flags & tcp::fin, rst = segment.flags & tcp::rst;
  switch (what) {
    case FrameKind::tcp:
      return true;
    case FrameKind::syn:
      return syn && !ack;
    case FrameKind::synack:
      return syn && ack;
    case FrameKind::fin:
      return fin;
    case FrameKind::rst:
      return rst;
    case FrameKind::data:
      return segment.length > 0 && !syn;
    case FrameKind::ack:
      return ack && segment.length == 0 && !syn && !fin && !rst;
    default:
      return false;
  }
}

[[noreturn]] void misunderstood(std::string_view word, std::string_view text) {
  throw std::invalid_argument(
      "'" + std::string(text) + "': '" + std::string(word) +
      "' is not understood. Say [c>s | s>c] [syn | synack | ack | data | fin | rst | arp | icmp | "
      "udp | tcp] [#N | #N-M | all]");
}

int parse_number(std::string_view digits, std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 1) misunderstood(digits, text);
  return number;
}

void parse_which(Fault& fault, std::string_view word, std::string_view text) {
  word.remove_prefix(1);
  const std::size_t dash = word.find('-');
  fault.first = parse_number(word.substr(0, dash), text);
  fault.last = dash == std::string_view::npos ? fault.first : parse_number(word.substr(dash + 1), text);
}

void parse_word(Fault& fault, std::string_view word, std::string_view text) {
  if (word == "c>s") {
    fault.from = Side::client;
  } else if (word == "s>c") {
    fault.from = Side::server;
  } else if (word == "all") {
    fault.last = INT_MAX;
  } else if (word[0] == '#') {
    parse_which(fault, word, text);
  } else {
    for (const auto& [known, kind] : kinds)
      if (word == known) return void(fault.what = kind);
    misunderstood(word, text);
  }
}

}  // namespace

bool Fault::fits(Side side, std::span<const std::byte> frame) const {
  if (from && *from != side) return false;
  switch (what) {
    case FrameKind::frame:
      return true;
    case FrameKind::arp:
      return (at(frame, 12) << 8 | at(frame, 13)) == ethertype_arp;
    case FrameKind::icmp:
      return is_ip(frame, 1) || is_ip(frame, 58);  // ICMPv6
    case FrameKind::udp:
      return is_ip(frame, 17);
    default:
      break;
  }
  const auto segment = codec::find_segment(frame);
  return segment && is_segment(*segment, what);
}

std::string_view name(Fault::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 6> names = {"drop", "delay", "duplicate", "reorder", "corrupt", "hold"};
  return names[static_cast<std::size_t>(kind)];
}

Duration parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> units = {
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  for (const auto& [unit, ns] : units) {
    if (text.size() <= unit.size() || !text.ends_with(unit)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.size());
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error == std::errc() && end == number.data() + number.size() && value >= 0 && value * ns <= 600e9)
      return Duration(static_cast<Duration::rep>(value * ns));
  }
  throw std::invalid_argument("'" + std::string(text) + "' is no time of up to 600 s. Say it like 50ms or 1.5s");
}

Fault parse_fault(Fault::Kind kind, std::string_view text) {
  Fault fault;
  fault.kind = kind;
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  if (kind == Fault::Kind::delay) {
    if (words.empty()) throw std::invalid_argument("a delay needs a time, like 50ms");
    fault.by = parse_duration(words.back());
    words.pop_back();
    if (words.empty()) fault.last = INT_MAX;
  }
  for (const std::string& word : words) parse_word(fault, word, text);
  return fault;
}

std::string str(const Fault& fault) {
  std::string text(name(fault.kind));
  if (fault.from) text += *fault.from == Side::client ? " c>s" : " s>c";
  for (const auto& [word, kind] : kinds)
    if (kind == fault.what && kind != FrameKind::frame) text.append(" ").append(word);
  if (fault.last == INT_MAX) {
    text += " all";
  } else {
    text += " #" + std::to_string(fault.first);
    if (fault.last != fault.first) text += "-" + std::to_string(fault.last);
  }
  if (fault.kind == Fault::Kind::delay)
    text += " " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(fault.by).count()) + "ms";
  return text;
}

std::vector<Fault> random_faults(std::uint64_t seed) {
  std::mt19937_64 random(seed);  // its numbers are fixed by the standard; distributions are not, so none is used
  std::vector<Fault> faults;
  for (std::uint64_t left = 1 + random() % 3; left > 0; --left) {
    Fault fault;
    fault.kind = static_cast<Fault::Kind>(random() % 4);
    fault.first = fault.last = static_cast<int>(1 + random() % 12);
    if (fault.kind == Fault::Kind::delay) fault.by = std::chrono::milliseconds(5 + random() % 60);
    faults.push_back(fault);
  }
  return faults;
}

std::vector<Faults::Met> Faults::meet(Side side, std::span<const std::byte> frame) {
  std::vector<Met> met;
  for (Watched& watched : watched_) {
    if (!watched.fault.fits(side, frame)) continue;
    ++watched.seen;
    if (watched.seen < watched.fault.first || watched.seen > watched.fault.last) continue;
    watched.met = true;
    met.push_back({watched.fault, watched.ordered});
  }
  return met;
}

bool Faults::any_ordered_met() const {
  return std::any_of(watched_.begin(), watched_.end(),
                     [](const Watched& watched) { return watched.ordered && watched.met; });
}

std::vector<Fault> Faults::ordered_without_frame() const {
  std::vector<Fault> found;
  for (const Watched& watched : watched_)
    if (watched.ordered && !watched.met) found.push_back(watched.fault);
  return found;
}

}  // namespace loquat::wire
