// Capture files: splitting the input changes nothing, packets lie inside the input, and what was read can be written
// and read again.
#include <string>
#include <vector>

#include "codec/capture/reader.h"
#include "codec/capture/writer.h"
#include "codec/network/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string;

namespace {

struct Packet {
  CapturedPacket facts;  // without views
  string bytes, comment;
};

struct Read {
  std::vector<Packet> packets;
  std::vector<CaptureInterface> interfaces;
  string error, missing;
};

void take_packets(CaptureReader& reader, Read& out) {
  while (auto packet = reader.next()) {
    check(packet->interface < reader.interfaces().size(), "a packet has an interface");
    check(packet->bytes.size() <= packet->original_length, "no more was kept than there was");
    Packet copy{*packet, string(text_of(packet->bytes)), string(packet->comment)};
    copy.facts.bytes = {};
    copy.facts.comment = {};
    out.packets.push_back(std::move(copy));
  }
}

template <class Pieces>
Read read(std::string_view file, Pieces pieces) {
  CaptureReader reader;
  Read out;
  pieces(file, [&](std::string_view piece) {
    reader.feed(bytes_of(piece));
    take_packets(reader, out);
  });
  out.interfaces.assign(reader.interfaces().begin(), reader.interfaces().end());
  out.error = reader.error();
  out.missing = reader.missing();
  check(out.error.empty() || out.missing.empty(), "an error or an early end, not both");
  return out;
}

void check_same(const Read& a, const Read& b, bool all) {
  check(a.packets.size() == b.packets.size(), "the same packets");
  for (std::size_t i = 0; i < a.packets.size(); ++i) {
    const Packet &x = a.packets[i], &y = b.packets[i];
    check(x.bytes == y.bytes && x.comment == y.comment, "with the same bytes and comments");
    check(x.facts.interface == y.facts.interface && x.facts.link == y.facts.link &&
              x.facts.original_length == y.facts.original_length && x.facts.direction == y.facts.direction,
          "and the same facts");
    check(x.facts.time_ns == y.facts.time_ns || (!all && x.facts.time_ns < 0), "and times");
  }
  if (all) check(a.error == b.error && a.missing == b.missing, "and the same end");
}

void write_again(const Read& file) {
  if (file.packets.empty()) return;
  CaptureWriter writer("fuzz");
  for (const CaptureInterface& interface : file.interfaces) writer.interface(interface);
  for (const Packet& packet : file.packets) {
    CapturedPacket facts = packet.facts;
    facts.bytes = bytes_of(packet.bytes);
    facts.comment = packet.comment;
    writer.packet(facts);
  }
  const string written = writer.take();
  const Read again = read(written, [](std::string_view bytes, auto take) { take(bytes); });
  check(again.error.empty() && again.missing.empty(), "what we write is whole");
  check_same(file, again, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = fuzz::text(data, size);
  const Read whole = read(file, [](std::string_view bytes, auto take) { take(bytes); });
  const Read pieces = read(file, [](std::string_view bytes, auto take) { fuzz::in_pieces(bytes, take); });
  check_same(whole, pieces, true);
  write_again(whole);
  return 0;
}
