// showing.h - everything that is to be made of the rows of one trace: the output, at its pace, and the captures.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture.h"
#include "expectation.h"
#include "output.h"
#include "presenter.h"
#include "wire.h"

namespace loquat::tool {

class WireShowing {
 public:
  // `pcapng`: the file, or none if empty. `expectation` outlives this object. Throws std::runtime_error if a file
  // cannot be written.
  WireShowing(const WireOutputOptions& output, const Pace& pace, const std::string& pcapng, const std::string& vantage,
              const WireExpectation* expectation = nullptr)
      : output_(output),
        expectation_(expectation),
        captures_(open_captures(pcapng, pcapng.empty() ? "" : vantage)),
        presenter_(pace, wire_language(output.language), [this](const wire::Row& row) { return output_.add(row); }) {}

  void add(const wire::Row& row) {
    presenter_.add(row);
    for (const auto& capture : captures_) capture->add(row);
    if (expectation_ != nullptr && expectation_->any()) trace_.push_back(row);
    if (const auto* end = std::get_if<wire::End>(&row)) as_specified_ = end->as_specified;
  }
  void say(std::string_view text) { output_.say(text); }
  // Shows what is left; the exit status. Throws std::runtime_error if something could not be written.
  int finish() {
    for (const auto& capture : captures_) capture->finish();
    presenter_.finish();
    output_.finish();
    if (expectation_ != nullptr && !expectation_->is_met_by(trace_)) return 1;
    return as_specified_ ? 0 : exit_otherwise;
  }

 private:
  WireOutput output_;
  const WireExpectation* expectation_;
  wire::Trace trace_;  // for it
  std::vector<std::unique_ptr<VantageCapture>> captures_;
  WirePresenter presenter_;  // ends before what it shows on
  bool as_specified_ = true;
};

}  // namespace loquat::tool
