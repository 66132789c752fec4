// EDNS: the options of an OPT record; and the parameters of SVCB and HTTPS records, which have the same form.
// Source: RFC 6891 s.6.1.2, RFC 7871 (client subnet), RFC 7873 (cookie), RFC 5001 (NSID), RFC 7828 (keepalive), RFC
// 8914 (extended errors), RFC 7830 (padding), RFC 9460 (SVCB).
#include "codec/packet/dns/dns.h"
#include "codec/packet/dns/dns_name.h"

namespace loquat::codec {
namespace {

std::string_view edns_option_name(std::uint64_t code) {
  switch (code) {
    case 3:
      return "NSID";
    case 8:
      return "client subnet";
    case 9:
      return "expire";
    case 10:
      return "cookie";
    case 11:
      return "TCP keepalive";
    case 12:
      return "padding";
    case 15:
      return "extended error";
    default:
      return "";
  }
}

std::string_view parameter_name(std::uint64_t key) {
  constexpr std::string_view names[] = {"mandatory", "alpn", "no-default-alpn", "port",
                                        "ipv4hint",  "ech",  "ipv6hint",        "dohpath"};
  return key < std::size(names) ? names[key] : "";
}

// A code, a length, and that many bytes.
constexpr FieldSpec option_head[] = {
    {"dns.opt.code", "Option", 0, 16, Show::decimal, edns_option_name},
    {"dns.opt.len", "Length", 16, 16},
};
constexpr FieldSpec parameter_head[] = {
    {"dns.svcb.svcparam.key", "Parameter", 0, 16, Show::decimal, parameter_name},
    {"dns.svcb.svcparam.value.length", "Length", 16, 16},
};
constexpr FieldSpec subnet[] = {
    {"dns.opt.client.family", "Address family", 0, 16},
    {"dns.opt.client.netmask", "Source prefix", 16, 8},
    {"dns.opt.client.scope", "Scope prefix", 24, 8},
};
constexpr FieldSpec client_cookie = {"dns.opt.cookie.client", "Client cookie", 0, 64, Show::data};
constexpr FieldSpec keepalive = {"dns.opt.edns_tcp_keepalive.timeout", "Timeout", 0, 16};
constexpr FieldSpec edns_error = {"dns.opt.ext_error.info_code", "Error", 0, 16};
constexpr FieldSpec service_priority = {"dns.svcb.svcpriority", "Priority", 0, 16};
constexpr FieldSpec mandatory = {
    "dns.svcb.svcparam.mandatory.key", "Mandatory parameter", 0, 16, Show::decimal, parameter_name};
constexpr FieldSpec alpn_size = {"dns.svcb.svcparam.alpn.length", "Length", 0, 8};
constexpr FieldSpec service_port = {"dns.svcb.svcparam.port", "Port", 0, 16};
constexpr FieldSpec hint4 = {"dns.svcb.svcparam.ipv4hint.ip", "Address", 0, 32, Show::ip};
constexpr FieldSpec hint6 = {"dns.svcb.svcparam.ipv6hint.ip", "Address", 0, 128, Show::ip};

// Its bytes stand at `at` of the layer, all of them captured.
struct Value {
  LayerWriter& out;
  std::size_t at, size;

  Bytes bytes() const { return out.bytes().subspan(at, size); }
  void data(std::string_view name, std::string_view label, std::size_t skip = 0) const {
    if (size > skip) out.add(name, label, at + skip, size - skip, size_text(size - skip));
  }
  void each(const FieldSpec& spec) const {
    for (std::size_t i = 0; i + spec.bits / 8u <= size; i += spec.bits / 8u) out.add(spec, at + i);
  }
};

// The address is cut to the bytes that the prefix needs.
std::string add_subnet(const Value& value) {
  if (value.size < 4) return "";
  value.out.add(subnet, value.at);
  const bool v6 = value.out.number(value.at, 2) == 2;
  const std::size_t given = value.size - 4;
  std::byte address[16] = {};
  if (given == 0 || given > (v6 ? 16u : 4u)) return "";
  std::copy_n(value.bytes().begin() + 4, given, address);
  const std::string text = ip_text(std::span(address).first(v6 ? 16 : 4));
  value.out.add(v6 ? "dns.opt.client.addr6" : "dns.opt.client.addr4", "Address", value.at + 4, given, text);
  return " subnet " + text + "/" + std::to_string(value.out.number(value.at + 2, 1));
}

std::string add_edns_option(std::uint64_t code, const Value& value) {
  switch (code) {
    case 8:
      return add_subnet(value);
    case 10:
      if (value.size >= 8) value.out.add(client_cookie, value.at);
      value.data("dns.opt.cookie.server", "Server cookie", 8);
      return "";
    case 11:
      value.each(keepalive);
      return "";
    case 12:
      value.data("dns.opt.padding", "Padding");
      return "";
    case 15:
      if (value.size < 2) return "";
      value.out.add(edns_error, value.at);
      if (value.size > 2)
        value.out.add("dns.opt.ext_error.extra_text", "Text", value.at + 2, value.size - 2,
                      std::string(text_of(value.bytes().subspan(2))));
      return " error " + std::to_string(value.out.number(value.at, 2));
    default:
      value.data("dns.opt.data", "Data");
      return "";
  }
}

std::string add_alpn(const Value& value) {
  std::string list;
  for (std::size_t i = 0; i < value.size;) {
    value.out.add(alpn_size, value.at + i);
    const std::size_t size = value.out.number(value.at + i, 1);
    if (size > value.size - i - 1) {
      value.out.cut();
      break;
    }
    const std::string name(text_of(value.bytes().subspan(i + 1, size)));
    value.out.add("dns.svcb.svcparam.alpn", "Protocol", value.at + i + 1, size, name);
    (list += list.empty() ? " alpn=" : ",") += name;
    i += 1 + size;
  }
  return list;
}

std::string add_parameter(std::uint64_t key, const Value& value) {
  switch (key) {
    case 0:
      value.each(mandatory);
      return "";
    case 1:
      return add_alpn(value);
    case 3:
      if (value.size != 2) return "";
      value.out.add(service_port, value.at);
      return " port=" + std::to_string(value.out.number(value.at, 2));
    case 4:
      value.each(hint4);
      return "";
    case 5:
      value.data("dns.svcb.svcparam.echconfig", "ECH configuration");
      return " ech";
    case 6:
      value.each(hint6);
      return "";
    default:
      value.data("dns.svcb.svcparam.value", "Data");
      return "";
  }
}

// Calls add(code, value) for each item of the list between `at` and `end`, and returns what they say.
template <class Add>
std::string add_list(LayerWriter& out, std::span<const FieldSpec> head, std::size_t at, std::size_t end, Add add) {
  std::string text;
  while (at < end) {
    const std::size_t size = out.number(at + 2, 2);
    if (end - at < 4 || size > end - at - 4) {
      out.cut();
      break;
    }
    out.add(head, at);
    text += add(out.number(at, 2), Value{out, at + 4, size});
    at += 4 + size;
  }
  return text;
}

}  // namespace

std::string add_dns_options(LayerWriter& out, std::size_t at, std::size_t end) {
  return add_list(out, option_head, at, end, add_edns_option);
}

std::string add_dns_service(LayerWriter& out, Bytes message, std::size_t start, Extent data) {
  if (data.size() < 3) {
    out.cut();
    return "";
  }
  out.add(service_priority, start + data.at);
  const DnsName target = read_dns_name(message, data.at + 2);
  if (!target.ok || target.size > data.size() - 2) {
    out.cut();
    return "";
  }
  out.add("dns.svcb.targetname", "Name", start + data.at + 2, target.size, target.text);
  const std::size_t list = start + data.at + 2 + target.size;
  return target.text + add_list(out, parameter_head, list, start + data.end, add_parameter);
}

}  // namespace loquat::codec
