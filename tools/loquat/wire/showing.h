// showing.h - everything that is to be made of the rows of one trace: the output, at its pace, and the captures.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture.h"
#include "output.h"
#include "presenter.h"
#include "wire.h"

namespace loquat::tool {

class WireShowing {
 public:
  // `pcapng`: the file, or none if empty. Throws std::runtime_error if a file cannot be written.
  WireShowing(const WireOutputOptions& output, const Pace& pace, const std::string& pcapng, const std::string& vantage)
      : output_(output),
        captures_(open_captures(pcapng, pcapng.empty() ? "" : vantage)),
        presenter_(pace, [this](const wire::Row& row) { return output_.add(row); }) {}

  void add(const wire::Row& row) {
    presenter_.add(row);
    for (const auto& capture : captures_) capture->add(row);
    if (const auto* end = std::get_if<wire::End>(&row)) as_specified_ = end->as_specified;
  }
  void say(std::string_view text) { output_.say(text); }
  // Shows what is left; the exit status. Throws std::runtime_error if something could not be written.
  int finish() {
    for (const auto& capture : captures_) capture->finish();
    presenter_.finish();
    output_.finish();
    return as_specified_ ? 0 : exit_otherwise;
  }

 private:
  WireOutput output_;
  std::vector<std::unique_ptr<VantageCapture>> captures_;
  WirePresenter presenter_;  // ends before what it shows on
  bool as_specified_ = true;
};

}  // namespace loquat::tool
