#include "wire/frame_text.h"

namespace loquat::wire {

std::string frame_summary(const Frame& frame) { return std::to_string(frame.bytes.size()) + " bytes"; }

}  // namespace loquat::wire
