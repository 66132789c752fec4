#include "codec/network/segment.h"
#include "codec/text/hex.h"
#include "wire/text/json.h"
#include "wire/trace/frame_text.h"
#include "wire/trace/json_rows.h"

namespace loquat::wire {
namespace {

void put_text(OrderedJson& json, const std::string& key, const Text& text) {
  if (text.en.empty() && text.zh.empty()) return;
  json[key] = text.en;
  if (!text.zh.empty()) json[key + "_zh"] = text.zh;
}

OrderedJson states_json(const States& states, Source source) {
  return {{"client", name(states.client)}, {"server", name(states.server)}, {"source", name(source)}};
}

OrderedJson number_or_null(int number) { return number == 0 ? OrderedJson(nullptr) : OrderedJson(number); }

OrderedJson flags_json(std::uint16_t flags) {
  OrderedJson list = OrderedJson::array();
  std::string names = flags == 0 ? "" : codec::flag_names(flags);
  for (std::size_t end = 0; !names.empty(); names.erase(0, end == std::string::npos ? end : end + 1)) {
    end = names.find(',');
    list.push_back(names.substr(0, end));
  }
  return list;
}

OrderedJson options_json(const codec::TcpOptions& options) {
  OrderedJson json = OrderedJson::object();
  if (options.mss) json["mss"] = *options.mss;
  if (options.window_scale) json["ws"] = *options.window_scale;
  if (options.sack_permitted) json["sackok"] = true;
  if (options.timestamps) json["tsval"] = options.timestamps->value, json["tsecr"] = options.timestamps->echo;
  if (options.sack_count > 0) {
    json["sack"] = OrderedJson::array();
    for (const auto& block : options.sack()) json["sack"].push_back({block.left, block.right});
  }
  return json;
}

void put_segment(OrderedJson& json, const codec::Segment& segment, const Numbers& numbers) {
  json["src"] = segment.source.text();
  json["dst"] = segment.destination.text();
  json["flags"] = flags_json(segment.flags);
  json["seq"] = numbers.seq;
  json["ack"] = numbers.ack;
  json["seq_raw"] = segment.seq;
  json["ack_raw"] = segment.ack;
  json["len"] = segment.length;
  json["win_raw"] = segment.window;
  json["win"] = numbers.window;
  json["opts"] = options_json(segment.options);
}

OrderedJson row_json(const Begin& begin) {
  OrderedJson json{{"type", "begin"}, {"format", "loquat.wire/1"}, {"scenario", begin.scenario}};
  put_text(json, "title", begin.title);
  json["system"] = begin.system;
  json["client"] = begin.client;
  json["server"] = begin.server;
  json["source"] = name(begin.source);
  json["frames"] = name(begin.frames);
  json["seed"] = begin.seed;
  json["wall_ns"] = begin.wall_ns;
  return json;
}

void put_fate(OrderedJson& json, const Frame& frame) {
  const bool arrived = frame.fate == Fate::delivered || frame.fate == Fate::corrupted;
  json["n"] = frame.number;
  json["t_ns"] = frame.sent.count();
  json["delivered_ns"] = arrived ? OrderedJson(frame.delivered.count()) : OrderedJson(nullptr);
  if (frame.fate == Fate::dropped) json["dropped_ns"] = frame.delivered.count();
  json["dir"] = frame.from == Side::client ? "c>s" : "s>c";
  json["fate"] = name(frame.fate);
  json["copy_of"] = number_or_null(frame.copy_of);
  if (frame.by_wire) json["by_wire"] = true;
}

OrderedJson both(std::string_view at_sending, std::string_view after) {
  return OrderedJson::array({at_sending, after});
}

OrderedJson row_json(const Frame& frame, Numbering& numbering, Source states, Source frames) {
  const auto segment = codec::find_segment(frame.bytes, frame.link);
  OrderedJson json{{"type", segment ? "segment" : "frame"}};
  put_fate(json, frame);
  if (segment)
    put_segment(json, *segment, numbering.add(*segment));
  else
    json["summary"] = frame_summary(frame);
  json["retransmission_of"] = number_or_null(frame.retransmission_of);
  json["state"] = {{"client", both(name(frame.at_sending.client), name(frame.after.client))},
                   {"server", both(name(frame.at_sending.server), name(frame.after.server))},
                   {"source", name(states)}};
  json["source"] = name(frame.source.value_or(frames));
  if (frame.link != codec::LinkType::ethernet) json["link"] = static_cast<unsigned>(frame.link);
  json["bytes"] = codec::to_hex(frame.bytes);
  if (frame.fate == Fate::corrupted) json["arrived"] = codec::to_hex(frame.arrived);
  put_text(json, "why", frame.why);
  return json;
}

OrderedJson row_json(const Action& action, Source states) {
  OrderedJson json{{"type", "app"}, {"t_ns", action.at.count()}, {"side", name(action.side)}};
  put_text(json, "text", action.text);
  json["state"] = states_json(action.after, states);
  return json;
}

OrderedJson row_json(const Note& note) {
  OrderedJson json{{"type", "note"}, {"t_ns", note.at.count()}};
  put_text(json, "text", note.text);
  if (!note.tls_keys.empty()) json["tls_keys"] = note.tls_keys;
  return json;
}

OrderedJson row_json(const Counters& counters) {
  return {{"type", "counters"}, {"side", name(counters.side)}, {"moved", counters.moved}};
}

OrderedJson row_json(const End& end, Source states) {
  OrderedJson json{{"type", "end"}, {"t_ns", end.at.count()}, {"state", states_json(end.states, states)}};
  json["as_specified"] = end.as_specified;
  put_text(json, "text", end.text);
  return json;
}

}  // namespace

std::string JsonWriter::line(const Row& row) {
  OrderedJson json;
  if (const auto* begin = std::get_if<Begin>(&row)) {
    states_ = begin->source;
    frames_ = begin->frames;
    json = row_json(*begin);
  } else if (const auto* frame = std::get_if<Frame>(&row)) {
    json = row_json(*frame, numbering_, states_, frames_);
  } else if (const auto* action = std::get_if<Action>(&row)) {
    json = row_json(*action, states_);
  } else if (const auto* note = std::get_if<Note>(&row)) {
    json = row_json(*note);
  } else if (const auto* counters = std::get_if<Counters>(&row)) {
    json = row_json(*counters);
  } else {
    json = row_json(std::get<End>(row), states_);
  }
  return one_line(json);
}

}  // namespace loquat::wire
