#include "recordings.h"

#include <string>

#include "loquat_wire_files.h"
#include "wire/trace/json_rows.h"
#include "wire/trace/time_order.h"

namespace loquat::tool {

std::optional<wire::Trace> wire_recording(std::string_view name) {
  const std::string path = "/recordings/" + std::string(name) + ".jsonl";
  for (const EmbeddedFile& file : loquat_wire_files::files()) {
    if (file.path != path) continue;
    wire::Trace trace = in_order_of_time(wire::read_trace(file.bytes));
    for (wire::Row& row : trace)
      if (auto* begin = std::get_if<wire::Begin>(&row)) begin->source = begin->frames = wire::Source::recorded;
    return trace;
  }
  return {};
}

}  // namespace loquat::tool
