// `loquat wire graph`: a connection over time, of a capture or a recording of the lab.
#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "capture_file.h"
#include "wire/show/graph.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

struct GraphChoice {
  std::string file, kind = "sequence", from;
  std::optional<std::size_t> stream;
  WireOutputOptions output;
};

constexpr std::array graph_kinds = {wire::GraphKind::sequence, wire::GraphKind::flight, wire::GraphKind::rtt,
                                    wire::GraphKind::cwnd};

// All points, whatever the kind: a line each.
std::string points_as_json(const wire::Graph& graph) {
  std::string out;
  for (const auto& each : graph.sent) {
    out += wire::json_object([&](wire::JsonObject& json) {
      json.put("type", "sent").put("t_ns", each.at.count()).put("seq", each.from).put("len", each.to - each.from);
      json.put("in_flight", each.in_flight).put("kind", name(each.kind)).put("lost", each.lost);
    });
    out += "\n";
  }
  for (const auto& each : graph.acked) {
    out += wire::json_object([&](wire::JsonObject& json) {
      json.put("type", "ack").put("t_ns", each.at.count()).put("ack", each.ack).put("window_end", each.window_end);
      json.put("rtt_ns", each.rtt ? std::optional(each.rtt->count()) : std::nullopt);
    });
    out += "\n";
  }
  for (const auto& each : graph.controlled) {
    out += wire::json_object([&](wire::JsonObject& json) {
      json.put("type", "congestion").put("t_ns", each.at.count()).put("cwnd", each.congestion.window);
      if (each.congestion.threshold > 0) json.put("ssthresh", each.congestion.threshold);
      if (each.congestion.round_trip > Duration::zero()) json.put("srtt_ns", each.congestion.round_trip.count());
    });
    out += "\n";
  }
  return out;
}

wire::Side sender_of(const GraphChoice& options, const wire::TrackedConnection& connection) {
  if (!options.from.empty()) return options.from == "client" ? wire::Side::client : wire::Side::server;
  return connection.bytes[0] >= connection.bytes[1] ? wire::Side::client : wire::Side::server;
}

int run_graph(const GraphChoice& options) {
  const wire::Language language = wire_language(options.output.language);
  const CaptureFile file(options.file);
  const std::size_t stream = chosen_stream(file, options.stream, language);
  const wire::Side from = sender_of(options, file.contents.connections[stream]);
  const auto graph = wire::graph_of(file.trace(stream, from), from);
  const auto kind =
      *std::find_if(graph_kinds.begin(), graph_kinds.end(), [&](auto each) { return name(each) == options.kind; });
  if (kind == wire::GraphKind::cwnd && graph.controlled.empty())
    throw failure(language, wire::texts::graph_has_no_cwnd(file.input.name()));
  WireOutputOptions as_it_is = options.output;
  as_it_is.format = "json";  // no trace is to be drawn
  WireOutput output(as_it_is);
  if (options.output.format == "json") {
    output.say(points_as_json(graph));
  } else if (options.output.format == "svg") {
    output.say(graph_svg(graph, kind, language));
  } else {
    const bool plain = options.output.ascii;
    output.say(draw_graph(
        graph, kind, {.width = wire_width(stdout), .ascii = plain, .language = plain ? wire::Language::en : language}));
  }
  output.finish();
  return 0;
}

}  // namespace

void add_wire_graph(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<GraphChoice>();
  CLI::App* command =
      wire.add_subcommand("graph", "draw a connection over time: sequence numbers, windows, losses, round trips");
  command
      ->add_option("FILE", options->file,
                   "pcap, pcapng or a trace of `loquat wire`, also packed with gzip; - is standard input")
      ->required();
  command
      ->add_option("--kind", options->kind,
                   "sequence (as tcptrace's), flight (bytes in flight), rtt (round trips) or cwnd (congestion window: "
                   "traces only)")
      ->check(CLI::IsMember({"sequence", "flight", "rtt", "cwnd"}));
  command->add_option("--from", options->from, "whose data: client or server (default: who sent more)")
      ->check(CLI::IsMember({"client", "server"}));
  command->add_option("--stream", options->stream, "the number of the connection, if there are several")
      ->type_name("N");
  add_wire_output(*command, options->output, {"text", "svg", "json"});
  command->footer(
      "Examples:\n"
      "  loquat wire graph file.pcapng\n"
      "  loquat wire graph file.pcapng --kind rtt --format svg -o rtt.svg\n"
      "  loquat wire play slow-start --format json | loquat wire graph - --kind cwnd\n"
      "Bytes in flight come near the congestion window of a sender that has enough to send. JSON has the points of all "
      "kinds.");
  command->callback([options, &chosen] { chosen = [options] { return run_graph(*options); }; });
}

}  // namespace loquat::tool
