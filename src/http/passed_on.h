// passed_on.h - whether a request came through a proxy, so that the peer is not the client.
//
// Layer: http (docs/layers.txt).  Source: RFC 7239, RFC 9110 s.7.6.3.
#pragma once

#include "loquat/http.h"

namespace loquat::http {

// True if a proxy has told the connection's client (serve_connection()), or the request has a field that proxies add:
// Forwarded, X-Forwarded-For, X-Real-IP or Via. A proxy that adds none goes unnoticed.
bool was_passed_on(const Request& request) noexcept;

}  // namespace loquat::http
