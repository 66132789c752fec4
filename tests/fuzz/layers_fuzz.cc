// The layers view: for any frame, text is UTF-8 without control characters, and JSON is valid. The input has the form
// of packet_fuzz.cc's, and is also read as a file of frames.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/text/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "wire/show/layers.h"
#include "wire/trace/frame_reader.h"

using namespace loquat;
using namespace loquat::wire;
using fuzz::check;

namespace {

void check_text(const std::string& text) {
  check(codec::is_utf8(text), "text is UTF-8");
  for (char c : text) check(static_cast<unsigned char>(c) >= 32 || c == '\n', "text has no control character");
}

void show(const LayersFrame& frame) {
  check_text(layers_text(frame, {}));
  check_text(layers_text(frame, {.language = Language::zh, .ascii = true, .field = "tcp"}));
  check_text(layers_line(frame, {}));
  layers_text(frame, {.colour = true, .field = "ip.addr"});
  const auto json = nlohmann::json::parse(layers_json(frame), nullptr, false);
  check(json.is_object() && json["osi"].size() == 7, "JSON is JSON, with seven rows");
}

void read_file(std::string_view file) {
  FrameReader whole, pieces;
  whole.feed(std::as_bytes(std::span(file)));
  whole.end();
  int frames = 0, again = 0;
  while (const auto frame = whole.next()) {
    if (++frames <= 3) show(*frame);
  }
  fuzz::in_pieces(file, [&](std::string_view piece) {
    pieces.feed(std::as_bytes(std::span(piece)));
    while (pieces.next()) ++again;
  });
  pieces.end();
  while (pieces.next()) ++again;
  check(frames == again && whole.error() == pieces.error(), "pieces change nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 70000) return 0;
  const auto text = std::string(fuzz::text(data, size));
  const auto all = std::as_bytes(std::span(data, size));
  show({.bytes = all.subspan(1),
        .link = static_cast<codec::LinkType>(data[0] & 1 ? 101 : 1),
        .interface = text,
        .comment = {text, ""}});
  read_file(text);
  return 0;
}
