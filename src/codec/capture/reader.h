// reader.h - reads pcap and pcapng, as they come: bytes in, packets out, nothing that waits.
//
//   CaptureReader reader;
//   while (read a piece of the file) {
//     reader.feed(piece);
//     while (auto packet = reader.next()) ...
//   }
//   if (!reader.error().empty()) say it;   // what stands before it has been read
//   else if (auto cut = reader.missing(); !cut.empty()) say it;   // a file that its writer did not finish
//
// True of every call in this file:
//   Formats   pcap in micro- and nanoseconds, of version 2.2 and before too (its two lengths are swapped), and the one
//             that old Red Hat systems wrote; pcapng with any number of sections, interfaces, link types and clocks;
//             both byte orders. Packets come as enhanced, simple or obsolete packet blocks; blocks of other kinds are
//             skipped. What is compressed is refused, by name.
//   Lifetime  A packet's bytes and comment live until the next call of feed() or next().
//   Memory    What was fed and not read yet, and the names of interfaces and hosts. A block or packet of more than 16
//             MiB is an error.
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
// Why not libpcap: docs/adr/0006-own-capture-files.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/capture/capture.h"
#include "codec/network/ip_address.h"

namespace loquat::codec {

class CaptureReader {
 public:
  static constexpr std::size_t largest = 16 * 1024 * 1024;

  // True if a capture file may begin with `bytes`; with fewer than four of them, if it may still turn out to be one.
  static bool begins(std::span<const std::byte> bytes) noexcept;

  // Adds the next bytes of the file.
  void feed(std::span<const std::byte> bytes);

  // The next packet; nothing if more bytes are needed, or after an error.
  std::optional<CapturedPacket> next();

  // Of all packets so far, those of former sections included. pcap has one.
  std::span<const CaptureInterface> interfaces() const noexcept { return interfaces_; }
  // Names for addresses that the file holds.
  std::span<const std::pair<IpAddress, std::string>> names() const noexcept { return names_; }

  // Why nothing more will come: "byte 340: a block of 5 bytes". Empty if all is well.
  const std::string& error() const noexcept { return error_; }
  // To be asked at the end of the file: what is missing there, "the file ends at byte 340, inside a block of 120
  // bytes". Empty if it ends where a packet ends.
  std::string missing() const;

 private:
  enum class Format : std::uint8_t { unknown, pcap, pcapng };
  struct Clock {  // of an interface
    std::uint8_t resolution = 6;
    std::int64_t offset = 0;  // seconds
  };
  // A block, or a packet of pcap, that is whole; its numbers in the file's byte order.
  struct Whole {
    std::uint32_t type = 0;
    std::span<const std::byte> body;
  };

  std::span<const std::byte> rest() const noexcept;
  std::uint16_t get16(std::span<const std::byte> bytes, std::size_t at) const noexcept;
  std::uint32_t get32(std::span<const std::byte> bytes, std::size_t at) const noexcept;
  std::uint64_t get64(std::span<const std::byte> bytes, std::size_t at) const noexcept;
  void fail(std::string_view what);
  void take(std::size_t size) noexcept;

  bool read_start();
  bool read_pcap_start();
  std::optional<CapturedPacket> next_of_pcap();
  std::optional<CapturedPacket> next_of_pcapng();
  bool next_block(Whole& block);
  bool begin_section(std::span<const std::byte> bytes);
  std::optional<CapturedPacket> read_block(const Whole& block);
  void read_interface(std::span<const std::byte> body);
  void read_names(std::span<const std::byte> body);
  void read_statistics(std::span<const std::byte> body);
  std::optional<CapturedPacket> read_packet(std::span<const std::byte> body, std::uint32_t interface);
  std::optional<CapturedPacket> read_simple_packet(std::span<const std::byte> body);
  void read_packet_options(std::span<const std::byte> options, CapturedPacket& packet);
  template <class Each>
  void each_option(std::span<const std::byte> options, Each each);

  std::string buffer_;
  std::size_t at_ = 0;       // in the buffer: what is not read yet
  std::uint64_t taken_ = 0;  // bytes of the file before at_
  std::size_t wanted_ = 0;   // the size of what is not whole yet, if known
  Format format_ = Format::unknown;
  bool big_ = false;                  // the file's numbers are big-endian
  bool nanoseconds_ = false;          // pcap's; so are the next two
  unsigned minor_ = 4;                // of its version
  std::size_t record_size_ = 16;      // of the header of a packet
  std::size_t first_of_section_ = 0;  // among interfaces_
  std::vector<CaptureInterface> interfaces_;
  std::vector<Clock> clocks_;
  std::vector<std::pair<IpAddress, std::string>> names_;
  std::string error_;
};

}  // namespace loquat::codec
