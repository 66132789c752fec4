#include <optional>

#include "codec/network/segment.h"
#include "codec/text/hex.h"
#include "wire/text/json_writer.h"
#include "wire/trace/frame_text.h"
#include "wire/trace/json_rows.h"

namespace loquat::wire {
namespace {

void put_text(JsonObject& json, std::string_view name, const Text& text) {
  if (!text.en.empty() || !text.zh.empty()) json.put(name, text);
}

void put_states(JsonObject json, const States& states, Source source) {
  json.put("client", name(states.client)).put("server", name(states.server)).put("source", name(source));
}

// A frame's number, which is not 0.
std::optional<int> number_or_null(int number) { return number == 0 ? std::nullopt : std::optional(number); }

void put_flags(JsonArray list, std::uint16_t flags) {
  const std::string names = flags == 0 ? "" : codec::flag_names(flags);
  for (std::string_view left = names; !left.empty();) {
    const std::string_view flag = left.substr(0, left.find(','));
    list.add(flag);
    left.remove_prefix(std::min(left.size(), flag.size() + 1));
  }
}

void put_options(JsonObject json, const codec::TcpOptions& options) {
  if (options.mss) json.put("mss", *options.mss);
  if (options.window_scale) json.put("ws", *options.window_scale);
  if (options.sack_permitted) json.put("sackok", true);
  if (options.timestamps) json.put("tsval", options.timestamps->value).put("tsecr", options.timestamps->echo);
  if (options.sack_count == 0) return;
  JsonArray sack = json.array("sack");
  for (const auto& block : options.sack()) sack.array().add(block.left).add(block.right);
}

void put_segment(JsonObject& json, const codec::Segment& segment, const Numbers& numbers) {
  json.put("src", segment.source.text()).put("dst", segment.destination.text());
  put_flags(json.array("flags"), segment.flags);
  json.put("seq", numbers.seq).put("ack", numbers.ack).put("seq_raw", segment.seq).put("ack_raw", segment.ack);
  json.put("len", segment.length).put("win_raw", segment.window).put("win", numbers.window);
  put_options(json.object("opts"), segment.options);
}

void put_facts(JsonObject json, const SegmentFacts& facts) {
  if (facts.kind != SegmentKind::ordinary) json.put("kind", name(facts.kind));
  if (facts.new_bytes > 0) json.put("new_bytes", facts.new_bytes);
  if (facts.in_flight > 0) json.put("in_flight", facts.in_flight);
  if (facts.rtt) json.put("rtt_ns", facts.rtt->count());
  if (facts.unseen_before > 0) json.put("unseen_before", facts.unseen_before);
  if (facts.window_full) json.put("window_full", true);
  if (facts.acks_unseen) json.put("acks_unseen", true);
  if (facts.ports_reused) json.put("ports_reused", true);
}

void put_fate(JsonObject& json, const Frame& frame) {
  const bool arrived = frame.fate == Fate::delivered || frame.fate == Fate::corrupted;
  json.put("n", frame.number).put("t_ns", frame.sent.count());
  json.put("delivered_ns", arrived ? std::optional(frame.delivered.count()) : std::nullopt);
  if (frame.fate == Fate::dropped) json.put("dropped_ns", frame.delivered.count());
  json.put("dir", frame.from == Side::client ? "c>s" : "s>c").put("fate", name(frame.fate));
  json.put("copy_of", number_or_null(frame.copy_of));
  if (frame.by_wire) json.put("by_wire", true);
}

void put_states(JsonObject json, const Frame& frame, Source source) {
  json.array("client").add(name(frame.at_sending.client)).add(name(frame.after.client));
  json.array("server").add(name(frame.at_sending.server)).add(name(frame.after.server));
  json.put("source", name(source));
}

void put_congestion(JsonObject json, const Congestion& congestion) {
  json.put("cwnd", congestion.window);
  if (congestion.threshold > 0) json.put("ssthresh", congestion.threshold);
  if (congestion.round_trip > Duration::zero()) json.put("srtt_ns", congestion.round_trip.count());
}

void put_congestion(JsonObject json, const Frame& frame) {
  if (frame.sender) put_congestion(json.object("sender"), *frame.sender);
  if (frame.receiver) put_congestion(json.object("receiver"), *frame.receiver);
}

// Puts the members of a row. `states` and `frames`: where those come from, as the last Begin said.
struct RowWriter {
  JsonObject& json;
  Numbering& numbering;
  Source states, frames;

  void operator()(const Begin& begin) const {
    json.put("type", "begin").put("format", "loquat.wire/1").put("scenario", begin.scenario);
    put_text(json, "title", begin.title);
    json.put("system", begin.system).put("client", begin.client).put("server", begin.server);
    json.put("source", name(begin.source)).put("frames", name(begin.frames));
    json.put("seed", begin.seed).put("wall_ns", begin.wall_ns);
  }
  void operator()(const Frame& frame) const {
    const auto segment = codec::find_segment(frame.bytes, frame.link);
    json.put("type", segment ? "segment" : "frame");
    put_fate(json, frame);
    if (segment)
      put_segment(json, *segment, numbering.add(*segment));
    else
      json.put("summary", frame_summary(frame));
    json.put("retransmission_of", number_or_null(frame.retransmission_of));
    if (frame.facts) put_facts(json.object("analysis"), *frame.facts);
    put_states(json.object("state"), frame, states);
    if (frame.sender || frame.receiver) put_congestion(json.object("congestion"), frame);
    json.put("source", name(frame.source.value_or(frames)));
    if (frame.link != codec::LinkType::ethernet) json.put("link", static_cast<unsigned>(frame.link));
    json.put("bytes", codec::to_hex(frame.bytes));
    if (frame.fate == Fate::corrupted) json.put("arrived", codec::to_hex(frame.arrived));
    put_text(json, "why", frame.why);
  }
  void operator()(const Action& action) const {
    json.put("type", "app").put("t_ns", action.at.count()).put("side", name(action.side));
    put_text(json, "text", action.text);
    put_states(json.object("state"), action.after, states);
  }
  void operator()(const Note& note) const {
    json.put("type", "note").put("t_ns", note.at.count());
    put_text(json, "text", note.text);
    if (!note.tls_keys.empty()) json.put("tls_keys", note.tls_keys);
  }
  void operator()(const Counters& counters) const {
    json.put("type", "counters").put("side", name(counters.side));
    JsonObject moved = json.object("moved");
    for (const auto& [counter, by] : counters.moved) moved.put_any(counter, by);
  }
  void operator()(const End& end) const {
    json.put("type", "end").put("t_ns", end.at.count());
    put_states(json.object("state"), end.states, states);
    json.put("as_specified", end.as_specified);
    put_text(json, "text", end.text);
  }
};

}  // namespace

std::string TraceWriter::line(const Row& row) {
  if (const auto* begin = std::get_if<Begin>(&row)) {
    states_ = begin->source;
    frames_ = begin->frames;
  }
  return json_object([&](JsonObject& json) { std::visit(RowWriter{json, numbering_, states_, frames_}, row); });
}

}  // namespace loquat::wire
