#include "loquat/error.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include <cerrno>

namespace loquat {
namespace {

TEST(Error, SaysOperationBothEndsCauseAndProgress) {
  try {
    throw_oserror(ECONNRESET, {"sendall", "127.0.0.1:40112", "127.0.0.1:7777", 4096});
  } catch (const ConnectionResetError& e) {
    EXPECT_STREQ(e.what(), "sendall 127.0.0.1:40112 -> 127.0.0.1:7777 (after 4096 bytes): Connection reset by peer");
    EXPECT_EQ(e.errc(), ECONNRESET);
    EXPECT_EQ(e.done(), 4096u);
  }
}

TEST(Error, EveryErrnoHasPythonsClass) {
  EXPECT_THROW(throw_oserror(EPIPE, {"send", {}, {}, 0}), BrokenPipeError);
  EXPECT_THROW(throw_oserror(EPIPE, {"send", {}, {}, 0}), ConnectionError);
  EXPECT_THROW(throw_oserror(ECONNREFUSED, {"connect", {}, {}, 0}), ConnectionRefusedError);
  EXPECT_THROW(throw_oserror(ETIMEDOUT, {"recv", {}, {}, 0}), TimeoutError);
  EXPECT_THROW(throw_oserror(EACCES, {"bind", {}, {}, 0}), PermissionError);
  EXPECT_THROW(throw_oserror(EAGAIN, {"recv", {}, {}, 0}), BlockingIOError);
  EXPECT_THROW(throw_oserror(EADDRINUSE, {"bind", {}, {}, 0}), OSError);
}

TEST(Error, NamesThatDoNotResolve) {
  gaierror e(EAI_NONAME, "nowhere.invalid");
  EXPECT_STREQ(e.what(), "getaddrinfo nowhere.invalid: Name or service not known");
}

}  // namespace
}  // namespace loquat
