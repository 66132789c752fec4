// decoder.cc - the capture that decoders are measured with, and the decoder alone.
//
//   bench_decoder write FILE MB    a browser's day: handshakes, requests, full segments, acknowledgments, DNS
//   bench_decoder segments FILE    find_segment() for every frame
//   bench_decoder dissect FILE     dissect() for every frame
//
// The last two print "frames N ns N": CPU time, without reading the file.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "codec/capture/reader.h"
#include "codec/capture/writer.h"
#include "codec/network/segment.h"
#include "codec/network/test_frames.h"
#include "codec/packet/packet.h"

using namespace loquat::codec;
using namespace loquat::codec::test;

namespace {

std::vector<Frame> conversation() {
  const Frame stamps = hex("01 01 08 0a 00000011 00000022"),
              syn = hex("02 04 05b4 04 02 08 0a 00000011 00000000 01 03 03 0a");
  const std::string query = std::string("\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\0\0\1\0\1", 33);
  const std::string answer = "\x12\x34\x81\x80" + std::string("\0\1\0\1\0\0\0\0", 8) + query.substr(12) +
                             std::string("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\x5D\xB8\xD8\x22", 16);
  const std::string request =
      "GET /articles/2026/11/loquat.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
      "x86_64)\r\n"
      "Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n";
  const std::string response =
      "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 14000\r\n\r\n";
  std::vector<Frame> out = {udp_frame(40000, 53, raw(query)), udp_frame(53, 40000, raw(answer))};
  std::uint32_t seq = 1000;
  const auto add = [&](unsigned flags, const Frame& options, std::string payload) {
    out.push_back(tcp_frame({.seq = seq, .flags = flags, .options = options, .payload = std::move(payload)}));
    seq += static_cast<std::uint32_t>(out.back().size());
  };
  add(tcp::syn, syn, "");
  add(tcp::syn | tcp::ack, syn, "");
  add(tcp::ack, stamps, "");
  add(tcp::psh | tcp::ack, stamps, request);
  add(tcp::ack, stamps, response + std::string(1448 - response.size(), 'h'));
  for (int i = 0; i < 9; ++i) {
    add(tcp::ack, stamps, std::string(1448, '\xA5'));
    if (i % 2 == 0) add(tcp::ack, stamps, "");
  }
  add(tcp::fin | tcp::ack, stamps, "");
  return out;
}

void write(const char* path, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary);
  CaptureWriter writer("bench_decoder");
  writer.interface({.name = "eth0"});
  const std::vector<Frame> frames = conversation();
  std::int64_t time = 1'700'000'000'000'000'000;
  for (std::size_t size = 0; size < bytes;) {
    for (const Frame& frame : frames) writer.packet({.time_ns = time += 100'000, .bytes = frame});
    const std::string piece = writer.take();
    file << piece;
    size += piece.size();
  }
}

template <class Look>
void measure(const char* path, Look look) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  CaptureReader reader;
  reader.feed(bytes_of(bytes));
  timespec start{}, end{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  std::size_t frames = 0, seen = 0;
  while (const auto packet = reader.next()) {
    ++frames;
    seen += look(*packet);
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  const double ns =
      1e9 * static_cast<double>(end.tv_sec - start.tv_sec) + static_cast<double>(end.tv_nsec - start.tv_nsec);
  std::printf("frames %zu seen %zu ns %.0f\n", frames, seen, ns);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "write" && argc == 4)
    write(argv[2], std::strtoull(argv[3], nullptr, 10) * 1'000'000);
  else if (what == "segments")
    measure(argv[2], [](const CapturedPacket& p) { return find_segment(p.bytes, p.link) ? 1u : 0u; });
  else if (what == "dissect")
    measure(argv[2], [](const CapturedPacket& p) { return dissect(p.bytes, p.link).layers.size(); });
  else
    return 2;
}
