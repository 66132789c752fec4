#include "codec/http1/write.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

bool is_clean(std::string_view value) noexcept { return std::all_of(value.begin(), value.end(), is_text); }

[[noreturn]] void refuse(const char* what) { throw std::invalid_argument(std::string("HttpWriter: ") + what); }

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void append_two(std::string& out, unsigned n) {
  out += static_cast<char>('0' + n / 10);
  out += static_cast<char>('0' + n % 10);
}

struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array reasons = {Reason{100, "Continue"},
                                Reason{101, "Switching Protocols"},
                                Reason{103, "Early Hints"},
                                Reason{200, "OK"},
                                Reason{201, "Created"},
                                Reason{202, "Accepted"},
                                Reason{203, "Non-Authoritative Information"},
                                Reason{204, "No Content"},
                                Reason{205, "Reset Content"},
                                Reason{206, "Partial Content"},
                                Reason{300, "Multiple Choices"},
                                Reason{301, "Moved Permanently"},
                                Reason{302, "Found"},
                                Reason{303, "See Other"},
                                Reason{304, "Not Modified"},
                                Reason{307, "Temporary Redirect"},
                                Reason{308, "Permanent Redirect"},
                                Reason{400, "Bad Request"},
                                Reason{401, "Unauthorized"},
                                Reason{403, "Forbidden"},
                                Reason{404, "Not Found"},
                                Reason{405, "Method Not Allowed"},
                                Reason{406, "Not Acceptable"},
                                Reason{408, "Request Timeout"},
                                Reason{409, "Conflict"},
                                Reason{410, "Gone"},
                                Reason{411, "Length Required"},
                                Reason{412, "Precondition Failed"},
                                Reason{413, "Content Too Large"},
                                Reason{414, "URI Too Long"},
                                Reason{415, "Unsupported Media Type"},
                                Reason{416, "Range Not Satisfiable"},
                                Reason{417, "Expectation Failed"},
                                Reason{421, "Misdirected Request"},
                                Reason{422, "Unprocessable Content"},
                                Reason{425, "Too Early"},
                                Reason{426, "Upgrade Required"},
                                Reason{428, "Precondition Required"},
                                Reason{429, "Too Many Requests"},
                                Reason{431, "Request Header Fields Too Large"},
                                Reason{500, "Internal Server Error"},
                                Reason{501, "Not Implemented"},
                                Reason{502, "Bad Gateway"},
                                Reason{503, "Service Unavailable"},
                                Reason{504, "Gateway Timeout"},
                                Reason{505, "HTTP Version Not Supported"},
                                Reason{507, "Insufficient Storage"},
                                Reason{511, "Network Authentication Required"}};

}  // namespace

HttpWriter::HttpWriter(std::string& out, int status) : out_(out) {
  if (status < 100 || status > 599) refuse("a status is 100 to 599");
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::uint64_t>(status));
  (out_ += ' ') += http_reason(status);
  out_ += "\r\n";
}

HttpWriter::HttpWriter(std::string& out, std::string_view method, std::string_view target) : out_(out) {
  if (!is_token(method)) refuse("a method is a token");
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 32 || static_cast<unsigned char>(c) >= 127; };
  if (target.empty() || std::any_of(target.begin(), target.end(), bad))
    refuse("a target is printable ASCII without spaces");
  ((out_ += method) += ' ') += target;
  out_ += " HTTP/1.1\r\n";
}

HttpWriter& HttpWriter::field(std::string_view name, std::string_view value) {
  if (!is_token(name)) refuse("a field's name is a token");
  if (!is_clean(value)) refuse("a control character in a field's value");
  ((out_ += name) += ": ") += value;
  out_ += "\r\n";
  return *this;
}

HttpWriter& HttpWriter::field(std::string_view name, std::uint64_t number) {
  if (!is_token(name)) refuse("a field's name is a token");
  (out_ += name) += ": ";
  append_number(out_, number);
  out_ += "\r\n";
  return *this;
}

HttpWriter& HttpWriter::prepared(std::string_view lines) {
  out_ += lines;
  return *this;
}

std::string_view http_reason(int status) noexcept {
  const auto at = std::lower_bound(reasons.begin(), reasons.end(), status,
                                   [](const Reason& r, int value) { return r.status < value; });
  return at != reasons.end() && at->status == status ? at->text : "Unknown";
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_number(out, data.size(), 16);
  ((out += "\r\n") += data) += "\r\n";
}

void append_last_chunk(std::string& out) { out += "0\r\n\r\n"; }

std::string http_date(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  constexpr std::string_view day_names = "SunMonTueWedThuFriSat", month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out(day_names.substr(weekday(day).c_encoding() * 3, 3));
  out += ", ";
  append_two(out, static_cast<unsigned>(date.day()));
  (out += ' ') += month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
  out += ' ';
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  append_two(out, year / 100 % 100);
  append_two(out, year % 100);
  out += ' ';
  append_two(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.seconds().count()));
  return out += " GMT";
}

}  // namespace loquat::codec
