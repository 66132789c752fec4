#include "codec/websocket/deflate.h"

#define ZLIB_CONST  // zlib reads its input through pointers to const
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

constexpr std::string_view sync_tail("\0\0\xff\xff", 4);  // ends each message, and is not sent: s.7.2.1
constexpr std::size_t at_once = std::size_t{1} << 30;     // zlib counts in 32 bits

const Bytef* zlib_bytes(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

struct Deflater {
  z_stream stream{};
  bool ok;

  // A window no longer than the message: 1 KiB needs 20 KiB of memory, not the 256 KiB of a full window. Level 6 would
  // take twice to five times as long for a tenth less.
  Deflater(std::size_t size, int most_bits) {
    const int bits = std::clamp(static_cast<int>(std::bit_width(size)), 9, most_bits);
    ok = deflateInit2(&stream, 1, Z_DEFLATED, -bits, bits - 7, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
};

class Inflater {
 public:
  Inflater(std::string& out, std::size_t limit) : out_(out), limit_(limit) {
    if (inflateInit2(&stream_, -15) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends what `data` inflates to. Returns 0, or the code to close with.
  int add(std::string_view data) {
    for (; !data.empty(); data.remove_prefix(std::min(data.size(), at_once))) {
      stream_.next_in = zlib_bytes(data);
      stream_.avail_in = static_cast<uInt>(std::min(data.size(), at_once));
      do {
        if (const int code = step()) return code;
      } while (stream_.avail_in != 0 || stream_.avail_out == 0);
    }
    return 0;
  }

  // Whether the data may end here: between two blocks and two bytes, after a last block (BFINAL) or before any.
  bool complete() const noexcept { return ended_ || (stream_.data_type & 0xFF) == 128; }

 private:
  int step() {
    if (ended_ && stream_.avail_in != 0) inflateReset(&stream_);  // blocks may follow one with BFINAL: s.7.2.3.4
    char room[4096];
    stream_.next_out = reinterpret_cast<Bytef*>(room);
    stream_.avail_out = sizeof room;
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return 1007;
    ended_ = result == Z_STREAM_END;
    const std::size_t size = sizeof room - stream_.avail_out;
    if (size > limit_ - out_.size()) return 1009;
    out_.append(room, size);
    return 0;
  }

  z_stream stream_{};
  std::string& out_;
  std::size_t limit_;
  bool ended_ = true;  // nothing has begun since the start or the last BFINAL
};

}  // namespace

std::optional<std::string> deflate_message(std::string_view message, int window_bits) {
  if (message.empty() || message.size() > at_once) return {};
  std::string out(message.size(), '\0');  // whoever fills it all has gained nothing
  Deflater deflater(message.size(), window_bits);
  if (!deflater.ok) return {};
  z_stream& stream = deflater.stream;
  stream.next_in = zlib_bytes(message);
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_out == 0) return {};
  out.resize(out.size() - stream.avail_out - sync_tail.size());
  return out;
}

int inflate_message(WebSocketEvent& event, std::size_t limit) {
  std::string out;
  Inflater inflater(out, limit);
  if (const int code = inflater.add(event.payload)) return code;
  if (!inflater.complete()) {  // some leave the tail where it is
    if (const int code = inflater.add(sync_tail)) return code;
  }
  if (!inflater.complete()) return 1007;
  if (event.kind == WebSocketEvent::Kind::text && !is_utf8(out)) return 1007;
  event.payload = std::move(out);
  event.compressed = false;
  return 0;
}

std::string websocket_deflated_frame(WebSocketOpcode opcode, std::string_view payload, int window_bits) {
  std::optional<std::string> shorter;
  if (payload.size() >= websocket_deflate_from) shorter = deflate_message(payload, window_bits);
  if (!shorter) return websocket_frame(opcode, payload);
  std::string frame = websocket_frame(opcode, *shorter);
  frame[0] = static_cast<char>(frame[0] | 0x40);
  return frame;
}

}  // namespace loquat::codec
