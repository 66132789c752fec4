// metrics.h - the counters of a running server as text that Prometheus reads.
//
// Layer: doors (docs/layers.txt).  Source: Prometheus "Text-based format" 0.0.4.
#pragma once

#include <string>

#include "doors/common/context.h"

namespace loquat::doors {

// On any worker of the run; people and rooms are those that its hub shows.
std::string metrics_text(Context& context);

}  // namespace loquat::doors
