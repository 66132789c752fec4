// `loquat wire compare`: one connection, captured at both of its ends.
#include <algorithm>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "capture_file.h"
#include "wire/capture/two_captures.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

struct CompareOptions {
  std::string client, server;
  std::optional<std::size_t> stream;
  WireOutputOptions output;
};

// The connection of `file` that is `wanted`: a NAT may have changed its addresses, a firewall its numbers.
std::size_t same_stream(const CaptureFile& file, const wire::TrackedConnection& wanted, wire::Language language) {
  const auto& all = file.contents.connections;
  const auto find = [&](auto is_same) { return std::find_if(all.begin(), all.end(), is_same); };
  auto found = find([&](const auto& each) {
    return each.first_seq && each.first_seq == wanted.first_seq && each.server.port == wanted.server.port;
  });
  if (found == all.end())
    found = find([&](const auto& each) { return each.first_seq && each.first_seq == wanted.first_seq; });
  if (found == all.end())
    found = find([&](const auto& each) { return each.client == wanted.client && each.server == wanted.server; });
  if (found == all.end() && all.size() == 1) found = all.begin();
  if (found == all.end())
    throw failure(language,
                  wire::texts::no_such_connection(file.input.name(), wanted.client.text(), wanted.server.text()));
  return static_cast<std::size_t>(found - all.begin());
}

int run_compare(const CompareOptions& options) {
  const wire::Language language = wire_language(options.output.language);
  const CaptureFile client(options.client), server(options.server);
  const std::size_t stream = chosen_stream(client, options.stream, language);
  if (server.contents.connections.empty()) throw failure(language, wire::texts::no_tcp(server.input.name()));
  const std::size_t other = same_stream(server, client.contents.connections[stream], language);
  write_trace(wire::join_captures(client.trace(stream), server.trace(other)), options.output);
  return 0;
}

}  // namespace

void add_wire_compare(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = wire.add_subcommand("compare", "lay the captures of both ends of a connection beside each other");
  command->add_option("CLIENT", options->client, "the capture made at the client; pcap, pcapng, also packed with gzip")
      ->required();
  command->add_option("SERVER", options->server, "the capture made at the server")->required();
  command
      ->add_option("--stream", options->stream,
                   "the number of the connection in the client's capture, if it has several")
      ->type_name("N");
  add_wire_output(*command, options->output, wire_formats());
  command->footer(
      "The ladder shows which frame was lost, changed or doubled on the way, and what neither end sent.\n"
      "Examples:\n"
      "  loquat wire compare client.pcapng server.pcapng\n"
      "  loquat wire play loss-fast --pcapng a.pcapng --vantage both; loquat wire compare a.client.pcapng "
      "a.server.pcapng\n"
      "Times are the client's clock; the server's is set so that the shortest ways there and back take equally long.");
  command->callback([options, &chosen] { chosen = [options] { return run_compare(*options); }; });
}

}  // namespace loquat::tool
