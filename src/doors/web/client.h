// client.h - for whom a request speaks, if it comes from a trusted proxy.
//
// Layer: doors.  Source: RFC 7239.
#pragma once

#include "doors/common/context.h"
#include "loquat/address.h"
#include "loquat/http.h"

namespace loquat::doors {

// The address of the client. From a trusted proxy: the last address in X-Forwarded-For or Forwarded that is no trusted
// proxy's. A proxy that withholds the address of its client ("unknown", "_hidden") or lists nothing counts as the
// client itself: that is its operator's choice, which no client can bring about. The fields of others count for
// nothing. Throws http::Error(400) if both fields are there and name different clients: one of them is the client's own
// word; if the entry of a trusted proxy is noise; and if a Forwarded field ends inside a quoted string. Throws OSError
// if the peer has gone.
Address client_of(const Context& context, const http::Request& request);

// Whether a trusted proxy has passed the request on.
bool comes_from_proxy(const Context& context, const http::Request& request);

}  // namespace loquat::doors
