#include "doors/operator/admin_door.h"

#include "codec/text/line_reader.h"
#include "doors/operator/server_commands.h"
#include "loquat/error.h"

namespace loquat::doors {
namespace {

constexpr std::size_t max_admin_line = 8192;
constexpr Duration admin_send_timeout = std::chrono::seconds(30);

std::string answer_to(ServerCommands& commands, const codec::LineReader::Line& line) {
  ServerCommands::Answer answer{false, {"that line is too long, or has a control character in it"}};
  if (line.kind == codec::LineReader::Kind::line) answer = commands.run(line.text);
  std::string text;
  for (const std::string& each : answer.lines) (text += admin_line).append(each) += '\n';
  return (text += answer.ok ? admin_ok : admin_failed) += '\n';
}

}  // namespace

void admin_door(chat::Log& log, Socket& socket) {
  try {
    socket.settimeout(admin_send_timeout);
    ServerCommands commands(log);
    codec::LineReader lines(max_admin_line);
    while (socket.wait_readable()) {
      const std::string bytes = socket.recv(4096);
      if (bytes.empty()) return;
      for (std::string_view rest = bytes; const auto line = lines.next(rest);)
        socket.sendall(answer_to(commands, *line));
    }
  } catch (const OSError&) {
    // The client has gone.
  }
}

}  // namespace loquat::doors
