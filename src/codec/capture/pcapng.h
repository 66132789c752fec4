// pcapng.h - the numbers of pcapng and the length rule of its blocks. Internal to codec.
//
// Layer: codec (docs/layers.txt).  Source: draft-ietf-opsawg-pcapng, sections 3 and 4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace loquat::codec::pcapng {

inline constexpr std::uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kOldPacket = 2, kSimplePacket = 3, kNames = 4,
                               kStatistics = 5, kPacket = 6, kSecrets = 10;
inline constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
inline constexpr std::uint32_t kTlsKeyLog = 0x544C534B;

// Options. Those of one block mean nothing in another.
inline constexpr std::uint16_t kEnd = 0, kComment = 1;
inline constexpr std::uint16_t kApplication = 4;                                            // section
inline constexpr std::uint16_t kName = 2, kDescription = 3, kResolution = 9, kOffset = 14;  // interface
inline constexpr std::uint16_t kFlags = 2;                                                  // packet
inline constexpr std::uint16_t kReceived = 4, kDropped = 5;                                 // statistics

constexpr std::size_t padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

}  // namespace loquat::codec::pcapng
