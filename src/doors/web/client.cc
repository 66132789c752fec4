#include "doors/web/client.h"

#include "codec/network/forwarded.h"
#include "codec/text/chars.h"
#include "http/passed_on.h"

namespace loquat::doors {
namespace {

bool read_plain(std::string_view value, codec::ForwardedFrom& out) {
  codec::read_x_forwarded_for(value, out);
  return true;
}

using Reader = bool (*)(std::string_view, codec::ForwardedFrom&);

codec::ForwardedFrom read_all(const http::Request& request, std::string_view field, Reader read) {
  codec::ForwardedFrom from;
  for (const http::HeaderField& one : request.headers()) {
    if (codec::equal_ignoring_case(one.name, field) && !read(one.value, from))
      throw http::Error(400, std::string(field) + " ends inside a quoted string");
  }
  return from;
}

// From the nearest proxy back to the first address that is no proxy's. Noise from a proxy must not stop the walk: its
// client would count as the proxy, which no limit meets.
Address walk_back(const Context& context, const http::Request& request, std::string_view field, Reader read) {
  codec::ForwardedFrom from = read_all(request, field, read);
  Address client = request.client();
  while (!from.empty() && !from.back().withheld && context.options.trusted_proxies.has(client)) {
    if (!from.back().address) throw http::Error(400, std::string(field) + " names a client that is no address");
    client = Address(from.back().address->text(), 0);
    from.pop_back();
  }
  return client;
}

}  // namespace

Address client_of(const Context& context, const http::Request& request) {
  if (!context.options.trusted_proxies.has(request.client())) return request.client();
  const bool plain = request.has_header("X-Forwarded-For"), standard = request.has_header("Forwarded");
  if (!plain && !standard) return request.client();
  const Address told = walk_back(context, request, "X-Forwarded-For", read_plain);
  const Address told_so = walk_back(context, request, "Forwarded", codec::read_forwarded);
  if (plain && standard && told != told_so)
    throw http::Error(400, "X-Forwarded-For and Forwarded name different clients; the proxy must delete one");
  return plain ? told : told_so;
}

bool comes_from_proxy(const Context& context, const http::Request& request) {
  if (!http::was_passed_on(request)) return false;
  try {
    return context.options.trusted_proxies.has(request.socket().getpeername());
  } catch (const OSError&) {
    return false;  // it has gone
  }
}

}  // namespace loquat::doors
