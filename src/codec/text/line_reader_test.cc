#include "codec/text/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace loquat::codec {
namespace {

using namespace std::literals;

using Kind = LineReader::Kind;
using Lines = std::vector<std::string>;

// Every line, in the order in which they came; what is no line as "<too long>" or "<forbidden>".
void take(LineReader& reader, std::string_view bytes, Lines& out) {
  while (auto line = reader.next(bytes)) {
    out.push_back(line->kind == Kind::line       ? std::string(line->text)
                  : line->kind == Kind::too_long ? "<too long>"
                                                 : "<forbidden>");
  }
}

Lines in_pieces(std::string_view text, std::size_t piece, std::size_t most) {
  LineReader reader(most);
  Lines out;
  for (std::size_t i = 0; i < text.size(); i += piece) take(reader, text.substr(i, piece), out);
  return out;
}

TEST(LineReader, endsLinesAtLfAndCrlfHoweverTheyArrive) {
  const Lines want = {"one", "", "two", "three"};
  for (std::size_t piece : {1, 2, 3, 5, 100}) EXPECT_EQ(in_pieces("one\r\n\ntwo\nthree\r\nfour", piece, 10), want);
}

TEST(LineReader, reportsALongLineOnceAndGoesOn) {
  const Lines want = {"<too long>", "ok", "exactly 10", "<too long>"};
  for (std::size_t piece : {1, 3, 7, 100}) {
    EXPECT_EQ(in_pieces("0123456789abcdefghijkl\r\nok\nexactly 10\r\n0123456789a\n", piece, 10), want) << piece;
  }
}

TEST(LineReader, holdsNoMoreThanItsLimitOfAnEndlessLine) {
  LineReader reader(100);
  Lines out;
  for (int i = 0; i < 1000; ++i) {
    take(reader, std::string(64, 'x'), out);
    ASSERT_LE(reader.pending().size(), 101u);
  }
  take(reader, "\nend\n", out);
  EXPECT_EQ(out, (Lines{"<too long>", "end"}));
}

TEST(LineReader, refusesLinesWithCrOrNulInside) {
  const Lines want = {"<forbidden>", "<forbidden>", "b"};
  EXPECT_EQ(in_pieces("a\rQUIT\r\nx\0y\nb\n"sv, 1, 50), want);
  EXPECT_EQ(in_pieces("a\rQUIT\r\nx\0y\nb\n"sv, 50, 50), want);
}

TEST(LineReader, pendingIsTheLineWithoutAnEnd) {
  LineReader reader(50);
  Lines out;
  take(reader, "a\nhel", out);
  take(reader, "lo", out);
  EXPECT_EQ(reader.pending(), "hello");
  reader.clear();
  EXPECT_EQ(reader.pending(), "");
  take(reader, "next\n", out);
  EXPECT_EQ(reader.pending(), "");
  EXPECT_EQ(out, (Lines{"a", "next"}));
}

}  // namespace
}  // namespace loquat::codec
