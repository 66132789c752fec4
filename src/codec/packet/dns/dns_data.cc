// What DNS records say, by their type.  Source: RFC 1035 s.3.3, RFC 3596 (AAAA), RFC 2782 (SRV). Options
// and services: dns_options.cc.
#include "codec/packet/dns/dns.h"
#include "codec/packet/dns/dns_name.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec preference = {"dns.mx.preference", "Preference", 0, 16};
constexpr FieldSpec service[] = {
    {"dns.srv.priority", "Priority", 0, 16},
    {"dns.srv.weight", "Weight", 16, 16},
    {"dns.srv.port", "Port", 32, 16},
};
constexpr FieldSpec authority[] = {
    {"dns.soa.serial_number", "Serial number", 0, 32},
    {"dns.soa.refresh_interval", "Refresh", 32, 32},
    {"dns.soa.retry_interval", "Retry", 64, 32},
    {"dns.soa.expire_limit", "Expire", 96, 32},
    {"dns.soa.minimum_ttl", "Minimum time to live", 128, 32},
};

struct Data {
  LayerWriter& out;
  Bytes message;
  std::size_t start;
  Extent range;

  bool fits(std::size_t size) const { return range.size() >= size; }

  // Adds the name `skip` bytes into the data and returns it.
  std::string name(std::string_view field, std::size_t skip = 0) {
    if (!fits(skip)) return "";
    DnsName found = read_dns_name(message, range.at + skip);
    if (!found.ok || found.size > range.size() - skip) {
      out.cut();
      return found.ok ? "" : found.text;
    }
    out.add(field, "Name", start + range.at + skip, found.size, found.text);
    range = range.behind(skip + found.size);
    return std::move(found.text);
  }

  std::string address(std::string_view field, std::size_t size) {
    if (range.size() != size) return "";
    std::string text = ip_text(message.subspan(range.at, size));
    out.add(field, "Address", start + range.at, size, text);
    return text;
  }

  std::string texts() {
    std::string all;
    while (range.size() > 0) {
      const std::size_t length = be8(message, range.at);
      if (length + 1 > range.size()) {
        out.cut();
        break;
      }
      const std::string text(text_of(message.subspan(range.at + 1, length)));
      out.add("dns.txt.length", "Length", start + range.at, 1, std::to_string(length));
      out.add("dns.txt", "Text", start + range.at + 1, length, text);
      all += text;
      range = range.behind(length + 1);
    }
    return all.substr(0, 80);
  }
};

}  // namespace

std::string add_dns_data(LayerWriter& out, Bytes message, std::size_t start, std::uint64_t type, Extent range) {
  Data data{out, message, start, range};
  switch (type) {
    case 1:
      return data.address("dns.a", 4);
    case 28:
      return data.address("dns.aaaa", 16);
    case 2:
      return data.name("dns.ns");
    case 5:
      return data.name("dns.cname");
    case 12:
      return data.name("dns.ptr.domain_name");
    case 16:
      return data.texts();
    case 64:
    case 65:
      return add_dns_service(out, message, start, range);
    case 15:
      if (data.fits(2)) out.add(preference, start + range.at);
      return data.name("dns.mx.mail_exchange", 2);
    case 33:
      if (data.fits(6)) out.add(service, start + range.at);
      return data.name("dns.srv.target", 6);
    case 6: {
      const std::string master = data.name("dns.soa.mname");
      if (!master.empty() && !data.name("dns.soa.rname").empty() && data.fits(20))
        out.add(authority, start + data.range.at);
      return master;
    }
    default:
      return "";
  }
}

}  // namespace loquat::codec
