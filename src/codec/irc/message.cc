#include "codec/irc/message.h"

#include <algorithm>
#include <stdexcept>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

void skip_spaces(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// Takes the word before the next space off the front, and the spaces after it.
std::string_view take_word(std::string_view& text) noexcept {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  skip_spaces(text);
  return word;
}

bool is_command(std::string_view word) noexcept {
  if (word.empty()) return false;
  if (std::all_of(word.begin(), word.end(), is_alpha)) return true;
  return word.size() == 3 && std::all_of(word.begin(), word.end(), is_digit);
}

bool is_key_char(char c) noexcept { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '/' || c == '+'; }

[[noreturn]] void cannot_write(const char* what) { throw std::invalid_argument(std::string("IrcWriter: ") + what); }

void check_word(std::string_view word, const char* what) {
  if (word.empty() || word.front() == ':' || word.find(' ') != std::string_view::npos || breaks_line(word)) {
    cannot_write(what);
  }
}

}  // namespace

bool IrcMessage::is(std::string_view name) const noexcept { return equal_ignoring_case(command, name); }

std::optional<std::string> IrcMessage::tag(std::string_view key) const {
  std::optional<std::string_view> found;
  for (std::string_view rest = tags; !rest.empty();) {
    const std::string_view item = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const std::size_t equals = item.find('=');
    if (item.substr(0, equals) != key) continue;
    found = equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
  }
  if (!found) return std::nullopt;
  return unescape_tag(*found);
}

IrcError parse_irc(std::string_view line, IrcMessage& out, std::size_t max_tags) {
  out.tags = out.source = out.command = {};
  out.count_ = 0;
  if (breaks_line(line)) return IrcError::bad;
  std::string_view rest = line;
  if (!rest.empty() && rest.front() == '@') {
    out.tags = take_word(rest).substr(1);
    if (out.tags.size() + 2 > max_tags) return IrcError::too_long;
  }
  if (rest.size() > IrcLimits::line) return IrcError::too_long;
  skip_spaces(rest);
  if (rest.empty()) return line.find_first_not_of(' ') == std::string_view::npos ? IrcError::empty : IrcError::bad;
  if (rest.front() == ':') out.source = take_word(rest).substr(1);
  out.command = take_word(rest);
  if (!is_command(out.command)) return IrcError::bad;
  while (!rest.empty()) {
    const bool last = rest.front() == ':' || out.count_ + 1 == IrcLimits::params;
    if (rest.front() == ':') rest.remove_prefix(1);
    out.params_[out.count_++] = last ? rest : take_word(rest);
    if (last) break;
  }
  return IrcError::none;
}

IrcWriter& IrcWriter::tag(std::string_view key, std::string_view value) {
  if (has_command_ || tags_end_ != out_.size()) cannot_write("tags come first");
  if (key.empty() || !std::all_of(key.begin(), key.end(), is_key_char)) cannot_write("a tag's key is bad");
  if (value.find('\0') != std::string_view::npos) cannot_write("NUL in a tag");
  if (out_.empty())
    out_ += '@';
  else
    out_.back() = ';';
  out_ += key;
  if (!value.empty()) (out_ += '=') += escape_tag(value);
  out_ += ' ';
  tags_end_ = out_.size();
  return *this;
}

IrcWriter& IrcWriter::source(std::string_view name) {
  if (has_command_ || size() != 0) cannot_write("the source stands before the command");
  check_word(name, "a source is one word");
  ((out_ += ':') += name) += ' ';
  return *this;
}

IrcWriter& IrcWriter::command(std::string_view name) {
  if (has_command_) cannot_write("there is one command");
  if (!is_command(name)) cannot_write("a command is letters or three digits");
  out_ += name;
  has_command_ = true;
  return *this;
}

IrcWriter& IrcWriter::param(std::string_view middle) {
  check_word(middle, "a middle parameter is one word");
  if (!has_command_ || closed_ || params_ >= IrcLimits::params) cannot_write("no parameter may stand here");
  (out_ += ' ') += middle;
  ++params_;
  return *this;
}

IrcWriter& IrcWriter::trailing(std::string_view text) {
  if (breaks_line(text)) cannot_write("a line end or NUL in the text");
  if (!has_command_ || closed_ || params_ >= IrcLimits::params) cannot_write("no parameter may stand here");
  (out_ += " :") += text;
  closed_ = true;
  return *this;
}

std::string escape_tag(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (char c : value) {
    switch (c) {
      case ';':
        out += "\\:";
        break;
      case ' ':
        out += "\\s";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string unescape_tag(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\') {
      out += value[i];
      continue;
    }
    if (++i == value.size()) break;
    switch (value[i]) {
      case ':':
        out += ';';
        break;
      case 's':
        out += ' ';
        break;
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      default:
        out += value[i];
    }
  }
  return out;
}

}  // namespace loquat::codec
