// MOTD, LUSERS, VERSION, TIME and the welcome: questions about the server.
#include <algorithm>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"

namespace loquat::doors {
namespace {

using chat::Person;

std::string isupport(const Context& context) {
  std::string network = context.options.server_name;
  std::replace(network.begin(), network.end(), ' ', '_');
  const chat::Limits& limits = context.log.limits();
  return "CASEMAPPING=ascii CHANTYPES=# CHANMODES=b,,,n PREFIX=(o)@ NICKLEN=" + std::to_string(codec::nick_length) +
         " CHANNELLEN=" + std::to_string(codec::room_length) + " TOPICLEN=" + std::to_string(limits.text) +
         " AWAYLEN=" + std::to_string(limits.text) + " CHANLIMIT=#:" + std::to_string(limits.rooms_per_session) +
         " NETWORK=" + network + " WHOX UTF8ONLY";
}

void add_isupport(const Context& context, IrcReply& reply) {
  const auto say = [&](const std::string& tokens) {
    std::string line =
        ":" + context.options.server_name + ' ' + std::string(codec::RPL_ISUPPORT) + ' ' + reply.nick() + ' ' + tokens;
    reply.line(line + " :are supported by this server");
  };
  say(isupport(context));
  say("CHATHISTORY=" + std::to_string(context.options.max_history_reads) +
      " MSGREFTYPES=msgid,timestamp CLIENTTAGDENY=*,-" + std::string(irc_client_tag.substr(1)) +
      " TARGMAX=PRIVMSG:4,NOTICE:4,JOIN:,PART:,NAMES:,LIST:");
}

}  // namespace

void irc_motd(IrcCall& call) {
  const Options& options = call.client.context().options;
  call.reply.numeric(codec::RPL_MOTDSTART, {}, "- " + options.server_name + " Message of the day -");
  call.reply.numeric(codec::RPL_MOTD, {}, "- Everyone's first room is " + options.lobby + ": /join " + options.lobby);
  call.reply.numeric(codec::RPL_ENDOFMOTD, {}, "End of /MOTD command");
}

void irc_lusers(IrcCall& call) {
  const std::string people = std::to_string(call.client.hub().people());
  const std::string most = std::to_string(call.client.hub().most_people());
  std::size_t rooms = 0;
  call.client.hub().each_room([&](const chat::Room&) { ++rooms; });
  call.reply.numeric(codec::RPL_LUSERCLIENT, {}, "There are " + people + " users and 0 invisible on 1 servers");
  call.reply.numeric(codec::RPL_LUSEROP, {std::to_string(call.client.hub().operators())}, "operator(s) online");
  call.reply.numeric(codec::RPL_LUSERUNKNOWN, {"0"}, "unknown connection(s)");
  call.reply.numeric(codec::RPL_LUSERCHANNELS, {std::to_string(rooms)}, "channels formed");
  call.reply.numeric(codec::RPL_LUSERME, {}, "I have " + people + " clients and 0 servers");
  call.reply.numeric(codec::RPL_LOCALUSERS, {people, most}, "Current local users " + people + ", max " + most);
  call.reply.numeric(codec::RPL_GLOBALUSERS, {people, most}, "Current global users " + people + ", max " + most);
}

void irc_version(IrcCall& call) {
  const Options& options = call.client.context().options;
  call.reply.numeric(codec::RPL_VERSION, {"loquat-" + options.version, options.server_name}, "UTF-8 only");
  add_isupport(call.client.context(), call.reply);
}

void irc_time_command(IrcCall& call) {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  call.reply.numeric(codec::RPL_TIME, {call.client.context().options.server_name}, irc_time(time));
}

void add_welcome(IrcSession& client, IrcReply& reply) {
  const Options& options = client.context().options;
  const Person* self = client.hub().person(client.id());
  const std::string mask = client.nick() + '!' + irc_origin(self->origin);
  reply.numeric(codec::RPL_WELCOME, {}, "Welcome to " + options.server_name + ", " + mask);
  reply.numeric(codec::RPL_YOURHOST, {}, "Your host is " + options.server_name + ", running Loquat " + options.version);
  reply.numeric(codec::RPL_CREATED, {},
                "This server keeps what is said; " + options.lobby + " is everyone's first room");
  reply.numeric(codec::RPL_MYINFO, {options.server_name, "loquat-" + options.version, "io", "bno", "b"});
  add_isupport(client.context(), reply);
  codec::IrcMessage none;
  IrcCall call{client, none, reply};
  irc_lusers(call);
  irc_motd(call);
}

}  // namespace loquat::doors
