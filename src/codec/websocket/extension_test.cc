#include "codec/websocket/extension.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

const std::string deflate_agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The answer to `fields`, a field a line; "" if every offer is declined.
std::string answer_to(const std::string& fields) {
  RequestParser parser;
  EXPECT_EQ(parser.feed("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n").event, HttpEvent::head) << fields;
  const auto deflate = choose_deflate(parser.request());
  if (!deflate) return "";
  EXPECT_EQ(deflate->window_bits == 15, deflate->answer == deflate_agreed || deflate->answer.ends_with("=15"));
  return deflate->answer;
}

std::string answer_to_offer(const std::string& value) {
  return answer_to("Sec-WebSocket-Extensions: " + value + "\r\n");
}

TEST(WebSocketExtension, AnOfferIsAcceptedWithTheParametersThatItAsksFor) {
  for (const char* offer : {
           "permessage-deflate",                          // RFC 7692 s.7.1.3, and its next three
           "permessage-deflate; client_max_window_bits",  // browsers
           "permessage-deflate; client_max_window_bits; server_no_context_takeover",
           "permessage-deflate;client_max_window_bits=8;client_no_context_takeover;server_no_context_takeover",
           "permessage-deflate ; client_max_window_bits=\"15\"",
           "\tpermessage-deflate;\tclient_max_window_bits = 10",
           "permessage-deflate, permessage-deflate; server_max_window_bits=10",
           "x-webkit-deflate-frame, permessage-deflate",
           "foo; bar=\"a, permessage-deflate; b\\\"\"; baz, permessage-deflate",
           ", ,permessage-deflate,",
       }) {
    EXPECT_EQ(answer_to_offer(offer), deflate_agreed) << offer;
  }
}

TEST(WebSocketExtension, TheWindowOfTheServerIsWhatTheClientAsksFor) {
  for (const char* bits : {"9", "10", "12", "15"}) {
    const std::string offer = "permessage-deflate; server_max_window_bits=";
    EXPECT_EQ(answer_to_offer(offer + bits), deflate_agreed + "; server_max_window_bits=" + bits);
    EXPECT_EQ(answer_to_offer(offer + '"' + bits + '"'), deflate_agreed + "; server_max_window_bits=" + bits);
  }
  EXPECT_EQ(answer_to_offer("permessage-deflate; server_max_window_bits=\"1\\0\""),
            deflate_agreed + "; server_max_window_bits=10");
  // RFC 7692 s.7.1.3: the client would like 10 bits, and falls back to the default.
  EXPECT_EQ(answer_to_offer("permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
                            "permessage-deflate; client_max_window_bits"),
            deflate_agreed + "; server_max_window_bits=10");
}

TEST(WebSocketExtension, AWrongOfferIsDeclinedAndTheNextOneRead) {
  for (const char* parameters : {
           "server_max_window_bits=8",  // zlib cannot
           "server_max_window_bits",
           "server_max_window_bits=",
           "server_max_window_bits=16",
           "server_max_window_bits=7",
           "server_max_window_bits=010",
           "server_max_window_bits=1O",
           "server_max_window_bits=-9",
           "server_max_window_bits=\"10",
           "server_max_window_bits=1\"0\"",
           "server_max_window_bits=\"10\"0",
           "client_max_window_bits=",
           "client_max_window_bits=7",
           "client_max_window_bits=\"\"",
           "server_no_context_takeover=1",
           "client_no_context_takeover=\"\"",
           "server_no_context_takeover=",
           "server_no_context_takeover; server_no_context_takeover",
           "client_max_window_bits; client_max_window_bits=9",
           "unknown",
           "unknown=1",
           "Client_Max_Window_Bits",
           "",
           ";client_max_window_bits",
           "=10",
           "a b",
       }) {
    const std::string offer = std::string("permessage-deflate; ") + parameters;
    EXPECT_EQ(answer_to_offer(offer), "") << offer;
    const bool open = offer.ends_with("\"10");  // a quote without an end holds all that follows in its field
    EXPECT_EQ(answer_to_offer(offer + ", permessage-deflate"), open ? "" : deflate_agreed) << offer;
    EXPECT_EQ(answer_to("Sec-WebSocket-Extensions: " + offer + "\r\nSec-websocket-extensions: permessage-deflate\r\n"),
              deflate_agreed);
  }
  for (const char* other : {"", "permessage-bzip2", "permessage-deflat", "Permessage-Deflate", "\"permessage-deflate\"",
                            "permessage-deflate=1", "permessage-deflate x", "deflate-frame"}) {
    EXPECT_EQ(answer_to_offer(other), "") << other;
  }
  EXPECT_EQ(answer_to(""), "");
}

}  // namespace
}  // namespace loquat::codec
