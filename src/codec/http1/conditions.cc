#include "codec/http1/conditions.h"

#include <algorithm>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

using std::chrono::sys_seconds;

// Reads a date from left to right. After a mismatch `good` stays false.
struct DateReader {
  std::string_view text;
  bool good = true;

  void skip(std::string_view literal) noexcept {
    good = good && text.starts_with(literal);
    if (good) text.remove_prefix(literal.size());
  }
  void skip_word() noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_alpha);
    good = good && end != text.begin();
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  int number(std::size_t digits) noexcept {
    good = good && text.size() >= digits && std::all_of(text.begin(), text.begin() + digits, is_digit);
    int value = 0;
    for (std::size_t i = 0; good && i < digits; ++i) value = value * 10 + (text[i] - '0');
    if (good) text.remove_prefix(digits);
    return value;
  }
  unsigned month() noexcept {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::size_t at = text.size() < 3 ? std::string_view::npos : names.find(text.substr(0, 3));
    good = good && at != std::string_view::npos && at % 3 == 0;
    if (good) text.remove_prefix(3);
    return good ? static_cast<unsigned>(at / 3 + 1) : 0;
  }
  std::chrono::seconds clock() noexcept {
    const int hours = number(2);
    skip(":");
    const int minutes = number(2);
    skip(":");
    const int seconds = number(2);
    good = good && hours < 24 && minutes < 60 && seconds <= 60;
    return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
  }
};

bool any_tag_matches(const HttpHead& head, std::string_view name, std::string_view tag, TagComparison how) noexcept {
  return std::any_of(head.fields().begin(), head.fields().end(), [&](const HttpField& field) {
    return http_equal(field.name, name) && etag_matches(field.value, tag, how);
  });
}

// A number of any length: what is too large for 64 bits is their maximum. Nothing if there is no digit.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
  constexpr std::uint64_t most = UINT64_MAX;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    value = value > (most - digit) / 10 ? most : value * 10 + digit;
  }
  return value;
}

bool still_holds(std::string_view if_range, const Validators& validators, sys_seconds now) noexcept {
  if (if_range.starts_with('"') || if_range.starts_with("W/")) return if_range == validators.etag;
  const auto date = parse_http_date(if_range);
  return date && validators.modified == date && now > *date;
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text) noexcept {
  using namespace std::chrono;
  DateReader in{text};
  int year_number = 0, day_number = 0;
  unsigned month_number = 0;
  seconds clock{};
  in.skip_word();
  if (in.text.starts_with(", ")) {
    in.skip(", ");
    day_number = in.number(2);
    const std::string_view separator = in.text.starts_with('-') ? "-" : " ";
    in.skip(separator);
    month_number = in.month();
    in.skip(separator);
    year_number = in.number(separator == " " ? 4 : 2);
    if (separator == "-") year_number += year_number < 70 ? 2000 : 1900;
    in.skip(" ");
    clock = in.clock();
    in.skip(" GMT");
  } else {
    in.skip(" ");
    month_number = in.month();
    in.skip(" ");
    if (in.text.starts_with(' ')) in.skip(" ");
    day_number = in.number(in.text.size() > 1 && is_digit(in.text[1]) ? 2 : 1);
    in.skip(" ");
    clock = in.clock();
    in.skip(" ");
    year_number = in.number(4);
  }
  const year_month_day date(year(year_number), month(month_number), day(static_cast<unsigned>(day_number)));
  if (!in.good || !in.text.empty() || !date.ok()) return std::nullopt;
  return sys_days(date) + clock;
}

bool etag_matches(std::string_view list, std::string_view tag, TagComparison how) noexcept {
  if (trim_spaces(list) == "*") return true;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view one = trim_spaces(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (how == TagComparison::weak && one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

// In the order of RFC 9110 s.13.2.2: a date counts only without the tag that would say it more exactly.
Conditions check_conditions(const HttpHead& head, const Validators& validators) noexcept {
  const auto date = [&](std::string_view name) { return parse_http_date(head.get(name)); };
  const auto& modified = validators.modified;
  if (head.find("If-Match")) {
    if (!any_tag_matches(head, "If-Match", validators.etag, TagComparison::strong)) return Conditions::failed;
  } else if (const auto since = date("If-Unmodified-Since"); since && modified && *modified > *since) {
    return Conditions::failed;
  }
  if (head.find("If-None-Match")) {
    if (any_tag_matches(head, "If-None-Match", validators.etag, TagComparison::weak)) return Conditions::not_modified;
  } else if (const auto since = date("If-Modified-Since"); since && modified && *modified <= *since) {
    return Conditions::not_modified;
  }
  return Conditions::proceed;
}

Part part_of(std::string_view range, std::uint64_t size) noexcept {
  constexpr std::string_view unit = "bytes=";
  const Part whole{Part::whole, 0, size}, none{Part::unsatisfiable, 0, 0};
  if (!http_equal(range.substr(0, unit.size()), unit)) return whole;
  range.remove_prefix(unit.size());
  const auto first = take_number(range);
  if (!range.starts_with('-')) return whole;
  range.remove_prefix(1);
  const auto last = take_number(range);
  if (!range.empty() || (!first && !last)) return whole;
  if (!first) {  // the last bytes
    if (*last == 0) return none;
    const std::uint64_t length = std::min(*last, size);
    return length == 0 ? whole : Part{Part::part, size - length, length};
  }
  if (last && *last < *first) return whole;
  if (*first >= size) return none;
  return {Part::part, *first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

Part requested_part(const HttpHead& head, std::uint64_t size, const Validators& validators, sys_seconds now) noexcept {
  const auto fields = head.fields();
  const auto ranges =
      std::count_if(fields.begin(), fields.end(), [](const auto& field) { return http_equal(field.name, "Range"); });
  const auto if_range = head.find("If-Range");
  if (ranges != 1 || (if_range && !still_holds(*if_range, validators, now))) return {Part::whole, 0, size};
  return part_of(head.get("Range"), size);
}

}  // namespace loquat::codec
