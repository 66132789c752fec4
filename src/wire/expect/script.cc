#include "wire/expect/script.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>

#include "codec/network/segment.h"
#include "wire/lab/faults.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using Kind = ExpectedLine::Kind;

[[noreturn]] void refuse_word(int line, const std::string& word) { throw ScriptError(texts::script_word(line, word)); }

std::optional<Side> side_of(std::string_view word) {
  if (word == "client") return Side::client;
  if (word == "server") return Side::server;
  return {};
}

std::optional<State> state_of(std::string_view word) {
  for (int i = static_cast<int>(State::closed); i <= static_cast<int>(State::time_wait); ++i)
    if (name(static_cast<State>(i)) == word) return static_cast<State>(i);
  return {};
}

// "SYN,ACK".
std::optional<std::uint16_t> flags_of(const std::string& word) {
  std::uint16_t flags = 0;
  std::istringstream stream(word);
  for (std::string flag; std::getline(stream, flag, ',');) {
    std::uint16_t found = 0;
    for (std::uint16_t bit = 1; bit < 0x200; bit = static_cast<std::uint16_t>(bit << 1))
      if (codec::flag_names(bit) == flag) found = bit;
    if (found == 0) return {};
    flags |= found;
  }
  return flags;
}

std::optional<std::uint32_t> number_of(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return number;
}

// "seq=1".
bool read_figure(ExpectedLine& line, const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == word.npos) return false;
  const auto number = number_of(std::string_view(word).substr(equals + 1));
  const std::string what = word.substr(0, equals);
  auto* figure = what == "seq"   ? &line.seq
                 : what == "ack" ? &line.ack
                 : what == "len" ? &line.length
                 : what == "win" ? &line.window
                                 : nullptr;
  if (!number || figure == nullptr) return false;
  *figure = number;
  return true;
}

bool read_kind(ExpectedLine& line, const std::string& word) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 4> kinds_of_frames = {
      {{"ARP", Kind::arp}, {"ICMP", Kind::icmp}, {"UDP", Kind::udp}, {"any", Kind::frame}}};
  for (const auto& [known, kind] : kinds_of_frames) {
    if (word != known) continue;
    line.kind = kind;
    return true;
  }
  return false;
}

bool read_fate(ExpectedLine& line, const std::string& word) {
  if (word == "lost") return line.fate = Fate::dropped, true;
  if (word == "corrupted") return line.fate = Fate::corrupted, true;
  if (word == "retransmission") return line.retransmission = true, true;
  if (word == "copy") return line.copy = true, true;
  return false;
}

bool read_delay(ExpectedLine& line, const std::string& word) {
  if (word[0] != '+') return false;
  try {
    line.later = parse_duration(std::string_view(word).substr(1));
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

void read_frame(ExpectedLine& line, const std::vector<std::string>& words) {
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "data") {
      line.data = true;
      if (i + 1 < words.size() && number_of(words[i + 1])) line.length = number_of(words[++i]);
    } else if (const auto flags = flags_of(word)) {
      line.flags = flags;
    } else if (!read_figure(line, word) && !read_kind(line, word) && !read_fate(line, word) &&
               !read_delay(line, word)) {
      refuse_word(line.number, word);
    }
  }
}

void read_words(ExpectedLine& line, const std::vector<std::string>& words) {
  if (words[0] == "...") {
    line.kind = Kind::anything;
    if (words.size() > 1) refuse_word(line.number, words[1]);
    return;
  }
  const auto side = side_of(words[0]);
  if (!side) refuse_word(line.number, words[0]);
  line.side = *side;
  if (words.size() < 2) throw ScriptError(texts::script_line_ends(line.number));
  if (words[1] == ">") {
    if (words.size() < 4) throw ScriptError(texts::script_line_ends(line.number));
    if (side_of(words[2]) != other(line.side)) refuse_word(line.number, words[2]);
    return read_frame(line, words);
  }
  const auto state = state_of(words[1]);
  if (!state) refuse_word(line.number, words[1]);
  if (words.size() > 2) refuse_word(line.number, words[2]);
  line.kind = Kind::state;
  line.state = *state;
}

}  // namespace

std::vector<ExpectedLine> parse_expected(std::string_view file) {
  std::vector<ExpectedLine> lines;
  std::istringstream stream{std::string(file)};
  int number = 0;
  for (std::string text; std::getline(stream, text);) {
    ++number;
    text.resize(std::min(text.find('#'), text.size()));
    std::istringstream line(text);
    std::vector<std::string> words;
    std::string tidy;
    for (std::string word; line >> word;) {
      tidy += (tidy.empty() ? "" : " ") + word;
      words.push_back(word);
    }
    if (words.empty()) continue;
    lines.push_back({.number = number, .text = tidy});
    read_words(lines.back(), words);
  }
  if (lines.empty()) throw ScriptError(texts::script_is_empty);
  return lines;
}

}  // namespace loquat::wire
