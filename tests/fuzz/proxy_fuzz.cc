// What proxies say of their clients: the PROXY header, X-Forwarded-For and Forwarded.
#include "codec/network/address_prefix.h"
#include "codec/network/forwarded.h"
#include "codec/network/proxy_header.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string_view;
using Kind = ProxyHeader::Kind;

namespace {

void check_header(string_view bytes) {
  const ProxyHeader whole = read_proxy_header(bytes);
  check(whole.size <= std::min(bytes.size(), max_proxy_block), "a header is a part of the bytes, and bounded");
  check(whole.kind != Kind::unfinished || bytes.size() < max_proxy_block, "a header ends");
  check(whole.kind != Kind::none || !begins_proxy_header(bytes), "what begins like a header is one");
  // More bytes never change an answer. Only the sizes where one may change are tried.
  bool decided = false;
  for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 256); ++size) {
    const ProxyHeader part = read_proxy_header(bytes.substr(0, size));
    decided = decided || part.kind != Kind::unfinished;
    check(!decided || part.kind == whole.kind, "a decision is final");
    check(part.kind != Kind::whole || (part.size == whole.size && part.source == whole.source), "and so is a header");
  }
}

void check_list(const ForwardedFrom& all, string_view value) {
  check(all.size() <= value.size() / 2 + 1, "an address needs a character and a comma");
  for (const auto& [address, withheld] : all) {
    check(!address || IpAddress::parse(address->text()) == address, "an address can be read again");
    check(!address || !withheld, "what is told is not withheld");
  }
}

void check_lists(string_view value) {
  ForwardedFrom plain, standard;
  read_x_forwarded_for(value, plain);
  check_list(plain, value);
  static_cast<void>(read_forwarded(value, standard));
  check_list(standard, value);
  ForwardedFrom appended;
  read_x_forwarded_for(std::string(value) + ", 203.0.113.9", appended);
  check(appended.back().address == IpAddress::parse("203.0.113.9"), "nothing swallows what a proxy appends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const string_view bytes = fuzz::text(data, size);
  check_header(bytes);
  check_lists(bytes);
  if (const auto prefix = AddressPrefix::parse(bytes))
    check(prefix->contains(*prefix) && AddressPrefix::parse(prefix->str()) == prefix, "a prefix can be read again");
  return 0;
}
