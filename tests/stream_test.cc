// The promises of makefile() (loquat/stream.h). Tests that come from Python's FileObject classes have the same names
// and run with the same buffer sizes, in every World.
#include "loquat/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <sstream>

#include "loquat/socket.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

const std::string message = "Michael Gilfix was here\u1234\r\n";  // test_socket's MSG

struct Case {
  std::string world;
  std::size_t buffer;
};

// Python's bufsize -1, 0, 1 and 2.
class FileObject : public ::testing::TestWithParam<Case> {
 protected:
  struct Files {
    Pair ends = connected();
    SocketStream read_file;
    SocketStream write_file;
    explicit Files(std::size_t buffer)
        : read_file(ends.client.makefile(buffer)), write_file(ends.server.makefile(buffer)) {}
  };
  template <class F>
  void run(F&& body) {
    run_in(GetParam().world, [&] {
      Files files(GetParam().buffer);
      body(files);
    });
  }
};

class UnbufferedFileObject : public FileObject {};
class FileObjectInFibers : public FileObject {};

auto cases(std::initializer_list<const char*> worlds, std::initializer_list<std::size_t> buffers) {
  std::vector<Case> all;
  for (const char* world : worlds) {
    for (const std::size_t buffer : buffers) all.push_back({world, buffer});
  }
  return ::testing::ValuesIn(all);
}

constexpr std::size_t usual = SocketStream::default_buffer;
auto case_name = [](const ::testing::TestParamInfo<Case>& each) {
  return each.param.world + "_" + std::to_string(each.param.buffer);
};
INSTANTIATE_TEST_SUITE_P(Worlds, FileObject, cases({"epoll", "uring", "threads", "sim"}, {usual, 0, 1, 2}), case_name);
INSTANTIATE_TEST_SUITE_P(Worlds, UnbufferedFileObject, cases({"epoll", "uring", "threads", "sim"}, {0}), case_name);
INSTANTIATE_TEST_SUITE_P(Worlds, FileObjectInFibers, cases({"epoll", "uring", "sim"}, {usual}), case_name);

std::string read(std::istream& file, std::size_t size) {
  std::string data(size, '\0');
  file.read(data.data(), static_cast<std::streamsize>(size));
  data.resize(static_cast<std::size_t>(file.gcount()));
  return data;
}

std::string read(std::istream& file) { return {std::istreambuf_iterator<char>(file), {}}; }

TEST_P(FileObject, ReadAfterTimeout) {
  run([](Files& f) {
    f.write_file << message.substr(0, 3) << std::flush;
    f.ends.client.settimeout(10ms);
    EXPECT_EQ(read(f.read_file, 3), message.substr(0, 3));
    EXPECT_THROW(f.read_file.get(), TimeoutError);
    f.read_file.clear();
    f.write_file << "more" << std::flush;
    try {
      f.read_file.get();
      ADD_FAILURE() << "it read on";
    } catch (const std::ios_base::failure& e) {
      EXPECT_NE(std::string(e.what()).find("cannot read from a stream that has timed out"), std::string::npos);
    }
    f.read_file.clear();
    f.read_file << "writing goes on" << std::flush;
    EXPECT_EQ(read(f.write_file, 15), "writing goes on");
  });
}

TEST_P(FileObject, SmallRead) {
  run([](Files& f) {
    f.write_file << message << std::flush;
    EXPECT_EQ(read(f.read_file, message.size() - 3), message.substr(0, message.size() - 3));
    EXPECT_EQ(read(f.read_file, 3), message.substr(message.size() - 3));
  });
}

TEST_P(FileObject, FullRead) {
  run([](Files& f) {
    f.write_file << message;
    f.write_file.close();
    f.ends.server.close();
    EXPECT_EQ(read(f.read_file), message);
    EXPECT_EQ(f.read_file.peek(), EOF);
    EXPECT_TRUE(f.read_file.eof());
    EXPECT_FALSE(f.read_file.bad());
  });
}

TEST_P(FileObject, UnbufferedRead) {
  run([](Files& f) {
    f.write_file << message << std::flush;
    f.ends.server.shutdown(SHUT_WR);
    std::string got;
    for (char c; f.read_file.get(c);) got += c;
    EXPECT_EQ(got, message);
  });
}

TEST_P(FileObject, Readline) {
  run([](Files& f) {
    f.write_file << message << "next" << std::flush;
    std::string line;
    std::getline(f.read_file, line);
    EXPECT_EQ(line + "\n", message);
  });
}

TEST_P(FileObject, CloseAfterMakefile) {
  run([](Files& f) {
    f.ends.client.close();
    f.write_file << message << std::flush;
    f.ends.server.shutdown(SHUT_WR);
    EXPECT_EQ(read(f.read_file), message);
  });
}

TEST_P(FileObject, MakefileAfterMakefileClose) {
  run([](Files& f) {
    f.read_file.close();
    f.write_file << message << std::flush;
    EXPECT_EQ(f.ends.client.recv(message.size(), MSG_WAITALL), message);
  });
}

TEST_P(FileObject, ClosedAttr) {
  run([](Files& f) {
    EXPECT_FALSE(f.read_file.closed());
    f.read_file.close();
    EXPECT_TRUE(f.read_file.closed());
    f.read_file.close();
    EXPECT_THROW(f.read_file.get(), std::ios_base::failure);
    f.read_file.clear();
    EXPECT_THROW(f.read_file << "x" << std::flush, std::ios_base::failure);
  });
}

TEST_P(FileObject, Attributes) {
  run([](Files& f) {
    if (GetParam().world == "sim") {  // has no descriptors
      EXPECT_THROW((void)f.read_file.fileno(), std::logic_error);
      return;
    }
    EXPECT_EQ(f.read_file.fileno(), f.ends.client.fileno());
    EXPECT_GE(f.read_file.fileno(), 0);
    f.read_file.close();
    EXPECT_EQ(f.read_file.fileno(), -1);
  });
}

TEST_P(FileObject, RealClose) {
  run([](Files& f) {
    f.read_file.close();
    f.ends.client.close();
    EXPECT_TRUE(f.ends.client.closed());
    EXPECT_EQ(errc_of([&] { (void)f.ends.client.getsockname(); }), EBADF);
    EXPECT_EQ(errc_of([&] { SocketStream late(f.ends.client); }), EBADF);
  });
}

TEST_P(FileObject, MakefileClose) {
  run([](Files& f) {
    f.ends.client.close();
    f.write_file << message << std::flush;
    EXPECT_EQ(f.ends.client.recv(message.size(), MSG_WAITALL), message);
    f.read_file.close();
    EXPECT_EQ(errc_of([&] { f.ends.client.recv(1024); }), EBADF);
  });
}

// The descriptor is closed with the last socket or stream that uses it, and the peer sees the end.
TEST_P(FileObject, MakefileCloseSocketDestroy) {
  run([](Files& f) {
    {
      Socket gone = std::move(f.ends.client);
      SocketStream second = gone.makefile();
      f.read_file.close();
      gone.~Socket();
      new (&gone) Socket();
      second << "still here" << std::flush;
      EXPECT_EQ(read(f.write_file, 10), "still here");
    }
    EXPECT_EQ(f.write_file.get(), EOF);
  });
}

// Several streams may read one socket in turn if they are unbuffered.
TEST_P(UnbufferedFileObject, UnbufferedReadline) {
  run([](Files& f) {
    f.write_file << "A. " << message << "B. " << message << "C. " << std::flush;
    std::string line;
    std::getline(f.read_file, line);
    EXPECT_EQ(line + "\n", "A. " + message);
    SocketStream second = f.ends.client.makefile(SocketStream::unbuffered);
    std::getline(second, line);
    EXPECT_EQ(line + "\n", "B. " + message);
    EXPECT_EQ(f.ends.client.recv(3, MSG_WAITALL), "C. ");
  });
}

TEST_P(FileObject, SmallReadNonBlocking) {
  run([](Files& f) {
    f.ends.client.setblocking(false);
    EXPECT_THROW(f.read_file.get(), BlockingIOError);
    EXPECT_TRUE(f.read_file.bad());
    f.read_file.clear();
    f.write_file << message << std::flush;
    std::string got;
    while (got.size() < message.size()) {
      ASSERT_TRUE(f.ends.client.wait_readable(10s));
      try {
        for (char c; f.read_file.get(c);) got += c;
      } catch (const BlockingIOError&) {
        f.read_file.clear();
      }
    }
    EXPECT_EQ(got, message);
    EXPECT_THROW(f.read_file.get(), BlockingIOError);
  });
}

TEST_P(FileObject, WriteNonBlocking) {
  run([](Files& f) {
    f.ends.server.setblocking(false);
    const std::string big((1 << 20), 'x');
    std::size_t taken = 0;
    try {
      for (;;) {
        f.write_file << big << std::flush;
        taken += big.size();
      }
    } catch (const BlockingIOError& e) {
      taken += e.done();
    }
    EXPECT_GT(taken, 0u);
    auto reader = beside([&] { return read_all(f.ends.client).size(); });
    f.write_file.clear();
    f.ends.server.setblocking(true);
    f.write_file << "end" << std::flush;  // after the unsent bytes
    f.ends.server.shutdown(SHUT_WR);
    EXPECT_EQ(reader.get(), taken + 3);
  });
}

// --- what iostreams need besides Python's tests ----------------------------------------------------------------------

TEST_P(FileObject, UnsentBytesStayInOrder) {
  run([](Files& f) {
    f.ends.server.settimeout(5ms);
    std::ostringstream all;
    bool full = false;
    for (int i = 0; !full; ++i) {
      const std::string line = "line " + std::to_string(i) + " " + std::string(5000, 'x') + "\n";
      try {
        f.write_file.clear();
        f.write_file << line << std::flush;
        all << line;
      } catch (const TimeoutError& e) {
        full = true;
        // A buffered stream keeps the whole line; an unbuffered one has sent a part.
        const bool kept = GetParam().buffer > 2 || GetParam().buffer == SocketStream::line_buffered;
        all << (kept ? line : line.substr(0, e.done()));
      }
    }
    auto reader = beside([&] { return read_all(f.ends.client); });
    f.ends.server.settimeout({});
    f.write_file.clear();
    f.write_file << "end" << std::flush;
    f.ends.server.shutdown(SHUT_WR);
    EXPECT_EQ(reader.get(), all.str() + "end");
  });
}

TEST_P(FileObject, BuffersSendOnFlushAndWhenFull) {
  run([](Files& f) {
    const std::size_t buffer = GetParam().buffer;
    f.write_file << 'a';
    f.write_file.put('b');
    EXPECT_EQ(f.ends.client.wait_readable(buffer == 0 ? 10s : 1ms), buffer == 0);
    f.write_file.put('\n');
    EXPECT_EQ(f.ends.client.wait_readable(buffer <= 2 ? 10s : 1ms), buffer <= 2);
    f.write_file << std::flush;
    EXPECT_EQ(read(f.read_file, 3), "ab\n");
  });
}

TEST_P(FileObject, WorksWithRangesAndIterators) {
  run([](Files& f) {
    f.write_file << "1 2 3\n";
    std::ranges::copy(std::string_view("4 5\n"), std::ostreambuf_iterator<char>(f.write_file));
    std::ranges::copy(std::vector<int>{6, 7}, std::ostream_iterator<int>(f.write_file, " "));
    f.write_file << std::flush;
    f.ends.server.shutdown(SHUT_WR);
    std::vector<int> doubled;
    for (const int each : std::views::istream<int>(f.read_file) | std::views::transform([](int i) { return 2 * i; })) {
      doubled.push_back(each);
    }
    EXPECT_EQ(doubled, (std::vector<int>{2, 4, 6, 8, 10, 12, 14}));
  });
}

TEST_P(FileObject, BytesPassUnchanged) {
  run([](Files& f) {
    std::string bytes = pattern(100'000);
    bytes += std::string("\0\r\n\xff", 4);
    auto writer = beside([&] {
      f.write_file << bytes << std::flush;
      f.ends.server.shutdown(SHUT_WR);
    });
    EXPECT_EQ(read(f.read_file), bytes);
    writer.get();
  });
}

TEST_P(FileObject, KeepsTheSocketAliveAlone) {
  run([](Files&) {
    Socket listener = create_server({"127.0.0.1", 0});
    auto server = beside([&] { return listener.accept().recv(100, MSG_WAITALL); });
    {
      SocketStream file = create_connection("127.0.0.1", listener.getsockname().port()).makefile();
      file << "hello";
    }
    EXPECT_EQ(server.get(), "hello");
  });
}

TEST_P(FileObject, ShutdownWakesTheReader) {
  run([](Files& f) {
    auto reader = beside([&] { return read(f.read_file); });
    f.ends.client.close();
    f.ends.client.shutdown(SHUT_RDWR);
    EXPECT_EQ(reader.get(), "");
  });
}

// A cancelled fiber with unsent bytes ends, although the peer does not read.
TEST_P(FileObjectInFibers, UnwindingDoesNotWait) {
  run([](Files& f) {
    f.ends.server.setblocking(false);
    EXPECT_THROW(for (;;) f.ends.server.sendall(std::string((1 << 20), 'x')), BlockingIOError);
    f.ends.server.setblocking(true);
    auto stuck = spawn([&] {
      SocketStream file = f.ends.server.makefile();
      file << "unsent";
      f.ends.server.recv(1);
    });
    sleep(1ms);
    stuck.cancel();
    EXPECT_THROW(stuck.get(), CancelledError);
  });
}

}  // namespace
}  // namespace loquat
