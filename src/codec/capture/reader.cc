// The beginning of a file, and pcap. The blocks of pcapng are in blocks.cc.
#include "codec/capture/reader.h"

#include <algorithm>
#include <utility>

#include "codec/capture/pcapng.h"
#include "codec/network/bytes.h"

namespace loquat::codec {
namespace {

// The last one is Kuznetzov's: the header of each packet has eight bytes more.
constexpr std::uint32_t microsecond_magic = 0xA1B2C3D4, nanosecond_magic = 0xA1B23C4D, long_magic = 0xA1B2CD34;
constexpr std::size_t magic_size = 4, pcap_header_size = 24, long_record_size = 24;

constexpr bool is_pcap(std::uint32_t magic) noexcept {
  return magic == microsecond_magic || magic == nanosecond_magic || magic == long_magic;
}

constexpr std::string_view foreign = "neither pcap nor pcapng";

std::string_view foreign_kind(Bytes bytes) noexcept {
  using namespace std::literals;
  static constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"\x1f\x8b"sv, "compressed with gzip; gunzip it first"},
      {"\x28\xb5\x2f\xfd"sv, "compressed with zstd; unzstd it first"},
      {"\x04\x22\x4d\x18"sv, "compressed with lz4; unlz4 it first"},
      {"\xfd\x37zX"sv, "compressed with xz; unxz it first"},
      {"BZh"sv, "compressed with bzip2; bunzip2 it first"},
      {"PK\3\4"sv, "a zip archive; unzip it first"},
      {"snoop"sv, "a capture of snoop; convert it first: editcap -F pcapng OLD NEW"},
  };
  for (const auto& [magic, what] : kinds) {
    if (text_of(bytes).starts_with(magic)) return what;
  }
  return foreign;
}

}  // namespace

bool CaptureReader::begins(Bytes bytes) noexcept {
  if (bytes.size() >= 4) {
    const std::uint32_t magic = be32(bytes, 0);
    return magic == pcapng::section || is_pcap(magic) || is_pcap(__builtin_bswap32(magic));
  }
  static constexpr std::string_view magics[] = {"\x0A\x0D\x0D\x0A", "\xA1\xB2\xC3\xD4", "\xD4\xC3\xB2\xA1",
                                                "\xA1\xB2\x3C\x4D", "\x4D\x3C\xB2\xA1", "\xA1\xB2\xCD\x34",
                                                "\x34\xCD\xB2\xA1"};
  return std::any_of(std::begin(magics), std::end(magics),
                     [&](std::string_view magic) { return magic.starts_with(text_of(bytes)); });
}

Bytes CaptureReader::rest() const noexcept { return bytes_of(buffer_).subspan(at_); }

std::uint16_t CaptureReader::get16(Bytes bytes, std::size_t at) const noexcept {
  return big_ ? be16(bytes, at) : __builtin_bswap16(be16(bytes, at));
}
std::uint32_t CaptureReader::get32(Bytes bytes, std::size_t at) const noexcept {
  return big_ ? be32(bytes, at) : __builtin_bswap32(be32(bytes, at));
}
std::uint64_t CaptureReader::get64(Bytes bytes, std::size_t at) const noexcept {
  return big_ ? be64(bytes, at) : __builtin_bswap64(be64(bytes, at));
}

void CaptureReader::feed(Bytes bytes) {
  if (!error_.empty()) return;
  buffer_.erase(0, std::exchange(at_, 0));
  buffer_ += text_of(bytes);
}

std::optional<CapturedPacket> CaptureReader::next() {
  if (!error_.empty() || (format_ == Format::unknown && !read_start())) return std::nullopt;
  return format_ == Format::pcap ? next_of_pcap() : next_of_pcapng();
}

std::string CaptureReader::missing() const {
  const Bytes left = rest();
  if (!error_.empty()) return "";
  if (format_ == Format::unknown && wanted_ == 0)
    return std::string(begins(left) ? "the file ends before it has begun" : foreign);
  if (left.empty()) return "";
  const std::string where = "the file ends at byte " + std::to_string(taken_ + left.size());
  return wanted_ == 0
             ? where + ", inside a header"
             : where + ", with " + std::to_string(left.size()) + " of a block's " + std::to_string(wanted_) + " bytes";
}

void CaptureReader::fail(std::string_view what) {
  error_ = format_ == Format::unknown ? std::string(what) : "byte " + std::to_string(taken_) + ": " + std::string(what);
}

void CaptureReader::take(std::size_t size) noexcept {
  at_ += size;
  taken_ += size;
  wanted_ = 0;
}

bool CaptureReader::read_start() {
  const Bytes bytes = rest();
  if (bytes.size() < magic_size) return false;
  if (!begins(bytes)) {
    fail(foreign_kind(bytes));
    return false;
  }
  if (be32(bytes, 0) != pcapng::section) return read_pcap_start();
  format_ = Format::pcapng;
  return true;
}

bool CaptureReader::read_pcap_start() {
  const Bytes bytes = rest();
  wanted_ = pcap_header_size;
  if (bytes.size() < pcap_header_size) return false;
  big_ = is_pcap(be32(bytes, 0));
  nanoseconds_ = get32(bytes, 0) == nanosecond_magic;
  if (get32(bytes, 0) == long_magic) record_size_ = long_record_size;
  minor_ = get16(bytes, 6);
  if (get16(bytes, 4) != 2) {
    fail("pcap of version " + std::to_string(get16(bytes, 4)) + "; 2 is known");
    return false;
  }
  CaptureInterface only;
  only.link = static_cast<LinkType>(get32(bytes, 20) & 0xFFFF);  // above it: the length of a frame check sequence
  only.snaplen = get32(bytes, 16);
  interfaces_.push_back(only);
  format_ = Format::pcap;
  take(pcap_header_size);
  return true;
}

std::optional<CapturedPacket> CaptureReader::next_of_pcap() {
  const Bytes bytes = rest();
  if (bytes.size() < record_size_) return std::nullopt;
  std::size_t size = get32(bytes, 8), original = get32(bytes, 12);
  // Before version 2.3 the two lengths stand the other way round, in files of 2.3 either way. Source: libpcap
  // sf-pcap.c.
  if (minor_ < 3 || (minor_ == 3 && size > original)) std::swap(size, original);
  if (size > largest) {
    fail("a packet of " + std::to_string(size) + " bytes");
    return std::nullopt;
  }
  wanted_ = record_size_ + size;
  if (bytes.size() < wanted_) return std::nullopt;
  CapturedPacket out;
  out.time_ns =
      std::int64_t{get32(bytes, 0)} * 1'000'000'000 + std::int64_t{get32(bytes, 4)} * (nanoseconds_ ? 1 : 1000);
  out.link = interfaces_[0].link;
  out.bytes = bytes.subspan(record_size_, size);
  out.original_length = std::max(original, size);
  take(record_size_ + size);
  return out;
}

}  // namespace loquat::codec
