#include "codec/packet/fields.h"

#include "codec/network/ip_address.h"

namespace loquat::codec {
namespace {

void append_hex(std::string& out, std::uint64_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
}

std::string meaning(std::string number, std::uint64_t value, NameOf names) {
  const std::string_view name = names == nullptr ? std::string_view() : names(value);
  if (!name.empty()) ((number += " (") += name) += ')';
  return number;
}

// `bits` bits that begin at bit `bit`, at most 57 of them or 64 whole bytes' worth.
std::uint64_t bits_of(Bytes bytes, std::size_t bit, std::size_t bits) noexcept {
  std::uint64_t value = 0;
  const std::size_t last = (bit + bits - 1) / 8;
  for (std::size_t i = bit / 8; i <= last; ++i) value = value << 8 | be8(bytes, i);
  value >>= 7 - (bit + bits - 1) % 8;
  return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}

std::string field_text(Bytes bytes, const FieldSpec& spec, std::size_t at) {
  const Bytes whole = bytes.subspan(at + spec.bit / 8, (spec.bit % 8 + spec.bits + 7) / 8);
  if (spec.show == Show::mac) return mac_text(whole);
  if (spec.show == Show::ip) return ip_text(whole);
  if (spec.show == Show::data) return size_text(whole.size());
  if (spec.show == Show::text) return std::string(text_of(whole));
  const std::uint64_t value = bits_of(whole, spec.bit % 8, spec.bits);
  if (spec.show == Show::hex) return hex_text(value, (spec.bits + 7) / 8 * 2, spec.names);
  if (spec.show == Show::words) return std::to_string(value * 4) + " (" + std::to_string(value) + ")";
  if (spec.show == Show::octets8) return std::to_string(value) + " (" + size_text(value * 8) + ")";
  return number_text(value, spec.names);
}

}  // namespace

LayerWriter::LayerWriter(Dissection& in, std::string_view name, int osi, Extent range, std::size_t size)
    : in_(in), index_(in.packet.layers.size()), offset_(std::min(range.at, in.frame.size())) {
  bytes_ = in.captured(range);
  const bool is_cut = bytes_.size() < size;
  bytes_ = bytes_.first(std::min(size, bytes_.size()));
  in.packet.layers.emplace_back();
  Layer& out = layer();
  out.name = name;
  out.osi = osi;
  out.offset = offset_;
  out.length = bytes_.size();
  out.quoted = in.quoted;
  out.cut = is_cut;
}

void LayerWriter::add(std::span<const FieldSpec> specs, std::size_t at) {
  Layer& out = layer();
  out.fields.reserve(out.fields.size() + specs.size());
  for (const FieldSpec& spec : specs) {
    if (!has(at, (spec.bit + spec.bits + 7u) / 8u)) {
      out.cut = true;
      continue;
    }
    out.fields.push_back({spec.name, spec.label, field_text(bytes_, spec, at),
                          static_cast<std::uint32_t>((offset_ + at) * 8 + spec.bit), spec.bits});
  }
}

void LayerWriter::add(std::string_view name, std::string_view label, std::size_t at, std::size_t size,
                      std::string value) {
  if (!has(at, size)) return cut();
  layer().fields.push_back({name, label, std::move(value), static_cast<std::uint32_t>((offset_ + at) * 8),
                            static_cast<std::uint32_t>(size * 8)});
}

std::uint64_t LayerWriter::number(std::size_t at, std::size_t size) const noexcept {
  return has(at, size) && size > 0 ? bits_of(bytes_.subspan(at, size), 0, size * 8) : 0;
}

std::string ip_text(Bytes address) { return IpAddress::from(address).text(); }

std::string mac_text(Bytes address) {
  std::string out;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (i != 0) out += ':';
    append_hex(out, be8(address, i), 2);
  }
  return out;
}

std::string captured_text(std::size_t size, std::size_t captured) {
  return captured < size ? ", " + std::to_string(captured) + " captured" : "";
}

std::string size_text(std::size_t size) { return std::to_string(size) + (size == 1 ? " byte" : " bytes"); }

std::string number_text(std::uint64_t value, NameOf names) { return meaning(std::to_string(value), value, names); }

std::string hex_text(std::uint64_t value, int digits, NameOf names) {
  std::string out = "0x";
  append_hex(out, value, digits);
  return meaning(std::move(out), value, names);
}

}  // namespace loquat::codec
