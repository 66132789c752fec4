// recordings.h - scenarios as this tool has recorded them, for whom no lab can be started.
#pragma once

#include <optional>
#include <string_view>

#include "wire/trace/trace.h"

namespace loquat::tool {

// The recording of a scenario, with its rows where they happened and each fact marked as recorded. Nothing: none is
// compiled in. Throws wire::TraceError.
std::optional<wire::Trace> wire_recording(std::string_view name);

}  // namespace loquat::tool
