#include "doors/web/client.h"

#include "codec/network/forwarded.h"
#include "codec/text/chars.h"
#include "http/passed_on.h"

namespace loquat::doors {
namespace {

using Reader = void (*)(std::string_view, codec::ForwardedFrom&);

// From the nearest proxy back to the first address that is no proxy's.
Address walk_back(const Context& context, const http::Request& request, std::string_view field, Reader read) {
  codec::ForwardedFrom from;
  for (const http::HeaderField& one : request.headers()) {
    if (codec::equal_ignoring_case(one.name, field)) read(one.value, from);
  }
  Address client = request.client();
  while (!from.empty() && from.back() && context.options.trusted_proxies.has(client)) {
    client = Address(from.back()->text(), 0);
    from.pop_back();
  }
  return client;
}

}  // namespace

Address client_of(const Context& context, const http::Request& request) {
  const bool plain = request.has_header("X-Forwarded-For"), standard = request.has_header("Forwarded");
  if (!plain && !standard) return request.client();
  const Address told = walk_back(context, request, "X-Forwarded-For", codec::read_x_forwarded_for);
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
