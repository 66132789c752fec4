// expectation.h - what `--expect FILE` says of a trace.
#pragma once

#include <string>
#include <vector>

#include "wire/expect/script.h"
#include "wire/text/language.h"

namespace loquat::tool {

class WireExpectation {
 public:
  // No file: nothing is expected. Throws std::runtime_error that names the file, and the line that is not understood.
  WireExpectation(const std::string& file, wire::Language language);

  bool any() const noexcept { return !expected_.empty(); }
  // True if nothing is expected. Else says the difference on standard error.
  bool is_met_by(const wire::Trace& trace) const;

 private:
  std::string file_;
  wire::Language language_;
  std::vector<wire::ExpectedLine> expected_;
};

// For CLI11's check(): what is wrong with the file, or an empty text.
std::string problem_with_expectation(const std::string& file);

}  // namespace loquat::tool
