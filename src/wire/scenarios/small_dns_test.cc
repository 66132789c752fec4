#include "wire/scenarios/small_dns.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace loquat::wire {
namespace {

using namespace std::string_literals;

TEST(SmallDns, QueryByteByByte) {
  EXPECT_EQ(dns_query(0x1234, "a.test"),
            "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
            "a\x04test\x00\x00\x01\x00\x01"s);
}

TEST(SmallDns, AnswerHasTheAddressAndPointsToTheName) {
  const std::string query = dns_query(7, "server.lab.test");
  const std::string answer = dns_answer(query, "server.lab.test", {10, 0, 0, 2});
  EXPECT_EQ(answer.substr(0, 8), "\x00\x07\x85\x80\x00\x01\x00\x01"s);
  EXPECT_EQ(answer.substr(query.size()), "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x02"s);
  EXPECT_EQ(address_in_answer(answer, 7), "10.0.0.2");
  EXPECT_EQ(address_in_answer(answer, 8), std::nullopt);
}

TEST(SmallDns, OtherNamesAreNxdomain) {
  const std::string query = dns_query(7, "printer.lab.test");
  const std::string answer = dns_answer(query, "server.lab.test", {10, 0, 0, 2});
  EXPECT_EQ(answer.substr(2, 2), "\x85\x83"s);
  EXPECT_EQ(answer.size(), query.size());
  EXPECT_EQ(address_in_answer(answer, 7), std::nullopt);
}

TEST(SmallDns, OnlyQueriesAreAnswered) {
  EXPECT_EQ(dns_answer("hello", "server.lab.test", {}), "");
  EXPECT_EQ(dns_answer(dns_answer(dns_query(7, "a.test"), "a.test", {}), "a.test", {}), "");
  EXPECT_THROW(dns_query(1, "a..test"), std::invalid_argument);
  EXPECT_THROW(dns_query(1, std::string(64, 'a')), std::invalid_argument);
}

}  // namespace
}  // namespace loquat::wire
