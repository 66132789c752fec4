// `loquat wire follow`: what both ends of a captured connection said.
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "capture_file.h"
#include "codec/text/hex.h"
#include "codec/text/utf8.h"
#include "wire/capture/followed_stream.h"
#include "wire/show/hex_dump.h"
#include "wire/text/cells.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

struct FollowChoice {
  std::string file, from;
  std::optional<std::size_t> stream;
  WireOutputOptions output;
};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Whether people would rather read it than its hexadecimal digits.
bool is_readable(std::string_view bytes) {
  const auto controls = std::count_if(bytes.begin(), bytes.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 32 && std::string_view("\t\r\n\x1b").find(c) == std::string_view::npos);
  });
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  for (int i = 0; i < 3 && !bytes.empty() && is_continuation(bytes.front()); ++i) bytes.remove_prefix(1);
  bytes.remove_suffix(codec::utf8_unfinished(bytes));  // a turn may end and begin inside a character
  return codec::is_utf8(bytes) && controls * 10 <= static_cast<std::ptrdiff_t>(bytes.size());
}

// Both have a line end each.
std::string text_lines(std::string_view bytes, bool ascii) {
  std::string lines;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n') + 1);  // npos + 1: all of it
    const std::string_view next = line.empty() ? bytes : line;
    lines += wire::escape(next, ascii) + "\n";
    bytes.remove_prefix(next.size());
  }
  return lines;
}
std::string hex_lines(std::string_view bytes) { return wire::hex_dump(bytes_of(bytes), {}, {}); }

class FollowText {
 public:
  FollowText(const FollowChoice& options, wire::Language language)
      : language_(language), hex_(options.output.format == "hex"), ascii_(options.output.ascii) {
    colour_ = options.output.file.empty() && wire_colour(stdout);
  }

  std::string of(const wire::Turn& turn) const {
    const bool client = turn.from == wire::Side::client;
    std::string out;
    if (turn.missing > 0) out += fmt::format("{}\n", in(language_, wire::texts::follow_missing(turn.missing)));
    if (turn.bytes.empty()) return out;
    const auto& heading = client ? wire::texts::follow_client : wire::texts::follow_server;
    const std::size_t size = turn.bytes.size();
    out += fmt::format("{}\n", in(language_, heading(turn.frame, turn.at, size)));
    const std::string lines = hex_ || !is_readable(turn.bytes) ? hex_lines(turn.bytes) : text_lines(turn.bytes, ascii_);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      out += fmt::format("{}{} {}{}\n", colour_ ? wire::layer_colour(client ? 0 : 2) : "", client ? '>' : '<',
                         std::string_view(lines).substr(at, end - at), colour_ ? wire::no_colour : "");
      at = end + 1;
    }
    return out;
  }

 private:
  wire::Language language_;
  bool hex_, ascii_, colour_ = false;
};

std::string turn_as_json(const wire::Turn& turn) {
  return wire::json_object([&](wire::JsonObject& json) {
           json.put("from", turn.from == wire::Side::client ? "client" : "server").put("n", turn.frame);
           json.put("t_ns", turn.at.count()).put("pos", turn.position).put("missing", turn.missing);
           json.put("len", turn.bytes.size()).put("bytes", codec::to_hex(bytes_of(turn.bytes)));
         }) +
         "\n";
}

void check_raw(const FollowChoice& options, wire::Language language) {
  if (options.from.empty()) throw failure(language, wire::texts::follow_raw_from);
  if (options.output.file.empty() && ::isatty(STDOUT_FILENO) != 0)
    throw failure(language, wire::texts::follow_raw_terminal);
}

// False if bytes are missing from what was written as it is.
bool write_turns(const wire::FollowedStream& followed, const FollowChoice& options, wire::Language language) {
  const std::string& format = options.output.format;
  const FollowText text(options, language);
  WireOutputOptions as_it_is = options.output;
  as_it_is.format = "json";  // no trace is to be drawn
  WireOutput output(as_it_is);
  std::uint64_t missing = 0;
  for (const wire::Turn& turn : followed.turns) {
    if (!options.from.empty() && (turn.from == wire::Side::client) != (options.from == "client")) continue;
    output.say(format == "raw" ? turn.bytes : format == "json" ? turn_as_json(turn) : text.of(turn));
    if (format == "raw" && turn.missing > 0)
      fmt::print(stderr, "loquat: {}\n",
                 in(language, wire::texts::follow_raw_missing(turn.missing, turn.position - turn.missing)));
    missing += turn.missing;
  }
  output.finish();
  return format != "raw" || missing == 0;
}

int run_follow(const FollowChoice& options) {
  const wire::Language language = wire_language(options.output.language);
  if (options.output.format == "raw") check_raw(options, language);
  const CaptureFile file(options.file);
  const wire::Trace trace = file.trace(chosen_stream(file, options.stream, language));
  const wire::FollowedStream followed = wire::follow_stream(trace);
  const bool whole = write_turns(followed, options, language);
  for (const auto& each : followed.changes)
    fmt::print(stderr, "loquat: {}\n", in(language, wire::texts::follow_changed(each.frame)));
  if (followed.turns.empty())
    fmt::print(stderr, "loquat: {}\n", in(language, wire::texts::follow_silent(file.input.name())));
  return whole ? 0 : 1;
}

}  // namespace

void add_wire_follow(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<FollowChoice>();
  CLI::App* command = wire.add_subcommand("follow", "what both ends of a captured connection said, in turns");
  command->add_option("FILE", options->file, "pcap or pcapng, also packed with gzip")->required();
  command->add_option("--from", options->from, "only what this end sent: client or server")
      ->check(CLI::IsMember({"client", "server"}));
  command->add_option("--stream", options->stream, "the number of the connection, if there are several")
      ->type_name("N");
  add_wire_output(*command, options->output, {"text", "hex", "json", "raw"});
  command->footer(
      "Each byte stands once and in order, however often and in whatever order it was sent; what the capture lacks is "
      "named.\n"
      "Examples:\n"
      "  loquat wire follow file.pcapng\n"
      "  loquat wire follow file.pcapng --stream 3 --from server --format raw -o answer.bin\n"
      "raw is what --from sent, as it is. Exit status 1: some of it is not in the capture.");
  command->callback([options, &chosen] { chosen = [options] { return run_follow(*options); }; });
}

}  // namespace loquat::tool
