// How StaticFolder sends large files: in pieces, whatever the client, the file and the process do meanwhile.
#include <sys/resource.h>

#include "http/static_folder_test_site.h"

namespace loquat::http {
namespace {

class StaticBodyIn : public InEveryWorld {
 protected:
  // More bytes than the buffers of a connection hold.
  static std::uintmax_t large() { return (GetParam() == "sim" ? 2u : 32u) << 20; }
};
INSTANTIATE_TEST_SUITE_P(Worlds, StaticBodyIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(StaticBodyIn, ArrivesWholeAndInParts) {
  run([] {
    const TestFolder folder;
    std::string bytes;
    for (int i = 0; bytes.size() < 1'000'000; ++i) bytes += std::to_string(i) + " ";
    folder.write("file", bytes).write("sparse", "");
    std::filesystem::resize_file(folder / "sparse", 5'000'000'000);
    Site site(StaticFolder(folder.site()));
    Client client = site.connect();
    EXPECT_TRUE(ask_for(client, "/file").body == bytes);
    EXPECT_TRUE(ask_for(client, "/file", "Range: bytes=65535-200001\r\n").body == bytes.substr(65535, 134467));
    const Answer end = ask_for(client, "/sparse", "Range: bytes=4999999999-\r\n");
    EXPECT_EQ(end["Content-Range"], "bytes 4999999999-4999999999/5000000000");
    EXPECT_EQ(end.body, std::string(1, '\0'));
    EXPECT_EQ(ask_for(client, "/sparse", {}, "HEAD")["Content-Length"], "5000000000");
    EXPECT_EQ(ask_for(client, "/file", "Range: bytes=0-0\r\n").body, "0");
  });
}

TEST_P(StaticBodyIn, AFileThatBecomesShorterClosesTheConnection) {
  run([] {
    const TestFolder folder;
    folder.write("file", "").write("small", "small");
    std::filesystem::resize_file(folder / "file", large());
    MemoryLog log;
    Site site(StaticFolder(folder.site()), {.log = &log});
    Client client = site.connect();
    client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\nGET /small HTTP/1.1\r\nHost: h\r\n\r\n").more();
    std::filesystem::resize_file(folder / "file", 10);
    EXPECT_EQ(client.answer().body, "cut short");
    EXPECT_TRUE(client.at_end());
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_EQ(log.lines[0], "http: GET /file: the file became shorter while it was sent");
    EXPECT_EQ(site.connect().get("/small").body, "small");
  });
}

TEST_P(StaticBodyIn, AFileThatGrowsIsSentAsAnnounced) {
  run([] {
    const TestFolder folder;
    folder.write("file", "");
    std::filesystem::resize_file(folder / "file", large());
    Site site(StaticFolder(folder.site()));
    Client client = site.connect();
    client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n").more();
    std::filesystem::resize_file(folder / "file", large() + 1000);
    const Answer answer = client.answer();
    EXPECT_EQ(answer["Content-Length"], std::to_string(large()));
    EXPECT_EQ(answer.body.size(), large());
    EXPECT_EQ(client.get("/nothing").status, 404);
  });
}

TEST_P(StaticBodyIn, ALargeFileDelaysNoOtherClient) {
  run([] {
    const TestFolder folder;
    folder.write("file", "").write("small", "small");
    std::filesystem::resize_file(folder / "file", large());
    Site site(StaticFolder(folder.site()));
    std::size_t received = 0;
    Client other = site.connect();
    const auto loading = spawn([&] {
      Client client = site.connect();
      client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
      for (; received < large() && client.more(); client.pending().clear()) received += client.pending().size();
    });
    while (received == 0) sleep(0s);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(other.get("/small").body, "small");
    EXPECT_LT(received, large());
    loading.get();
    EXPECT_GE(received, large());
  });
}

TEST(StaticBody, AClientThatDoesNotReadIsDisconnected) {
  simulated([] {
    const TestFolder folder;
    folder.write("file", "");
    std::filesystem::resize_file(folder / "file", 2u << 20);
    MemoryLog log;
    Site site(StaticFolder(folder.site()), {.write_timeout = 30s, .log = &log});
    Client client = site.connect();
    client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    const TimePoint before = now();
    while (site.server().connections() == 0) sleep(1ms);
    while (site.server().connections() != 0) sleep(1s);
    EXPECT_GE(now() - before, 30s);
    EXPECT_LT(now() - before, 60s);
    EXPECT_TRUE(log.lines.empty());
  });
}

TEST_P(StaticBodyIn, WithoutDescriptorsItSaysSo) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "sanitizers need what runs out here";
#endif
  run([] {
    const TestFolder folder;
    folder.write("file", "here");
    MemoryLog log;
    Site site(StaticFolder(folder.site()), {.log = &log});
    Client client = site.connect();
    EXPECT_EQ(client.get("/file").body, "here");
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::dup(0);
    ::close(next);
    const rlimit less{static_cast<rlim_t>(next), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &less), 0);
    const int status = client.get("/file").status;
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(status, 503);
    EXPECT_EQ(client.get("/file").body, "here");
    EXPECT_TRUE(log.lines.empty());
  });
}

}  // namespace
}  // namespace loquat::http
