// Traces from any input: follows a capture, reads a recording, and draws the result. No control character passes, lines
// fit, and what is written as JSON is read back unchanged.
#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "codec/text/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "wire/capture/capture_trace.h"
#include "wire/capture/followed_stream.h"
#include "wire/show/graph.h"
#include "wire/show/html.h"
#include "wire/show/ladder.h"
#include "wire/text/cells.h"
#include "wire/trace/json_rows.h"

using namespace loquat::wire;
using fuzz::check;

namespace {

bool harmless(std::string_view text) {
  return loquat::codec::is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 32 && c != '\n') || c == 127; });
}

std::string json(const Trace& trace) {
  TraceWriter writer;
  std::string text;
  for (const Row& row : trace) (text += writer.line(row)) += '\n';
  return text;
}

void look_at(const Trace& trace) {
  for (const bool ascii : {false, true}) {
    const std::string text = draw(trace, {.width = 80, .ascii = ascii});
    check(harmless(text), "a ladder holds nothing that a terminal obeys");
    for (const auto& line : wrap_cells(text, 100'000)) check(cells(line) <= 90, "a line of a ladder fits");
  }
  check(harmless(html(trace, Language::zh)), "a page is text");
  if (trace.empty() || !std::holds_alternative<Begin>(trace.front())) return;
  const std::string once = json(trace);
  check(json(read_trace(once)) == once, "a trace comes back as it was");
}

// What follow_stream() and graph_of() make of one connection.
void look_at_connection(const Trace& trace) {
  std::array<std::uint64_t, 2> read{};  // by Side
  for (const Turn& turn : follow_stream(trace).turns) {
    std::uint64_t& position = read[static_cast<std::size_t>(turn.from)];
    check(turn.position == position + turn.missing, "turns follow each other without a gap that is not told");
    position = turn.position + turn.bytes.size();
  }
  for (const Side from : {Side::client, Side::server}) {
    const Graph graph = graph_of(trace, from);
    for (const GraphKind kind : {GraphKind::sequence, GraphKind::flight, GraphKind::rtt}) {
      check(harmless(draw_graph(graph, kind, {.width = 80})), "a graph holds nothing that a terminal obeys");
      check(harmless(graph_svg(graph, kind, Language::zh)), "a picture is text");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto bytes = std::as_bytes(std::span(data, size));
  if (begins_as_recording(text)) {
    try {
      look_at(read_trace(text));
    } catch (const TraceError&) {
    }
    return 0;
  }
  const CaptureContents contents = capture_contents(bytes);
  look_at(capture_trace(bytes, "fuzz", {}));
  if (contents.connections.empty()) return 0;
  const Trace last = capture_trace(bytes, "fuzz", contents.connections.size() - 1);
  look_at(last);
  look_at_connection(last);
  return 0;
}
