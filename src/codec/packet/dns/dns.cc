// DNS, over UDP and TCP; multicast DNS and LLMNR share its form. The data of records: dns_data.cc.
// Source: RFC 1035 s.4, RFC 6891 (OPT).
#include "codec/packet/dns/dns.h"

#include "codec/packet/dns/dns_name.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {

std::string_view dns_type_name(std::uint64_t type) {
  switch (type) {
    case 1:
      return "A";
    case 2:
      return "NS";
    case 5:
      return "CNAME";
    case 6:
      return "SOA";
    case 12:
      return "PTR";
    case 13:
      return "HINFO";
    case 15:
      return "MX";
    case 16:
      return "TXT";
    case 28:
      return "AAAA";
    case 33:
      return "SRV";
    case 35:
      return "NAPTR";
    case 41:
      return "OPT";
    case 43:
      return "DS";
    case 46:
      return "RRSIG";
    case 47:
      return "NSEC";
    case 48:
      return "DNSKEY";
    case 64:
      return "SVCB";
    case 65:
      return "HTTPS";
    case 251:
      return "IXFR";
    case 252:
      return "AXFR";
    case 255:
      return "ANY";
    case 257:
      return "CAA";
    default:
      return "";
  }
}

namespace {

std::string_view class_name(std::uint64_t number) {
  switch (number & 0x7FFF) {  // multicast DNS has a flag above it
    case 1:
      return "IN";
    case 3:
      return "CH";
    case 4:
      return "HS";
    case 254:
      return "NONE";
    case 255:
      return "ANY";
    default:
      return "";
  }
}

std::string_view dns_opcode_name(std::uint64_t code) {
  constexpr std::string_view names[] = {"query", "inverse query", "status", "", "notify", "update"};
  return code < 6 ? names[code] : "";
}

std::string_view rcode_name(std::uint64_t code) {
  constexpr std::string_view names[] = {"no error", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
  return code < 11 ? names[code] : code == 16 ? "BADVERS" : code == 23 ? "BADCOOKIE" : "";
}

constexpr FieldSpec dns[] = {
    {"dns.id", "Transaction", 0, 16, Show::hex},
    {"dns.flags", "Flags", 16, 16, Show::hex},
    {"dns.flags.response", "Response", 16, 1},
    {"dns.flags.opcode", "Operation", 17, 4, Show::decimal, dns_opcode_name},
    {"dns.flags.authoritative", "Authoritative", 21, 1},
    {"dns.flags.truncated", "Truncated", 22, 1},
    {"dns.flags.recdesired", "Recursion desired", 23, 1},
    {"dns.flags.recavail", "Recursion available", 24, 1},
    {"dns.flags.z", "Reserved", 25, 1},
    {"dns.flags.authenticated", "Authenticated", 26, 1},
    {"dns.flags.checkdisable", "Checking disabled", 27, 1},
    {"dns.flags.rcode", "Result", 28, 4, Show::decimal, rcode_name},
    {"dns.count.queries", "Questions", 32, 16},
    {"dns.count.answers", "Answers", 48, 16},
    {"dns.count.auth_rr", "Authorities", 64, 16},
    {"dns.count.add_rr", "Additional records", 80, 16},
};
// LLMNR has other flags there. RFC 4795 s.2.1.1.
constexpr FieldSpec llmnr[] = {
    {"dns.id", "Transaction", 0, 16, Show::hex},
    {"dns.flags", "Flags", 16, 16, Show::hex},
    {"dns.flags.response", "Response", 16, 1},
    {"dns.flags.opcode", "Operation", 17, 4, Show::decimal, dns_opcode_name},
    {"dns.flags.conflict", "Conflict", 21, 1},
    {"dns.flags.truncated", "Truncated", 22, 1},
    {"dns.flags.tentative", "Tentative", 23, 1},
    {"dns.flags.rcode", "Result", 28, 4, Show::decimal, rcode_name},
    {"dns.count.queries", "Questions", 32, 16},
    {"dns.count.answers", "Answers", 48, 16},
    {"dns.count.auth_rr", "Authorities", 64, 16},
    {"dns.count.add_rr", "Additional records", 80, 16},
};
constexpr FieldSpec question[] = {
    {"dns.qry.type", "Type", 0, 16, Show::decimal, dns_type_name},
    {"dns.qry.class", "Class", 16, 16, Show::hex, class_name},
};
// Of multicast DNS, whose classes have a flag above them. RFC 6762 s.5.4 and s.10.2.
constexpr FieldSpec multicast_question[] = {
    {"dns.qry.type", "Type", 0, 16, Show::decimal, dns_type_name},
    {"dns.qry.class", "Class", 17, 15, Show::hex, class_name},
    {"dns.qry.qu", "Unicast answer wanted", 16, 1},
};
constexpr FieldSpec dns_record_type = {"dns.resp.type", "Type", 0, 16, Show::decimal, dns_type_name};
constexpr FieldSpec dns_record[] = {
    {"dns.resp.class", "Class", 16, 16, Show::hex, class_name},
    {"dns.resp.ttl", "Time to live", 32, 32},
    {"dns.resp.len", "Data length", 64, 16},
};
constexpr FieldSpec multicast_record[] = {
    {"dns.resp.class", "Class", 17, 15, Show::hex, class_name},
    {"dns.resp.cache_flush", "Replaces others", 16, 1},
    {"dns.resp.ttl", "Time to live", 32, 32},
    {"dns.resp.len", "Data length", 64, 16},
};
constexpr FieldSpec opt[] = {
    {"dns.rr.udp_payload_size", "UDP payload size", 16, 16},
    {"dns.resp.ext_rcode", "Higher bits of the result", 32, 8, Show::hex},
    {"dns.resp.edns0_version", "EDNS version", 40, 8},
    {"dns.resp.z", "Flags", 48, 16, Show::hex},
    {"dns.resp.z.do", "DNSSEC wanted", 48, 1},
    {"dns.resp.len", "Data length", 64, 16},
};

class DnsReader {
 public:
  DnsReader(LayerWriter& out, std::size_t start, DnsKind kind)
      : out_(out), message_(out.bytes().subspan(start)), start_(start), multicast_(kind == DnsKind::multicast) {}

  // Adds everything behind the fixed header, and returns what a summary says of it.
  std::string read() {
    at_ = 12;
    std::string text;
    const std::uint64_t questions = count(4), answers = count(6), others = count(8) + count(10);
    for (std::uint64_t i = 0; i < questions && ok_; ++i) read_question(text);
    for (std::uint64_t i = 0; i < answers + others && ok_; ++i) read_record(text, i < answers);
    if (!ok_) out_.cut();
    return text + notes_;
  }

  // The upper bits of the result, from an OPT record.
  std::uint64_t upper_result() const noexcept { return upper_result_; }

 private:
  std::uint64_t count(std::size_t at) const { return out_.number(start_ + at, 2); }

  std::string read_name(std::string_view field) {
    DnsName name = read_dns_name(message_, at_);
    ok_ = name.ok;
    out_.add(field, "Name", start_ + at_, name.size, name.text);
    at_ += name.size;
    if (!ok_) (notes_ += ' ') += name.text;
    return name.text;
  }

  void read_question(std::string& text) {
    const std::string name = read_name("dns.qry.name");
    if (!ok_) return;
    out_.add(multicast_ ? std::span<const FieldSpec>(multicast_question) : question, start_ + at_);
    const std::string_view type = dns_type_name(out_.number(start_ + at_, 2));
    (((text += text.empty() ? "" : ", ") += type.empty() ? "type " + number(at_) : std::string(type)) += ' ') += name;
    at_ += 4;
    ok_ = at_ <= message_.size();
  }

  void read_record(std::string& text, bool answer) {
    read_name("dns.resp.name");
    if (!ok_) return;
    const std::uint64_t type = out_.number(start_ + at_, 2);
    const std::size_t length = out_.number(start_ + at_ + 8, 2), data = at_ + 10;
    out_.add(dns_record_type, start_ + at_);
    if (type == 41)
      out_.add(opt, start_ + at_);
    else
      out_.add(multicast_ ? std::span<const FieldSpec>(multicast_record) : dns_record, start_ + at_);
    if (type == 41) upper_result_ = out_.number(start_ + at_ + 4, 1);
    at_ = data + length;
    ok_ = at_ <= message_.size();
    if (!ok_) return;
    if (type == 41) {
      notes_ += add_dns_options(out_, start_ + data, start_ + at_);
      return;
    }
    const std::string value = add_dns_data(out_, message_, start_, type, {data, at_});
    if (answer && !value.empty() && text.size() < longest) (text += ' ') += value;
  }

  std::string number(std::size_t at) const { return std::to_string(out_.number(start_ + at, 2)); }

  static constexpr std::size_t longest = 200;  // of a summary
  LayerWriter& out_;
  Bytes message_;
  std::size_t start_, at_ = 0;  // at_ counts from the message's start
  bool multicast_, ok_ = true;
  std::string notes_;  // for the end of a summary
  std::uint64_t upper_result_ = 0;
};

void read_message(LayerWriter& out, std::size_t start, DnsKind kind) {
  out.add(kind == DnsKind::llmnr ? std::span<const FieldSpec>(llmnr) : dns, start);
  if (!out.has(start, 12)) return;
  const std::uint64_t flags = out.number(start + 2, 2);
  DnsReader reader(out, start, kind);
  std::string text = reader.read();
  const std::uint64_t result = reader.upper_result() << 4 | (flags & 15);
  if ((flags & 0x8000) != 0 && result != 0) (text += ' ') += rcode_name(result);
  out.layer().summary = ((flags & 0x8000) != 0 ? "answer " : "") + text;
}

}  // namespace

void read_dns(Dissection& in, Extent range, DnsKind kind) {
  LayerWriter out(in, "DNS", 7, range, range.size());
  read_message(out, 0, kind);
}

void read_dns_over_tcp(Dissection& in, Extent range) {
  LayerWriter out(in, "DNS", 7, range, range.size());
  static constexpr FieldSpec length_field = {"dns.length", "Length", 0, 16};
  out.add(length_field, 0);
  if (out.number(0, 2) + 2 > range.size()) out.cut();
  if (out.has(2, 1)) read_message(out, 2, DnsKind::unicast);
}

}  // namespace loquat::codec
