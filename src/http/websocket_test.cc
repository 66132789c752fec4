// What loquat/websocket.h promises.
#include "loquat/websocket.h"

#include "http/websocket_test_client.h"

namespace loquat::http {
namespace {

class WebSocketIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, WebSocketIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(WebSocketIn, EchoesAndCloses) {
  run([] {
    End end;
    Site site(echo_handler(end));
    Peer peer(site);
    EXPECT_EQ(peer.answer().status, 101);
    EXPECT_EQ(peer.answer()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 s.1.3
    const std::string large(200'000, 'x');
    for (const std::string& text : {std::string("你好"), std::string(), large})
      EXPECT_EQ(peer.text(text).payload(), text);
    peer.raw(codec::websocket_frame(WebSocketOpcode::binary, std::string("\0\xff", 2), 7));
    const auto binary = peer.event();
    EXPECT_EQ(binary.kind, Kind::binary);
    EXPECT_EQ(binary.payload, std::string("\0\xff", 2));
    peer.close(1000, "bye");
    const auto closed = peer.event();
    EXPECT_EQ(closed.kind, Kind::close);
    EXPECT_EQ(closed.code, 1000);
    EXPECT_TRUE(peer.client().at_end());
    end.known.wait();
    EXPECT_EQ(end.code, 1000);
    EXPECT_EQ(end.reason, "bye");
  });
}

TEST_P(WebSocketIn, FramesThatComeWithTheHandshakeAndInPieces) {
  run([] {
    End end;
    Site site(echo_handler(end));
    Peer peer(site, {}, codec::websocket_frame(WebSocketOpcode::text, "early", 1));
    EXPECT_EQ(peer.payload(), "early");
    std::string first = codec::websocket_frame(WebSocketOpcode::text, "frag", 2);
    first[0] = '\x01';
    std::string last = codec::websocket_frame(WebSocketOpcode::continuation, "ments", 3);
    for (const char c : first + codec::websocket_frame(WebSocketOpcode::ping, "p", 4) + last) {
      peer.raw(std::string_view(&c, 1));
    }
    const auto pong = peer.event();
    EXPECT_EQ(pong.kind, Kind::pong);
    EXPECT_EQ(pong.payload, "p");
    EXPECT_EQ(peer.payload(), "fragments");
  });
}

TEST_P(WebSocketIn, AHandlerSeesWhatHasCome) {
  run([] {
    End end;
    std::size_t first = 0;
    std::vector<std::string> seen;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      EXPECT_FALSE(ws.has_message());
      while (first == 0 || ws.socket().recv(4096, MSG_PEEK).size() < first) sleep(1ms);
      while (auto message = ws.recv()) seen.push_back(message->data + (ws.has_message() ? " and more" : ""));
      EXPECT_FALSE(ws.has_message());
      end.known.set();
    });
    Peer peer(site);
    const auto text = [](std::string_view data) {
      return codec::websocket_frame(WebSocketOpcode::text, data, 0x01020304);
    };
    // A ping is no message, nor is one that has not come whole.
    const std::string ping = codec::websocket_frame(WebSocketOpcode::ping, {}, 0x01020304);
    const std::string bytes = text("one") + text("two") + ping + text("three").substr(0, 8);
    peer.raw(bytes);
    first = bytes.size();
    EXPECT_EQ(peer.event().kind, Kind::pong);
    peer.raw(text("three").substr(8)).close(1000);
    end.known.wait();
    EXPECT_EQ(seen, (std::vector<std::string>{"one and more", "two", "three"}));
  });
}

TEST_P(WebSocketIn, AHandlerThatLetsItsPeerWaitAnswersPings) {
  run([] {
    End end;
    Event ponged;
    std::vector<std::string> seen;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      while (!ponged.is_set()) ws.answer_pings(1ms);
      ws.answer_pings(-1s);
      while (auto message = ws.recv()) seen.push_back(message->data);
      end.known.set();
    });
    Peer peer(site);
    peer.text("one").raw(codec::websocket_frame(WebSocketOpcode::ping, "here", 0x01020304));
    EXPECT_EQ(peer.event().kind, Kind::pong);
    peer.text("two").close(1000);
    ponged.set();
    end.known.wait();
    EXPECT_EQ(seen, (std::vector<std::string>{"one", "two"}));
  });
}

TEST_P(WebSocketIn, WhatBreaksTheRulesIsClosedWithItsCode) {
  run([] {
    const std::string text = codec::websocket_frame(WebSocketOpcode::text, "x", 1);
    std::string reserved = text, fragment = text;
    reserved[0] = '\xc1';
    fragment[0] = '\x01';
    const std::pair<std::string, int> cases[] = {
        {codec::websocket_frame(WebSocketOpcode::text, "not masked"), 1002},
        {reserved, 1002},
        {codec::websocket_frame(WebSocketOpcode::continuation, "x", 1), 1002},
        {fragment + text, 1002},
        {codec::websocket_frame(static_cast<WebSocketOpcode>(3), "x", 1), 1002},
        {codec::websocket_frame(WebSocketOpcode::text, "\xff\xfe", 1), 1007},
        {codec::websocket_frame(WebSocketOpcode::text, std::string(2000, 'x'), 1), 1009},
        {codec::websocket_frame(WebSocketOpcode::close, "\x03", 1), 1002},
        {std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + "maskx", 1009},
    };
    for (const auto& [bytes, code] : cases) {
      End end;
      Site site(echo_handler(end, {.max_size = 1000}));
      Peer peer(site);
      const auto closed = peer.raw(bytes).event();
      EXPECT_EQ(closed.kind, Kind::close);
      EXPECT_EQ(closed.code, code);
      EXPECT_TRUE(peer.client().at_end());
      EXPECT_FALSE(peer.client().was_reset());
      end.known.wait();
      EXPECT_EQ(end.code, code);
    }
  });
}

TEST_P(WebSocketIn, MessagesBeforeTheEndAreAnswered) {
  run([] {
    const std::string text = codec::websocket_frame(WebSocketOpcode::text, "x", 1);
    const std::pair<std::string, int> ends[] = {
        {codec::websocket_frame(WebSocketOpcode::text, "not masked"), 1002},
        {codec::websocket_frame(WebSocketOpcode::text, "\xff\xfe", 1), 1007},
        {codec::websocket_frame(WebSocketOpcode::close, codec::websocket_close_payload(3001, "bye"), 1), 3001},
    };
    for (const auto& [last, code] : ends) {
      End end;
      Site site(echo_handler(end));
      Peer peer(site);
      peer.raw(text + text + last);
      EXPECT_EQ(peer.payload(), "x");
      EXPECT_EQ(peer.payload(), "x");
      EXPECT_EQ(peer.event(false).code, code);
      EXPECT_TRUE(peer.client().at_end());
      end.known.wait();
      EXPECT_EQ(end.code, code);
    }
  });
}

TEST_P(WebSocketIn, EndlessFragmentsEnd) {
  run([] {
    End end;
    Site site(echo_handler(end, {.max_size = 100'000}));
    Peer peer(site);
    std::string next = codec::websocket_frame(WebSocketOpcode::text, std::string(1000, 'x'), 1);
    next[0] = '\x01';
    const auto flood = spawn([&] {
      try {
        for (int i = 0; i < 100'000; ++i) {
          peer.raw(next);
          next[0] = '\x00';
        }
      } catch (const OSError&) {
        // Closed, as expected.
      }
    });
    EXPECT_EQ(peer.event(false).code, 1009);
    peer.client().rest();
    peer.client().socket().close();
    flood.join();
    end.known.wait();
    EXPECT_EQ(end.code, 1009);
  });
}

TEST_P(WebSocketIn, APeerThatVanishes) {
  run([] {
    End end;
    Site site(echo_handler(end));
    { Peer peer(site); }
    end.known.wait();
    EXPECT_EQ(end.code, 1006);
    EXPECT_EQ(end.reason, "");
  });
}

TEST_P(WebSocketIn, TheServerCloses) {
  run([] {
    End end;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      EXPECT_EQ(request.path(), "");
      EXPECT_EQ(ws.close_code(), 0);
      EXPECT_THROW(ws.close(1005), std::invalid_argument);
      EXPECT_THROW(ws.send_text("\xff"), std::invalid_argument);
      ws.send_text("last");
      ws.close(4001, "enough");
      EXPECT_THROW(ws.send_text("late"), BrokenPipeError);
      EXPECT_EQ(ws.recv()->data, "still on its way");
      EXPECT_FALSE(ws.recv());
      EXPECT_EQ(ws.close_code(), 4001);
      end.known.set();
    });
    Peer peer(site);
    EXPECT_EQ(peer.event(false).payload, "last");
    const auto closed = peer.event(false);
    EXPECT_EQ(closed.code, 4001);
    EXPECT_EQ(closed.payload, "enough");
    peer.text("still on its way");
    std::string code = "\x0f\xa1";
    peer.raw(codec::websocket_frame(WebSocketOpcode::close, code, 5));
    EXPECT_TRUE(peer.client().at_end());
    end.known.wait();
  });
}

TEST_P(WebSocketIn, TheHandlersEndIsTheConnections) {
  run([] {
    MemoryLog log;
    Site site(
        [](Request& request, Response& response) {
          const bool fails = request.arg("fails").has_value();
          WebSocket ws = accept_websocket(request, response);
          if (fails || ws.recv()->data == "throw") throw std::runtime_error("broken");
        },
        {.log = &log});
    Peer good(site);
    EXPECT_EQ(good.text("return").event().code, 1000);
    EXPECT_TRUE(good.client().at_end());
    Peer bad(site);
    EXPECT_EQ(bad.text("throw").event().code, 1011);
    EXPECT_TRUE(bad.client().at_end());
    EXPECT_EQ(log.lines.size(), 1u);
  });
}

TEST_P(WebSocketIn, ManySendersAndEncodedFrames) {
  run([] {
    const std::string frame = encode_text("to all") + encode_binary("!");
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      std::vector<Fiber<>> senders;
      for (int i = 0; i < 5; ++i) {
        senders.push_back(spawn([&] {
          for (int n = 0; n < 20; ++n) {
            const std::string_view both[] = {frame, frame};
            n % 2 == 0 ? ws.send_encoded(frame) : ws.send_encoded(both);
          }
        }));
      }
      for (const auto& sender : senders) sender.get();
      EXPECT_FALSE(ws.recv());
    });
    Peer peer(site);
    for (int i = 0; i < 5 * 30; ++i) {
      EXPECT_EQ(peer.payload(), "to all");
      EXPECT_EQ(peer.payload(), "!");
    }
    peer.close(1001);
    EXPECT_EQ(peer.event().code, 1001);
  });
}

TEST_P(WebSocketIn, AnotherFiberMayEndIt) {
  run([] {
    for (const bool aborts : {false, true}) {
      End end;
      Site site([&](Request& request, Response& response) {
        WebSocket ws = accept_websocket(request, response);
        const auto other = spawn([&] { aborts ? ws.abort() : ws.close(1012, "restart"); });
        EXPECT_FALSE(ws.recv());
        other.join();
        end.code = ws.close_code();
        end.known.set();
      });
      Peer peer(site);
      if (!aborts) {
        EXPECT_EQ(peer.event().code, 1012);
      }
      EXPECT_TRUE(peer.client().at_end());
      end.known.wait();
      EXPECT_EQ(end.code, aborts ? 1006 : 1012);
    }
  });
}

TEST_P(WebSocketIn, Subprotocols) {
  run([] {
    End end;
    Site site(echo_handler(end, {.subprotocols = {"binary.ircv3.net", "text.ircv3.net"}}));
    Peer ours(site, "Sec-WebSocket-Protocol: unknown, text.ircv3.net\r\nSec-WebSocket-Protocol: binary.ircv3.net\r\n");
    EXPECT_EQ(ours.answer()["Sec-WebSocket-Protocol"], "text.ircv3.net");
    Peer none(site, "Sec-WebSocket-Protocol: unknown\r\n");
    EXPECT_EQ(none.answer().status, 101);
    EXPECT_EQ(none.answer()["Sec-WebSocket-Protocol"], "");
  });
}

TEST_P(WebSocketIn, WhoMayNot) {
  run([] {
    End end;
    Site site(echo_handler(end));
    const auto status = [&](const std::string& lines) { return site.connect().ask(upgrade + lines + "\r\n").status; };
    EXPECT_EQ(status("Origin: http://here:7777\r\n"), 101);
    EXPECT_EQ(status("Origin: http://HERE:7777\r\n"), 101);
    for (const char* other :
         {"http://here", "http://there:7777", "http://here:7778", "null", "http://here:7777.evil.org", ""}) {
      EXPECT_EQ(status("Origin: " + std::string(other) + "\r\n"), 403) << other;
    }
    Client client = site.connect();
    Answer answer = client.get("/chat");
    EXPECT_EQ(answer.status, 426);
    EXPECT_EQ(answer["Sec-WebSocket-Version"], "13");
    EXPECT_EQ(answer["Upgrade"], "websocket");
    EXPECT_EQ(answer["Connection"], "upgrade");  // RFC 9110 s.7.8
    answer = site.connect().ask("GET /chat HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(answer["Connection"], "upgrade, close");
    answer = site.connect().ask("POST /chat HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer["Allow"], "GET");
    EXPECT_EQ(status("Sec-WebSocket-Version: 8\r\n"), 426);
    EXPECT_EQ(status("Sec-WebSocket-Key: x\r\n"), 400);
    EXPECT_EQ(status("Content-Length: 3\r\n"), 400);
    Site asking(echo_handler(end, {.check_origin = [](std::string_view origin, const Request& request) {
                               return origin == "null" && request.path() == "/chat";
                             }}));
    EXPECT_EQ(asking.connect().ask(upgrade + "Origin: null\r\n\r\n").status, 101);
    EXPECT_EQ(asking.connect().ask(upgrade + "Origin: http://here:7777\r\n\r\n").status, 403);
  });
}

TEST_P(WebSocketIn, TimesMayBeAnything) {
  run([] {
    for (AnyDuration WebSocketOptions::*option :
         {&WebSocketOptions::ping_interval, &WebSocketOptions::ping_timeout, &WebSocketOptions::close_timeout}) {
      for (const Duration time : {Duration::min(), Duration(-1), Duration::zero(), Duration(1), Duration::max()}) {
        WebSocketOptions options;
        options.*option = time;
        End end;
        Site site(echo_handler(end, options));
        Peer peer(site);
        try {
          peer.text("hello");
          while (peer.event().kind == Kind::ping) continue;
          peer.close(1000);
        } catch (const OSError&) {
          EXPECT_LT(time, 1s);
        }
        end.known.wait();
      }
    }
  });
}

}  // namespace
}  // namespace loquat::http
