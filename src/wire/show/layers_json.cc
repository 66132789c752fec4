#include "codec/text/hex.h"
#include "wire/show/field_labels.h"
#include "wire/show/layers.h"
#include "wire/text/json_writer.h"

namespace loquat::wire {
namespace {

void write_field(JsonObject json, const codec::Field& field) {
  json.put("name", field.name).put("label", field.label);
  if (const std::string_view zh = chinese_label(field.label); !zh.empty()) json.put("label_zh", zh);
  json.put("value", field.value).put("bit_offset", field.bit_offset).put("bit_length", field.bit_length);
}

void write_layer(JsonObject json, const codec::Layer& layer) {
  json.put("name", layer.name).put("osi", layer.osi).put("summary", layer.summary);
  json.put("bit_offset", layer.offset * 8).put("bit_length", layer.length * 8);
  json.put("quoted", layer.quoted).put("cut", layer.cut);
  json.list("fields", layer.fields, write_field);
}

void write_row(JsonObject json, const OsiRow& row) {
  json.put("layer", row.layer).put("name", row.name).put("tcpip", row.tcpip).put("says", row.says);
  json.put("bit_offset", row.offset * 8).put("bit_length", row.length * 8);
}

void write_frame(JsonObject json, const LayersFrame& frame) {
  const codec::Packet packet = codec::dissect(frame.bytes, frame.link, frame.application);
  json.put("type", "layers");
  if (frame.number != 0) json.put("n", frame.number);
  if (frame.time_ns) json.put("time_ns", *frame.time_ns);
  if (!frame.interface.empty()) json.put("interface", frame.interface);
  if (!frame.comment.empty()) json.put("comment", frame.comment);
  json.put("link", static_cast<int>(frame.link));
  json.put("length", frame.original_length == 0 ? frame.bytes.size() : frame.original_length);
  json.put("captured", frame.bytes.size());
  std::string& out = json.member("bytes") += '"';
  codec::append_hex(out, frame.bytes);
  out += '"';
  json.list("osi", osi_rows(packet, frame), write_row).list("layers", packet.layers, write_layer);
}

}  // namespace

std::string layers_json(const LayersFrame& frame) {
  std::string out;
  out.reserve(8192 + 2 * frame.bytes.size());
  write_frame(JsonObject(out), frame);
  return out;
}

}  // namespace loquat::wire
