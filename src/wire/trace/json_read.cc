#include <algorithm>
#include <limits>

#include "codec/text/hex.h"
#include "wire/text/json.h"
#include "wire/trace/json_rows.h"

namespace loquat::wire {
namespace {

constexpr int deepest = 8;

[[noreturn]] void refuse_member(std::string_view key, std::string_view what) {
  throw TraceError("'" + std::string(key) + "' " + std::string(what));
}

const Json* member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::string text_in(const Json& json, const char* key) {
  const Json* value = member(json, key);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse_member(key, "is no text");
  return value->get<std::string>();
}

Text both_in(const Json& json, const std::string& key) {
  return {text_in(json, key.c_str()), text_in(json, (key + "_zh").c_str())};
}

template <class Number>
Number number_in(const Json& json, const char* key) {
  const Json* value = member(json, key);
  if (value == nullptr) return 0;
  if (!value->is_number_unsigned()) refuse_member(key, "is no whole number from 0 on");
  if (value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<Number>::max()})
    refuse_member(key, "is out of range");
  return value->get<Number>();
}

Duration time_in(const Json& json, const char* key) { return Duration(number_in<std::int64_t>(json, key)); }

bool flag_in(const Json& json, const char* key, bool otherwise) {
  const Json* value = member(json, key);
  if (value != nullptr && !value->is_boolean()) refuse_member(key, "is neither true nor false");
  return value == nullptr ? otherwise : value->get<bool>();
}

std::vector<std::byte> bytes_in(const Json& json, const char* key) {
  auto bytes = codec::from_hex(text_in(json, key));
  if (!bytes) refuse_member(key, "is not hexadecimal");
  return std::move(*bytes);
}

// The value of an enumeration whose last one is `last`, by its name.
template <class Enum>
Enum named(const Json& value, const char* key, Enum last) {
  if (value.is_string()) {
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
      if (name(static_cast<Enum>(i)) == value.get_ref<const std::string&>()) return static_cast<Enum>(i);
    }
  }
  refuse_member(key, "has a name that is not known");
}

template <class Enum>
Enum named_in(const Json& json, const char* key, Enum last, Enum otherwise) {
  const Json* value = member(json, key);
  return value == nullptr ? otherwise : named(*value, key, last);
}

const Json& object_in(const Json& json, const char* key) {
  static const Json none = Json::object();
  const Json* value = member(json, key);
  if (value == nullptr) return none;
  if (!value->is_object()) refuse_member(key, "is no object");
  return *value;
}

States states_in(const Json& json) {
  const Json& state = object_in(json, "state");
  return {named_in(state, "client", State::time_wait, State::unknown),
          named_in(state, "server", State::time_wait, State::unknown)};
}

std::optional<SegmentFacts> facts_in(const Json& json) {
  if (member(json, "analysis") == nullptr) return std::nullopt;
  const Json& told = object_in(json, "analysis");
  SegmentFacts facts;
  facts.kind = named_in(told, "kind", SegmentKind::challenge_ack, SegmentKind::ordinary);
  facts.new_bytes = number_in<std::uint64_t>(told, "new_bytes");
  facts.in_flight = number_in<std::uint64_t>(told, "in_flight");
  if (member(told, "rtt_ns") != nullptr) facts.rtt = time_in(told, "rtt_ns");
  facts.unseen_before = number_in<std::uint64_t>(told, "unseen_before");
  facts.window_full = flag_in(told, "window_full", false);
  facts.acks_unseen = flag_in(told, "acks_unseen", false);
  facts.ports_reused = flag_in(told, "ports_reused", false);
  return facts;
}

std::optional<Congestion> congestion_in(const Json& json, const char* end) {
  const Json& told = object_in(json, "congestion");
  if (member(told, end) == nullptr) return std::nullopt;
  const Json& side = object_in(told, end);
  return Congestion{number_in<std::uint32_t>(side, "cwnd"), number_in<std::uint32_t>(side, "ssthresh"),
                    time_in(side, "srtt_ns")};
}

void read_side_states(const Json& state, const char* side, State& at_sending, State& after) {
  const Json* pair = member(state, side);
  if (pair == nullptr) return;
  if (!pair->is_array() || pair->size() != 2) refuse_member(side, "is no pair of states");
  at_sending = named((*pair)[0], side, State::time_wait);
  after = named((*pair)[1], side, State::time_wait);
}

Begin begin_in(const Json& json) {
  if (text_in(json, "format") != "loquat.wire/1") refuse_member("format", "is not loquat.wire/1");
  Begin begin;
  begin.scenario = text_in(json, "scenario");
  begin.title = both_in(json, "title");
  begin.system = text_in(json, "system");
  begin.client = text_in(json, "client");
  begin.server = text_in(json, "server");
  begin.source = named_in(json, "source", Source::recorded, Source::kernel);
  begin.frames = named_in(json, "frames", Source::recorded, Source::captured);
  begin.seed = number_in<std::uint64_t>(json, "seed");
  begin.wall_ns = number_in<std::int64_t>(json, "wall_ns");
  return begin;
}

Side direction_in(const Json& json) {
  const std::string text = text_in(json, "dir");
  if (text != "c>s" && text != "s>c") refuse_member("dir", "is neither c>s nor s>c");
  return text == "c>s" ? Side::client : Side::server;
}

Frame frame_in(const Json& json) {
  Frame frame;
  frame.number = number_in<int>(json, "n");
  if (frame.number == 0) refuse_member("n", "is missing");
  frame.from = direction_in(json);
  frame.fate = named_in(json, "fate", Fate::corrupted, Fate::delivered);
  frame.sent = time_in(json, "t_ns");
  frame.delivered = time_in(json, frame.fate == Fate::dropped ? "dropped_ns" : "delivered_ns");
  frame.bytes = bytes_in(json, "bytes");
  frame.arrived = bytes_in(json, "arrived");
  frame.link =
      static_cast<codec::LinkType>(member(json, "link") == nullptr ? 1 : number_in<std::uint16_t>(json, "link"));
  const Json& state = object_in(json, "state");
  read_side_states(state, "client", frame.at_sending.client, frame.after.client);
  read_side_states(state, "server", frame.at_sending.server, frame.after.server);
  frame.copy_of = number_in<int>(json, "copy_of");
  frame.by_wire = flag_in(json, "by_wire", false);
  frame.retransmission_of = number_in<int>(json, "retransmission_of");
  frame.facts = facts_in(json);
  frame.sender = congestion_in(json, "sender");
  frame.receiver = congestion_in(json, "receiver");
  if (member(json, "source") != nullptr) frame.source = named_in(json, "source", Source::recorded, Source::captured);
  frame.why = both_in(json, "why");
  return frame;
}

Counters counters_in(const Json& json) {
  Counters counters{.side = named_in(json, "side", Side::server, Side::client)};
  for (const auto& [counter, value] : object_in(json, "moved").items()) {
    if (!value.is_number_integer()) refuse_member("moved", "holds what is no number");
    counters.moved[counter] = value.get<std::int64_t>();
  }
  return counters;
}

std::optional<Row> row_in(const Json& json) {
  const std::string type = text_in(json, "type");
  if (type == "begin") return begin_in(json);
  if (type == "segment" || type == "frame") return frame_in(json);
  if (type == "app") {
    const Side side = named_in(json, "side", Side::server, Side::client);
    return Action{time_in(json, "t_ns"), side, both_in(json, "text"), states_in(json)};
  }
  if (type == "note") return Note{time_in(json, "t_ns"), both_in(json, "text"), text_in(json, "tls_keys")};
  if (type == "counters") return counters_in(json);
  if (type == "end")
    return End{time_in(json, "t_ns"), states_in(json), flag_in(json, "as_specified", true), both_in(json, "text")};
  if (type.empty()) refuse_member("type", "is missing");
  return std::nullopt;
}

// Before the parser may build it.
void check_depth(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '{' || c == '[') && ++depth > deepest) throw TraceError("is nested too deep");
    if (!quoted && (c == '}' || c == ']')) --depth;
  }
}

}  // namespace

bool begins_as_recording(std::string_view bytes) noexcept {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '{';
}

std::optional<Row> read_row(std::string_view line) {
  if (line.size() > max_row) throw TraceError("is longer than 8 MiB");
  check_depth(line);
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) throw TraceError("is no JSON object");
  return row_in(json);
}

Trace read_trace(std::string_view text) {
  Trace trace;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      if (auto row = read_row(line)) trace.push_back(std::move(*row));
    } catch (const TraceError& e) {
      throw TraceError("line " + std::to_string(number) + ": " + e.what());
    }
    if (trace.empty() || !std::holds_alternative<Begin>(trace.front()))
      throw TraceError("line " + std::to_string(number) + ": a recording begins with \"type\":\"begin\"");
  }
  if (trace.empty()) throw TraceError("the recording is empty");
  return trace;
}

}  // namespace loquat::wire
