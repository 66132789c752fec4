#include "expectation.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/core.h>

#include "codec/text/utf8.h"
#include "wire/expect/compare.h"

namespace loquat::tool {

WireExpectation::WireExpectation(const std::string& file, wire::Language language) : file_(file), language_(language) {
  if (file.empty()) return;
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  try {
    expected_ = wire::parse_expected(text);
  } catch (const wire::ScriptError& e) {
    throw std::runtime_error(codec::sanitize_line(file + ": " + std::string(in(language, e.text))));
  }
}

std::string problem_with_expectation(const std::string& file) {
  try {
    WireExpectation(file, wire::language_of_environment());
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

bool WireExpectation::is_met_by(const wire::Trace& trace) const {
  if (!any()) return true;
  const auto difference = wire::compare(expected_, trace);
  if (!difference) return true;
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", in(language_, text_of(*difference, file_)));
  return false;
}

}  // namespace loquat::tool
