// Resources run out: memory for stacks, descriptors, threads, lockable memory, and io_uring's calls one by one. Each
// time the library falls back, or the call throws; it never ends the program and never hangs. Each case runs in a child
// process, so that its limits end with it. This program's mmap(2), mprotect(2) and pthread_create(3) fail on demand.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <new>
#include <thread>

#include "loquat/file.h"
#include "loquat/names.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "loquat/socket.h"
#include "tests/worlds.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define LOQUAT_SANITIZED 1
#endif

namespace {

// The number of calls that still succeed; negative: all.
std::atomic<int> maps_left{-1}, threads_left{-1};

bool taken(std::atomic<int>& left) {
  if (left < 0) return true;
  return left.fetch_sub(1) > 0 || (left = 0, false);
}

}  // namespace

extern "C" {
#if !defined(LOQUAT_SANITIZED)
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (!taken(maps_left)) return errno = ENOMEM, MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}
int mprotect(void* at, size_t size, int protection) {
  if (!taken(maps_left)) return errno = ENOMEM, -1;
  return static_cast<int>(::syscall(SYS_mprotect, at, size, protection));
}
#endif
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  if (!taken(threads_left)) return EAGAIN;
  static auto* const next = reinterpret_cast<decltype(&::pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return next(thread, attributes, start, argument);
}
}

namespace loquat {
namespace {

using namespace std::chrono_literals;

// Runs body() in a child process and returns its result; "" is success. Any other end of the child is a failure.
std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "pipe2";
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    const std::string word = body();
    ::_exit(::write(ends[1], word.data(), word.size()) < 0 ? 2 : 0);
  }
  ::close(ends[1]);
  std::string word;
  char buffer[1000];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
    word.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return word + std::string(" ended by ") + ::sigdescr_np(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? word : word + " exit status " + std::to_string(WEXITSTATUS(status));
}

// "" if call() returns or throws an exception that a caller can expect.
std::string returns_or_throws(const std::function<void()>& call) {
  try {
    call();
  } catch (const OSError&) {
  } catch (const std::bad_alloc&) {
  } catch (const std::exception& e) {
    return std::string("throws another exception: ") + e.what();
  }
  return {};
}

RunOptions options_for(const std::string& lane, std::size_t workers = 1) {
  RunOptions options;
  options.workers = workers;
  options.poller = lane == "epoll" ? PollerKind::epoll : PollerKind::uring;
  return options;
}

// The minimum that must work in a run.
void ping_pong() {
  auto [a, b] = socketpair();
  auto reader = spawn([&a = a] { return a.recv(1); });
  sleep(0ms);
  b.sendall("x");
  if (reader.get() != "x") throw std::logic_error("not what was sent");
}

// Sanitizers map memory and open pipes themselves, and end the program if that fails.
#if defined(LOQUAT_SANITIZED)
#define NOT_UNDER_SANITIZERS() GTEST_SKIP() << "sanitizers need what runs out here"
#else
#define NOT_UNDER_SANITIZERS() (void)0
#endif

class Exhaustion : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Worlds, Exhaustion, ::testing::Values("epoll", "uring"), world_name);

// --- descriptors -----------------------------------------------------------------------------------------------------

int lowest_free() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(fd);
  return fd;
}
void allow_descriptors(int more) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = static_cast<rlim_t>(lowest_free() + more);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}
void allow_all_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_P(Exhaustion, ARunWithTooFewDescriptorsThrowsOrWorks) {
  NOT_UNDER_SANITIZERS();
  for (int more = 0; more < 10; ++more) {
    EXPECT_EQ(in_child([&] {
                allow_descriptors(more);
                std::string word = returns_or_throws([&] { loquat::run(ping_pong, options_for(GetParam(), 2)); });
                allow_all_descriptors();
                word += returns_or_throws([&] { loquat::run(ping_pong, options_for(GetParam(), 2)); });
                return word;
              }),
              "")
        << more;
  }
}

struct Call {
  const char* name;
  std::function<void()> call;
};

// Calls that open descriptors, here or in the C library.
std::vector<Call> calls_that_open() {
  static Socket server = create_server({"127.0.0.1", 0});
  static Socket client = create_connection("127.0.0.1", server.getsockname().port());
  static auto pair = socketpair();
  pair.second.sendall("x");
  static const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  return {
      {"Socket", [] { Socket(AF_INET); }},
      {"socketpair", [] { socketpair(); }},
      {"accept", [] { server.accept(); }},
      {"dup", [] { client.dup(); }},
      {"fromfd", [] { fromfd(client.fileno()); }},
      {"create_server",
       [] {
         create_servers({"127.0.0.1", 0}, 3);
       }},
      {"create_connection", [] { create_connection("127.0.0.1", server.getsockname().port()); }},
      {"create_connection_by_name", [] { create_connection("localhost", server.getsockname().port()); }},
      {"getaddrinfo", [] { getaddrinfo("localhost", 80); }},
      {"gethostbyaddr", [] { gethostbyaddr("127.0.0.1"); }},
      {"getservbyname", [] { getservbyname("http"); }},
      {"if_nameindex", [] { if_nameindex(); }},
      {"File", [] { File(terminal).fileno(); }},
      {"Signals", [] { Signals signals{SIGUSR1}; }},
      {"offload", [] { offload([] {}); }},
      {"recv", [] { pair.first.recv(1); }},
      {"recv_that_waits",
       [] {
         pair.second.settimeout(20ms);
         pair.second.recv(1);
       }},
      {"makefile", [] { client.makefile(); }},
      {"spawn", [] { workers() != 0 ? spawn([] { sleep(1ms); }).get() : void(); }},
  };
}

std::string try_all(int more) {
  std::string words;
  const auto calls = calls_that_open();
  for (const Call& each : calls) {
    allow_descriptors(more);
    const std::string word = returns_or_throws(each.call);
    allow_all_descriptors();
    if (!word.empty()) words += std::string(each.name) + " " + word + "; ";
  }
  return words;
}

TEST_P(Exhaustion, CallsInAFiberSurviveTooFewDescriptors) {
  NOT_UNDER_SANITIZERS();
  for (int more = 0; more < 4; ++more) {
    EXPECT_EQ(in_child([&] { return loquat::run([&] { return try_all(more); }, options_for(GetParam())); }), "")
        << more;
  }
}

TEST(ExhaustionInThreads, CallsSurviveTooFewDescriptors) {
  NOT_UNDER_SANITIZERS();
  for (int more = 0; more < 4; ++more) EXPECT_EQ(in_child([&] { return try_all(more); }), "") << more;
}

// A server that ran out of descriptors accepts again once some are free.
TEST_P(Exhaustion, AcceptWorksAgainOnceDescriptorsAreFree) {
  NOT_UNDER_SANITIZERS();
  EXPECT_EQ(in_child([&] {
              return loquat::run(
                  [] {
                    auto server = create_server({"127.0.0.1", 0});
                    auto client = create_connection("127.0.0.1", server.getsockname().port());
                    allow_descriptors(0);
                    const int refused = errc_of([&] { server.accept(); });
                    allow_all_descriptors();
                    server.accept();
                    return std::string(refused == EMFILE ? "" : "accept() did not say EMFILE");
                  },
                  options_for(GetParam()));
            }),
            "");
}

// --- memory ----------------------------------------------------------------------------------------------------------

// Spawns fibers until spawn() throws; those that were spawned run.
std::string spawn_until_refused(int max_fibers) {
  std::vector<Fiber<int>> fibers;
  fibers.reserve(static_cast<std::size_t>(max_fibers));
  int refused = 0, ran = 0;
  for (int i = 0; i < max_fibers; ++i) {
    try {
      fibers.push_back(spawn([] {
        sleep(1ms);
        return 1;
      }));
    } catch (const std::bad_alloc&) {
      ++refused;
    }
  }
  for (auto& fiber : fibers) {
    try {
      ran += fiber.get();
    } catch (const std::bad_alloc&) {
      ++refused;
    }
  }
  if (ran + refused != max_fibers) return "fibers are lost";
  return refused > 0 ? "" : "none was refused";
}

TEST_P(Exhaustion, SpawnThrowsWithoutAddressSpaceForStacks) {
  NOT_UNDER_SANITIZERS();
  EXPECT_EQ(in_child([&] {
              return loquat::run(
                  [] {
                    const rlimit less{300u << 20, 300u << 20};
                    ::setrlimit(RLIMIT_AS, &less);
                    return spawn_until_refused(10'000);
                  },
                  options_for(GetParam()));
            }),
            "");
}

// As at vm.max_map_count: mmap(2) and mprotect(2) fail with ENOMEM after that many mappings.
TEST_P(Exhaustion, SpawnThrowsWithoutMappingsForStacks) {
  NOT_UNDER_SANITIZERS();
  for (const int allowed : {0, 1, 2, 3, 10, 11, 12, 13}) {
    EXPECT_EQ(in_child([&] {
                return loquat::run(
                    [&] {
                      maps_left = allowed;
                      const std::string word = spawn_until_refused(2000);
                      maps_left = -1;
                      return word + returns_or_throws(ping_pong);
                    },
                    options_for(GetParam()));
              }),
              "")
        << allowed;
  }
}

TEST_P(Exhaustion, ARunWithTooFewMappingsThrowsOrWorks) {
  NOT_UNDER_SANITIZERS();
  for (int allowed = 0; allowed < 12; ++allowed) {
    EXPECT_EQ(in_child([&] {
                maps_left = allowed;
                std::string word = returns_or_throws([&] { loquat::run(ping_pong, options_for(GetParam(), 2)); });
                maps_left = -1;
                return word + returns_or_throws([&] { loquat::run(ping_pong, options_for(GetParam(), 2)); });
              }),
              "")
        << allowed;
  }
}

// --- threads ---------------------------------------------------------------------------------------------------------

TEST_P(Exhaustion, ARunWithTooFewThreadsThrowsOrWorks) {
  for (int allowed = 0; allowed < 4; ++allowed) {
    EXPECT_EQ(in_child([&] {
                threads_left = allowed;
                std::string word;
                try {
                  loquat::run([] { spawn_on(3, [] { sleep(1ms); }).get(); }, options_for(GetParam(), 4));
                } catch (const std::system_error& e) {
                  if (e.code().value() != EAGAIN) word = e.what();
                }
                threads_left = -1;
                return word + returns_or_throws([&] { loquat::run(ping_pong, options_for(GetParam(), 4)); });
              }),
              "")
        << allowed;
  }
}

TEST_P(Exhaustion, CallsSurviveWithoutThreadsForThePool) {
  for (int allowed = 0; allowed < 3; ++allowed) {
    EXPECT_EQ(in_child([&] {
                return loquat::run(
                    [&] {
                      threads_left = allowed;
                      std::string words;
                      for (const Call& each : std::vector<Call>{{"offload", [] { offload([] {}); }},
                                                                {"getaddrinfo", [] { getaddrinfo("localhost", 80); }},
                                                                {"getfqdn", [] { getfqdn("localhost"); }},
                                                                {"getservbyname", [] { getservbyname("http"); }},
                                                                {"File", [] {
                                                                   const int fd = ::open("/etc/passwd", O_RDONLY);
                                                                   File(fd, File::own).read(10);
                                                                 }}}) {
                        const std::string word = returns_or_throws(each.call);
                        if (!word.empty()) words += std::string(each.name) + " " + word + "; ";
                      }
                      std::vector<Fiber<>> many;
                      for (int i = 0; i < 50; ++i) many.push_back(spawn([] { offload([] {}); }));
                      for (auto& each : many) words += returns_or_throws([&] { each.get(); });
                      threads_left = -1;
                      return words + returns_or_throws([] { offload([] {}); });
                    },
                    options_for(GetParam()));
              }),
              "")
        << allowed;
  }
}

// --- io_uring --------------------------------------------------------------------------------------------------------

// Acts as a sandbox: the system call fails with that error from now on.
void refuse(long call, int error) {
  sock_filter rules[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<__u32>(call)},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<__u32>(error)},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{4, rules};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) std::abort();
}

struct Refused {
  const char* name;
  long call;
};
const Refused io_uring_calls[] = {{"io_uring_setup", SYS_io_uring_setup},
                                  {"io_uring_register", SYS_io_uring_register},
                                  {"io_uring_enter", SYS_io_uring_enter}};

// A run that uses timers, another worker and the pool.
void all_of_a_run() {
  ping_pong();
  sleep(1ms);
  spawn_on(workers() - 1, ping_pong).get();
  offload([] {});
}

TEST(IoUringRefused, TheDefaultFallsBackToEpoll) {
  for (const Refused& each : io_uring_calls) {
    for (const int error : {EPERM, ENOSYS, EINVAL}) {
      EXPECT_EQ(in_child([&] {
                  ::unsetenv("LOQUAT_POLLER");
                  refuse(each.call, error);
                  RunOptions options;
                  options.workers = 2;
                  for (int i = 0; i < 2; ++i) loquat::run(all_of_a_run, options);
                  return std::string();
                }),
                "")
          << each.name << " " << strerrorname_np(error);
    }
  }
}

TEST(IoUringRefused, ForcedUringThrowsOrWorks) {
  for (const Refused& each : io_uring_calls) {
    for (const int error : {EPERM, ENOSYS, EINVAL}) {
      EXPECT_EQ(in_child([&] {
                  refuse(each.call, error);
                  return returns_or_throws([] { loquat::run(all_of_a_run, options_for("uring", 2)); });
                }),
                "")
          << each.name << " " << strerrorname_np(error);
    }
  }
}

// A sandbox that starts between two runs ends the second run at most.
TEST(IoUringRefused, ALaterRunThrowsOrWorks) {
  for (const Refused& each : io_uring_calls) {
    EXPECT_EQ(in_child([&] {
                ::unsetenv("LOQUAT_POLLER");
                loquat::run(all_of_a_run);
                refuse(each.call, EPERM);
                return returns_or_throws([] { loquat::run(all_of_a_run); });
              }),
              "")
        << each.name;
  }
}

// --- lockable memory -------------------------------------------------------------------------------------------------

// Limits do not apply to root.
void be_an_ordinary_user() {
  if (::getuid() != 0) return;
  if (::setgid(65534) != 0 || ::setuid(65534) != 0) std::abort();
}

TEST(LockableMemory, TheDefaultRunsWithoutIt) {
  for (const rlim_t bytes : {0, 4096, 65536}) {
    for (const std::size_t workers : {1, 40}) {
      EXPECT_EQ(in_child([&] {
                  ::unsetenv("LOQUAT_POLLER");
                  be_an_ordinary_user();
                  const rlimit limit{bytes, bytes};
                  ::setrlimit(RLIMIT_MEMLOCK, &limit);
                  RunOptions options;
                  options.workers = workers;
                  for (int i = 0; i < 3; ++i) loquat::run(all_of_a_run, options);
                  return std::string();
                }),
                "")
          << bytes << " " << workers;
    }
  }
}

TEST(LockableMemory, ForcedUringThrowsOrWorks) {
  EXPECT_EQ(in_child([&] {
              be_an_ordinary_user();
              const rlimit limit{0, 0};
              ::setrlimit(RLIMIT_MEMLOCK, &limit);
              return returns_or_throws([] { loquat::run(all_of_a_run, options_for("uring", 40)); });
            }),
            "");
}

// --- the test machinery ----------------------------------------------------------------------------------------------

TEST(PlantedExhaustion, ATerminateAndAHangAreDetected) {
  EXPECT_EQ(in_child([]() -> std::string { std::abort(); }), " ended by Aborted");
  EXPECT_EQ(in_child([]() -> std::string {
              ::alarm(1);
              for (;;) ::pause();
            }),
            " ended by Alarm clock");
  EXPECT_EQ(in_child([] { return returns_or_throws([] { throw std::logic_error("what"); }); }),
            "throws another exception: what");
}

}  // namespace
}  // namespace loquat
