#include <cstdio>
#include <string>
#include <variant>

#include <fmt/core.h>

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

void complain(const WireInput& input, const std::string& problem) {
  if (!problem.empty()) fmt::print(stderr, "loquat: {}: {}\n", input.name(), codec::sanitize_line(problem));
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

void list(const WireShowOptions& options, const wire::CaptureContents& contents) {
  fmt::print("stream  {:<22}  {:<22}  {:>7}  {:>11}  {:>11}  states at the end\n", "client", "server", "frames",
             "bytes c>s", "bytes s>c");
  std::size_t number = 0;
  for (const wire::TrackedConnection& c : contents.connections) {
    std::string remarks;
    if (c.reset) remarks += ", reset";
    if (c.retransmissions > 0) remarks += fmt::format(", sent again: {}", c.retransmissions);
    if (c.answered[0] && c.answered[1]) remarks += ", RTT " + wire::duration_text(*c.answered[0] + *c.answered[1]);
    fmt::print("{:>6}  {}  {}  {:>7}  {:>11}  {:>11}  {} / {}{}\n", number++, wire::padded(c.client.text(), 22),
               wire::padded(c.server.text(), 22), c.frames, c.bytes[0], c.bytes[1], name(c.states.client),
               name(c.states.server), remarks);
  }
  if (contents.without_tcp > 0) fmt::print("and {} frames without TCP\n", contents.without_tcp);
  fmt::print("The ladder of one of them: loquat wire show {} --stream 0\n", codec::sanitize_line(options.file));
}

int show_capture(const WireShowOptions& options, const WireInput& input, Bytes file) {
  const wire::CaptureContents contents = wire::capture_contents(file);
  complain(input, contents.problem);
  if (contents.dropped.value_or(0) > 0)
    complain(input, fmt::format("{} packets were not captured; what follows has gaps", *contents.dropped));
  if (contents.frames == 0) {
    fmt::print(stderr, "loquat: {} holds no frames\n", input.name());
    return contents.problem.empty() ? 0 : 1;
  }
  const std::size_t connections = contents.connections.size();
  if (options.stream && *options.stream >= connections) {
    fmt::print(stderr, "loquat: {} has {} connections, counted from 0; there is no stream {}\n", input.name(),
               connections, *options.stream);
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
  complain(input, problem);
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
      complain(input, e.what());
      return 1;
    }
  }
  return show_capture(options, input, as_bytes(file));
}

}  // namespace loquat::tool
