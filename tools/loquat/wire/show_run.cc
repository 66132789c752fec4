#include <algorithm>
#include <cstdio>
#include <string>
#include <variant>

#include <fmt/core.h>

#include "../help/message_text.h"
#include "codec/text/utf8.h"
#include "expectation.h"
#include "input.h"
#include "live.h"
#include "show.h"
#include "wire/capture/capture_trace.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"
#include "wire/trace/json_rows.h"

namespace loquat::tool {
namespace {

using Bytes = std::span<const std::byte>;

constexpr auto patience = std::chrono::milliseconds(300);  // a pipe that is silent for so long is live

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

void complain_of(const WireInput& input, const std::string& problem) {
  if (!problem.empty()) complain(input.name() + ": " + problem);
}

// The exit status: 1 if the trace is not as expected.
int write_rows(const wire::Trace& trace, const WireShowOptions& options) {
  const WireExpectation expectation(options.expect, wire_language(options.output.language));
  write_trace(trace, options.output);
  return expectation.is_met_by(trace) ? 0 : 1;
}

// What was read from a kernel once is a recording now.
wire::Trace recorded(wire::Trace trace) {
  for (wire::Row& row : trace) {
    auto* begin = std::get_if<wire::Begin>(&row);
    if (begin != nullptr && begin->source == wire::Source::kernel) begin->source = wire::Source::recorded;
  }
  return trace;
}

std::string right(std::string_view text, int width) {
  return std::string(static_cast<std::size_t>(std::max(0, width - wire::cells(text))), ' ') + std::string(text);
}

void list_headings(wire::Language language) {
  const auto word = [&](const auto& text) { return in(language, text); };
  fmt::print("{}  {}  {}  {}  {}  {}  {}\n", right(word(wire::texts::column_stream), 6),
             wire::padded(word(wire::texts::column_client), 22), wire::padded(word(wire::texts::column_server), 22),
             right(word(wire::texts::column_frames), 7), right(word(wire::texts::column_bytes_to_server), 11),
             right(word(wire::texts::column_bytes_to_client), 11), word(wire::texts::column_last_states));
}

wire::Text states_and_remarks(const wire::TrackedConnection& c) {
  wire::Text text;
  text.en = fmt::format("{} / {}", name(c.states.client), name(c.states.server));
  const auto add = [&text](const wire::Text& remark) { text = wire::texts::connection_remark(text, remark); };
  if (c.reset) add(wire::texts::connection_reset);
  if (c.retransmissions > 0) add(wire::texts::connection_sent_again(c.retransmissions));
  if (c.answered[0] && c.answered[1]) add(wire::texts::connection_round_trip(*c.answered[0] + *c.answered[1]));
  return text;
}

void list(const WireShowOptions& options, const wire::CaptureContents& contents) {
  const wire::Language language = wire_language(options.output.language);
  list_headings(language);
  std::size_t number = 0;
  for (const wire::TrackedConnection& c : contents.connections)
    fmt::print("{:>6}  {}  {}  {:>7}  {:>11}  {:>11}  {}\n", number++, wire::padded(c.client.text(), 22),
               wire::padded(c.server.text(), 22), c.frames, c.bytes[0], c.bytes[1],
               in(language, states_and_remarks(c)));
  if (contents.without_tcp > 0) fmt::print("{}\n", in(language, wire::texts::frames_without_tcp(contents.without_tcp)));
  fmt::print("{}\n", in(language, wire::texts::ladder_of_one(codec::sanitize_line(options.file))));
}

int show_capture(const WireShowOptions& options, const WireInput& input, Bytes file) {
  const wire::CaptureContents contents = wire::capture_contents(file);
  const wire::Language language = wire_language(options.output.language);
  complain_of(input, contents.problem);
  if (contents.unordered > 0)
    complain_of(input, std::string(in(language, wire::texts::not_in_time_order(contents.unordered))));
  if (contents.dropped.value_or(0) > 0)
    complain_of(input, std::string(in(language, wire::texts::capture_has_gaps(*contents.dropped))));
  if (contents.frames == 0) {
    fmt::print(stderr, "loquat: {}\n", in(language, wire::texts::no_frames(input.name())));
    return contents.problem.empty() ? 0 : 1;
  }
  const std::size_t connections = contents.connections.size();
  if (options.stream && *options.stream >= connections) {
    fmt::print(stderr, "loquat: {}\n",
               in(language, wire::texts::no_such_stream(input.name(), connections, *options.stream)));
    return 1;
  }
  const bool ladder = options.output.format == "text" && options.output.file.empty();
  int status = 0;
  if (ladder && connections > 1 && !options.stream && options.expect.empty())
    list(options, contents);
  else
    status = write_rows(wire::capture_trace(file, input.base_name(), options.stream), options);
  return contents.problem.empty() ? status : 1;
}

int show_live(const WireShowOptions& options, WireInput& input, const std::string& begin) {
  WireLive live(options.output, input.name(), options.stream);
  codec::CaptureReader reader;
  reader.feed(as_bytes(begin));
  for (bool more = true; more;) {
    while (const auto packet = reader.next()) more = live.add(*packet) && more;
    if (!reader.error().empty() || !more) break;
    const Bytes next = input.read();
    more = !next.empty();
    reader.feed(next);
  }
  live.finish({});
  const std::string problem = reader.error().empty() ? reader.missing() : reader.error();
  complain_of(input, problem);
  return problem.empty() ? 0 : 1;
}

}  // namespace

int run_wire_show(const WireShowOptions& options) {
  WireInput input(options.file);
  std::string file;
  for (Bytes next = input.read(); !next.empty(); next = input.read()) {
    file += as_text(next);
    if (options.expect.empty() && input.pauses(patience) && codec::CaptureReader::begins(as_bytes(file)))
      return show_live(options, input, file);
  }
  if (wire::begins_as_recording(file)) {
    try {
      return write_rows(recorded(wire::read_trace(file)), options);
    } catch (const wire::TraceError& e) {
      complain_of(input, e.what());
      return 1;
    }
  }
  return show_capture(options, input, as_bytes(file));
}

}  // namespace loquat::tool
