#include "base/c_string.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace loquat {
namespace {

using namespace std::string_literals;

TEST(CString, IsTheTextItself) {
  const std::string text = "example.org";
  EXPECT_EQ(c_string(text, "connect", "host"), text.c_str());
  const std::string nothing;
  EXPECT_STREQ(c_string(nothing, "connect", "host"), "");
}

TEST(CString, ANulIsRefusedWhereverItIs) {
  for (const std::string& text : {"\0"s, "a\0"s, "\0a"s, "evil.example\0.example.org"s}) {
    EXPECT_THROW(c_string(text, "connect", "host"), std::invalid_argument);
    EXPECT_THROW(refuse_nul(text, "connect", "host"), std::invalid_argument);
  }
}

TEST(CString, TheMessageNamesTheCallAndTheArgumentOnly) {
  try {
    refuse_nul("secret\0"s, "load_cert_chain", "password");
    ADD_FAILURE() << "taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "load_cert_chain: a NUL in the password");
  }
}

}  // namespace
}  // namespace loquat
