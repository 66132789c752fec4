// WebSocketOptions::compression, end to end.
#include "http/websocket_test_client.h"

namespace loquat::http {
namespace {

class DeflateIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, DeflateIn, ::testing::Values("epoll", "uring", "sim"), world_name);

const std::string offer_line = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const WebSocketOptions compressing{.max_size = 100'000, .compression = true};

// The text of the next message, which has come compressed.
std::string inflated(Peer& peer) {
  auto event = peer.event();
  EXPECT_TRUE(event.compressed);
  EXPECT_EQ(codec::inflate_message(event, 10'000'000), 0);
  return event.payload;
}

TEST_P(DeflateIn, LongMessagesGoCompressedBothWays) {
  run([] {
    End end;
    Site site(echo_handler(end, compressing));
    Peer peer(site, offer_line);
    EXPECT_EQ(peer.answer()["Sec-WebSocket-Extensions"],
              "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    const std::string text(50'000, 'x');
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(inflated(peer.compressed(*codec::deflate_message(text))), text);
      EXPECT_EQ(inflated(peer.text(text)), text);
      const auto few = peer.compressed(*codec::deflate_message("short, short, short")).event();
      EXPECT_FALSE(few.compressed);
      EXPECT_EQ(few.payload, "short, short, short");
    }
    peer.close(1000);
    EXPECT_EQ(peer.event().code, 1000);
    end.known.wait();
  });
}

TEST_P(DeflateIn, OnlyIfBothWantIt) {
  run([] {
    const std::string text(5000, 'x');
    for (const bool server : {true, false}) {
      End end;
      Site site(echo_handler(end, {.compression = server}));
      Peer peer(site, server ? "" : offer_line);
      EXPECT_EQ(peer.answer()["Sec-WebSocket-Extensions"], "");
      EXPECT_EQ(peer.text(text).payload(), text);
      EXPECT_EQ(peer.compressed(*codec::deflate_message(text)).event().code, 1002);
      end.known.wait();
    }
  });
}

TEST_P(DeflateIn, EncodedFramesAreNeverCompressed) {
  run([] {
    const std::string text(5000, 'x');
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response, compressing);
      ws.send_encoded(encode_text(text));
      ws.send_binary(text);
    });
    Peer peer(site, offer_line);
    const auto plain = peer.event();
    EXPECT_FALSE(plain.compressed);
    EXPECT_EQ(plain.payload, text);
    EXPECT_EQ(inflated(peer), text);
  });
}

TEST_P(DeflateIn, AFaultIsClosedWithItsCodeOnceWhatCameBeforeIsAnswered) {
  run([] {
    const std::string bomb = *codec::deflate_message(std::string(100'001, '\0'));
    const std::pair<std::string, int> cases[] = {
        {bomb, 1009}, {"\xff", 1007}, {*codec::deflate_message("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 1007}};
    for (const auto& [data, code] : cases) {
      End end;
      Site site(echo_handler(end, compressing));
      Peer peer(site, offer_line);
      const std::string before = codec::websocket_frame(WebSocketOpcode::text, "before", 1);
      std::string wrong = codec::websocket_frame(WebSocketOpcode::text, data, 1);
      wrong[0] = '\xc1';
      // What follows is dropped, also the peer's Close.
      peer.raw(before + wrong + before + codec::websocket_frame(WebSocketOpcode::close, "\x03\xe8", 1));
      EXPECT_EQ(peer.event().payload, "before");
      const auto closed = peer.event(false);
      EXPECT_EQ(closed.kind, Kind::close);
      EXPECT_EQ(closed.code, code);
      EXPECT_TRUE(peer.client().at_end());
      end.known.wait();
      EXPECT_EQ(end.code, code);
    }
  });
}

TEST_P(DeflateIn, AFaultIsSeenAlsoIfTheHandlerReadsNoMore) {
  run([] {
    Site site([](Request& request, Response& response) { accept_websocket(request, response, compressing); });
    Peer peer(site, offer_line);
    peer.compressed("\xff");
    EXPECT_EQ(peer.event(false).code, 1000);
    EXPECT_TRUE(peer.client().at_end());
  });
}

// Many small bombs in one read wait as they came: only the one that recv() takes is inflated.
TEST_P(DeflateIn, WaitingMessagesStaySmall) {
  run([] {
    constexpr int count = 10;
    const std::string text(100'000, 'x');
    End end;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response, compressing);
      for (int i = 0; i < count; ++i) {
        const auto message = ws.recv();
        EXPECT_TRUE(message && message->data == text);
      }
      end.known.set();
    });
    Peer peer(site, offer_line);
    std::string frame = codec::websocket_frame(WebSocketOpcode::text, *codec::deflate_message(text), 1), all;
    frame[0] = '\xc1';
    for (int i = 0; i < count; ++i) all += frame;
    peer.raw(all);
    end.known.wait();
  });
}

}  // namespace
}  // namespace loquat::http
