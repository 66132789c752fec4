#include <charconv>

#include "codec/text/hex.h"
#include "wire/show/field_labels.h"
#include "wire/show/layers.h"
#include "wire/text/json_text.h"

namespace loquat::wire {
namespace {

// Appends members of one object: "name":value, with commas between.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    member(name);
    append_json(out_, value);
  }
  void both(std::string_view name, const Text& value) {
    text(name, value.en);
    if (value.zh.empty()) return;
    member(name, "_zh");
    append_json(out_, value.zh);
  }
  template <class Number>
  void number(std::string_view name, Number value) {
    member(name);
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void truth(std::string_view name, bool value) {
    member(name);
    out_ += value ? "true" : "false";
  }
  std::string& member(std::string_view name, std::string_view more = {}) {
    if (out_.back() != '{') out_ += ',';
    return ((((out_ += '"') += name) += more) += "\":");
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

void append_field(std::string& out, const codec::Field& field) {
  ObjectWriter object(out);
  object.text("name", field.name);
  object.text("label", field.label);
  if (const std::string_view zh = chinese_label(field.label); !zh.empty()) object.text("label_zh", zh);
  object.text("value", field.value);
  object.number("bit_offset", field.bit_offset);
  object.number("bit_length", field.bit_length);
  object.end();
}

void append_layer(std::string& out, const codec::Layer& layer) {
  ObjectWriter object(out);
  object.text("name", layer.name);
  object.number("osi", layer.osi);
  object.text("summary", layer.summary);
  object.number("bit_offset", layer.offset * 8);
  object.number("bit_length", layer.length * 8);
  object.truth("quoted", layer.quoted);
  object.truth("cut", layer.cut);
  object.member("fields") += '[';
  for (const codec::Field& field : layer.fields) {
    if (out.back() != '[') out += ',';
    append_field(out, field);
  }
  out += ']';
  object.end();
}

void append_row(std::string& out, const OsiRow& row) {
  ObjectWriter object(out);
  object.number("layer", row.layer);
  object.both("name", row.name);
  object.both("tcpip", row.tcpip);
  object.both("says", row.says);
  object.number("bit_offset", row.offset * 8);
  object.number("bit_length", row.length * 8);
  object.end();
}

}  // namespace

std::string layers_json(const LayersFrame& frame) {
  const codec::Packet packet = codec::dissect(frame.bytes, frame.link, frame.application);
  std::string out;
  out.reserve(8192 + 2 * frame.bytes.size());
  ObjectWriter object(out);
  object.text("type", "layers");
  if (frame.number != 0) object.number("n", frame.number);
  if (frame.time_ns) object.number("time_ns", *frame.time_ns);
  if (!frame.interface.empty()) object.text("interface", frame.interface);
  if (!frame.comment.empty()) object.both("comment", frame.comment);
  object.number("link", static_cast<int>(frame.link));
  object.number("length", frame.original_length == 0 ? frame.bytes.size() : frame.original_length);
  object.number("captured", frame.bytes.size());
  object.member("bytes") += '"';
  codec::append_hex(out, frame.bytes);
  out += '"';
  object.member("osi") += '[';
  for (const OsiRow& row : osi_rows(packet, frame)) {
    if (out.back() != '[') out += ',';
    append_row(out, row);
  }
  out += ']';
  object.member("layers") += '[';
  for (const codec::Layer& layer : packet.layers) {
    if (out.back() != '[') out += ',';
    append_layer(out, layer);
  }
  out += ']';
  object.end();
  return out;
}

}  // namespace loquat::wire
