// Programs that start, and those that cannot: subprocess.h.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using subprocess::PIPE;
using subprocess::Popen;
using subprocess::STDOUT;

class SubprocessStart : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, SubprocessStart, ::testing::Values("epoll", "uring", "threads"), world_name);

// A folder with a plain file and a script without a first line.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/loquat-programs-XXXXXX";
    path = ::mkdtemp(name);
    std::ofstream(path + "/plain") << "text\n";
    std::ofstream(path + "/script") << "echo no\n";
    ::chmod((path + "/script").c_str(), 0755);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST_P(SubprocessStart, AProgramThatCannotStartIsTheCallersError) {
  run([] {
    const Folder folder;
    const LeavesNothing check;
    const auto start = [](const subprocess::Args& args, const subprocess::PopenOptions& options = {}) {
      return errc_of([&] { Popen(args, options); });
    };
    EXPECT_EQ(start({"/nosuch"}), ENOENT);
    EXPECT_EQ(start({"a-program-that-is-nowhere"}), ENOENT);
    EXPECT_EQ(start({""}), ENOENT);
    EXPECT_EQ(start({folder.path + "/plain"}), EACCES);
    EXPECT_EQ(start({folder.path + "/plain/below"}), ENOTDIR);
    EXPECT_EQ(start({folder.path}), EACCES);
    EXPECT_EQ(start({folder.path + "/script"}), ENOEXEC);
    EXPECT_EQ(start({"true", std::string(4'000'000, 'x')}), E2BIG);
    EXPECT_EQ(start({"true"}, {.cwd = "/nosuch"}), ENOENT);
    EXPECT_EQ(start({"true"}, {.pass_fds = {999'999}}), EBADF);
    EXPECT_EQ(start({"true"}, {.std_out = 999'999}), EBADF);
    EXPECT_EQ(start({"true"}, {.process_group = 1}), EPERM);
    EXPECT_EQ(start({"plain"}, {.env = {{{"PATH", "/nosuch:" + folder.path + ":/"}}}}), EACCES);
  });
}

TEST_P(SubprocessStart, TheErrorNamesTheCallAndTheProgram) {
  run([] {
    const auto text = [](const subprocess::Args& args, const subprocess::PopenOptions& options) {
      try {
        Popen(args, options);
      } catch (const FileNotFoundError& error) {
        return std::string(error.what());
      }
      return std::string();
    };
    EXPECT_EQ(text({"nosuch"}, {.std_in = PIPE}), "exec nosuch: No such file or directory");
    EXPECT_EQ(text({"true"}, {.cwd = "/nosuch"}), "chdir /nosuch: No such file or directory");
  });
}

TEST_P(SubprocessStart, RefusesWhatNoProgramCanBeGiven) {
  run([] {
    EXPECT_THROW(Popen({}), std::invalid_argument);
    EXPECT_THROW(Popen({"true", std::string("a\0b", 3)}), std::invalid_argument);
    EXPECT_THROW(Popen({"true"}, {.env = {{{"A=B", "c"}}}}), std::invalid_argument);
    EXPECT_THROW(Popen({"true"}, {.env = {{{"A", std::string(1, '\0')}}}}), std::invalid_argument);
    EXPECT_THROW(Popen({"true"}, {.std_out = STDOUT}), std::invalid_argument);
    EXPECT_THROW(Popen({"true"}, {.std_out = -1}), std::invalid_argument);
    EXPECT_THROW(Popen({"true"}, {.pass_fds = {1}}), std::invalid_argument);
  });
}

// --- standard descriptors that are closed here -----------------------------------------------------------------------

// Runs body() in a child process without descriptors 0 to 2, and returns what it returns. Then a run's own descriptors
// have these numbers.
std::string without_standard_descriptors(const std::string& world, const std::function<std::string()>& body) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    for (const int fd : {0, 1, 2}) ::close(fd);
    std::string words;
    try {
      run_in(world, [&] { words = body(); });
    } catch (const std::exception& error) {
      words = error.what();
    }
    ::_exit(::write(ends[1], words.data(), words.size()) < 0 ? 2 : 0);
  }
  ::close(ends[1]);
  File reader(ends[0], File::own);
  std::string words;
  for (std::string piece; !(piece = reader.read(1000)).empty();) words += piece;
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return words;
}

class SubprocessAlone : public InWorld {
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "ThreadSanitizer allows no thread in the child of a fork";
#endif
  }
};
INSTANTIATE_TEST_SUITE_P(Worlds, SubprocessAlone, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(SubprocessAlone, PipesWorkWithoutStandardDescriptors) {
  EXPECT_EQ(without_standard_descriptors(GetParam(),
                                         [] {
                                           Popen child(shell("cat; echo no >&2"),
                                                       {.std_in = PIPE, .std_out = PIPE, .std_err = PIPE});
                                           const subprocess::Output got = child.communicate("hello, ");
                                           return got.std_out + got.std_err;
                                         }),
            "hello, no\n");
  EXPECT_EQ(without_standard_descriptors(GetParam(),
                                         [] {
                                           Popen child(shell("cat; echo no >&2"),
                                                       {.std_in = PIPE, .std_out = PIPE, .std_err = STDOUT});
                                           return child.communicate("hello, ").std_out;
                                         }),
            "hello, no\n");
}

// A program that prints although its standard output is closed does not print into a pipe.
TEST_P(SubprocessAlone, OurEndsOfPipesAreNoStandardDescriptors) {
  EXPECT_EQ(without_standard_descriptors(GetParam(),
                                         [] {
                                           Popen child(shell("cat"), {.std_in = PIPE, .std_out = PIPE});
                                           for (const int fd : {0, 1, 2})
                                             if (::write(fd, "stray", 5) > 0) return std::string("written");
                                           return child.communicate("hello").std_out;
                                         }),
            "hello");
}

// There is no standard output that standard error could go to. It must not get what has that number by chance: the
// writing end of the child's own input, or a descriptor of the poller.
TEST_P(SubprocessAlone, StandardErrorCannotGoToAClosedStandardOutput) {
  for (const bool pipe : {true, false}) {
    EXPECT_EQ(without_standard_descriptors(GetParam(),
                                           [pipe] {
                                             subprocess::PopenOptions options{.std_err = STDOUT};
                                             if (pipe) options.std_in = PIPE;
                                             Popen child(shell("readlink /proc/self/fd/2 >&2"), options);
                                             return std::string("started");
                                           }),
              "std_err = STDOUT, which is closed: Bad file descriptor");
  }
}

// --- programs --------------------------------------------------------------------------------------------------------

void write_program(const std::string& path) {
  const File from(::open("/bin/true", O_RDONLY | O_CLOEXEC), File::own);
  File to(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0755), File::own);
  struct stat status {};
  ::fstat(from.fileno(), &status);
  std::string all(static_cast<std::size_t>(status.st_size), '\0');
  EXPECT_EQ(::pread(from.fileno(), all.data(), all.size(), 0), status.st_size);
  to.write(all);
}

// Although others start children, which have a copy of the written file for a moment.
TEST_P(SubprocessStart, AProgramThatWasJustWrittenIsNotBusy) {
  run([] {
    const Folder folder;
    std::atomic<bool> over{false};
    const auto start_others = [&] {
      while (!over) subprocess::run({"true"});
      return true;
    };
    auto first = beside(start_others), second = beside(start_others), third = beside(start_others);
    for (int i = 0; i < 50; ++i) {
      const std::string path = folder.path + "/program" + std::to_string(i);
      write_program(path);
      EXPECT_EQ(errc_of([&] { subprocess::run({path}); }), 0);
    }
    over = true;
    EXPECT_TRUE(first.get() && second.get() && third.get());
  });
}

TEST_P(SubprocessStart, IsSearchedInItsOwnPath) {
  run([] {
    const Folder folder;
    std::filesystem::create_symlink("/bin/echo", folder.path + "/say");
    const auto done =
        subprocess::run({"say", "it"}, {.capture_output = true}, {.env = {{{"PATH", "/nosuch:" + folder.path}}}});
    EXPECT_EQ(done.std_out, "it\n");
    EXPECT_EQ(subprocess::run({"./say", "so"}, {.capture_output = true}, {.cwd = folder.path}).std_out, "so\n");
  });
}

}  // namespace
}  // namespace loquat
