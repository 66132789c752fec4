#include "wire/show/field_labels.h"

#include <algorithm>
#include <iterator>

namespace loquat::wire {
namespace {

struct Label {
  std::string_view en, zh;
};

constexpr Label label_table[] = {
#define TEXT(name, en, zh)
#define LABEL(en, zh) {en, zh},
#include "wire/text/texts.def"
#undef LABEL
#undef TEXT
};
static_assert(std::is_sorted(std::begin(label_table), std::end(label_table),
                             [](const Label& a, const Label& b) { return a.en < b.en; }));

}  // namespace

std::string_view chinese_label(std::string_view label) noexcept {
  const auto found = std::lower_bound(std::begin(label_table), std::end(label_table), label,
                                      [](const Label& a, std::string_view b) { return a.en < b; });
  return found != std::end(label_table) && found->en == label ? found->zh : "";
}

}  // namespace loquat::wire
