#include "wire/capture/capture_trace.h"

#include <algorithm>

namespace loquat::wire {
namespace {

// Calls `each(packet)` for all packets; the reader is then at the end of the file.
template <class Each>
void read_packets(codec::CaptureReader& reader, std::span<const std::byte> file, Each each) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  while (!file.empty()) {
    const auto next = file.first(std::min(piece, file.size()));
    file = file.subspan(next.size());
    reader.feed(next);
    while (const auto packet = reader.next()) each(*packet);
    if (!reader.error().empty()) return;
  }
}

}  // namespace

CaptureContents capture_contents(std::span<const std::byte> file) {
  CaptureContents contents;
  codec::CaptureReader reader;
  Tracker tracker;
  read_packets(reader, file, [&](const codec::CapturedPacket& packet) {
    if (!tracker.add(packet).connection) ++contents.without_tcp;
  });
  contents.connections = tracker.connections();
  contents.frames = tracker.frames();
  contents.unordered = tracker.unordered();
  contents.problem = reader.error().empty() ? reader.missing() : reader.error();
  for (const auto& interface : reader.interfaces()) {
    if (interface.dropped) contents.dropped = contents.dropped.value_or(0) + *interface.dropped;
  }
  return contents;
}

std::string capture_place(const codec::CaptureReader& reader) {
  std::string place;
  for (const auto& interface : reader.interfaces()) {
    if (interface.name.empty() && interface.description.empty()) continue;
    if (!place.empty()) place += "; ";
    place += interface.name;
    if (!interface.description.empty()) (place += interface.name.empty() ? "" : ": ") += interface.description;
    if (place.size() > 400) break;
  }
  return place;
}

Trace capture_trace(std::span<const std::byte> file, const std::string& name, std::optional<std::size_t> stream) {
  SynAnswers answers;
  codec::CaptureReader ahead;
  read_packets(ahead, file, [&](const codec::CapturedPacket& packet) { answers.add(packet); });
  const bool all = !stream || answers.connections() < 2;

  Trace trace = {Begin{.scenario = name, .system = capture_place(ahead), .source = Source::inferred}};
  Tracker tracker(&answers);
  codec::CaptureReader reader;
  std::optional<std::size_t> shown;  // the first connection of the trace
  read_packets(reader, file, [&](const codec::CapturedPacket& packet) {
    auto seen = tracker.add(packet);
    if (seen.connection ? stream.value_or(*seen.connection) != *seen.connection : !all) return;
    if (!shown) shown = seen.connection;
    trace.emplace_back(std::move(seen.frame));
  });

  auto& begin = std::get<Begin>(trace.front());
  begin.wall_ns = tracker.first_ns();
  if (!shown) return trace;
  const TrackedConnection& connection = tracker.connections()[*shown];
  if (stream || tracker.connections().size() == 1) {
    begin.client = connection.client.text();
    begin.server = connection.server.text();
  }
  const auto& last = std::get<Frame>(trace.back());
  trace.emplace_back(End{.at = last.delivered, .states = connection.states});
  return trace;
}

}  // namespace loquat::wire
