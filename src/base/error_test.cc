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

TEST(Error, AnUnknownHost) {
  herror e(HOST_NOT_FOUND, "gethostbyaddr", "192.0.2.1");
  EXPECT_STREQ(e.what(), "gethostbyaddr 192.0.2.1: Unknown host");
  EXPECT_EQ(e.errc(), HOST_NOT_FOUND);
}

TEST(Error, AGroupHoldsEachAsItWasThrown) {
  ExceptionGroup group("connecting failed", {std::make_exception_ptr(TimeoutError(ETIMEDOUT, {"one", {}, {}, 0})),
                                             std::make_exception_ptr(std::runtime_error("two"))});
  EXPECT_STREQ(group.what(), "connecting failed (2 errors): one: Connection timed out; two");
  ASSERT_EQ(group.exceptions().size(), 2u);
  EXPECT_THROW(std::rethrow_exception(group.exceptions()[0]), TimeoutError);
}

}  // namespace
}  // namespace loquat
