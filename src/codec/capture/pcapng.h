// pcapng.h - the numbers of pcapng and the length rule of its blocks. Internal to codec.
//
// Layer: codec (docs/layers.txt).  Source: draft-ietf-opsawg-pcapng, sections 3 and 4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace loquat::codec::pcapng {

inline constexpr std::uint32_t section = 0x0A0D0D0A, interface_block = 1, old_packet_block = 2, simple_packet = 3,
                               names_block = 4, statistics_block = 5, packet_block = 6, secrets = 10;
inline constexpr std::uint32_t byte_order = 0x1A2B3C4D;
inline constexpr std::uint32_t tls_key_log = 0x544C534B;

// Options. Those of one block mean nothing in another.
inline constexpr std::uint16_t end_of_options = 0, comment = 1;
inline constexpr std::uint16_t application_option = 4;  // section
inline constexpr std::uint16_t name_option = 2, description = 3, resolution_option = 9,
                               offset_option = 14;                       // interface
inline constexpr std::uint16_t flags = 2;                                // packet
inline constexpr std::uint16_t received_option = 4, dropped_option = 5;  // statistics

constexpr std::size_t padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

}  // namespace loquat::codec::pcapng
