// numerics.h - the names of IRC's numeric replies, those that the server sends.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.5; modern.ircdocs.horse for those that it does not have.
#pragma once

#include <string_view>

namespace loquat::codec {

inline constexpr std::string_view RPL_WELCOME = "001";
inline constexpr std::string_view RPL_YOURHOST = "002";
inline constexpr std::string_view RPL_CREATED = "003";
inline constexpr std::string_view RPL_MYINFO = "004";
inline constexpr std::string_view RPL_ISUPPORT = "005";
inline constexpr std::string_view RPL_UMODEIS = "221";
inline constexpr std::string_view RPL_LUSERCLIENT = "251";
inline constexpr std::string_view RPL_LUSEROP = "252";
inline constexpr std::string_view RPL_LUSERUNKNOWN = "253";
inline constexpr std::string_view RPL_LUSERCHANNELS = "254";
inline constexpr std::string_view RPL_LUSERME = "255";
inline constexpr std::string_view RPL_LOCALUSERS = "265";
inline constexpr std::string_view RPL_GLOBALUSERS = "266";
inline constexpr std::string_view RPL_AWAY = "301";
inline constexpr std::string_view RPL_USERHOST = "302";
inline constexpr std::string_view RPL_ISON = "303";
inline constexpr std::string_view RPL_UNAWAY = "305";
inline constexpr std::string_view RPL_NOWAWAY = "306";
inline constexpr std::string_view RPL_WHOISUSER = "311";
inline constexpr std::string_view RPL_WHOISSERVER = "312";
inline constexpr std::string_view RPL_WHOISOPERATOR = "313";
inline constexpr std::string_view RPL_WHOWASUSER = "314";
inline constexpr std::string_view RPL_ENDOFWHO = "315";
inline constexpr std::string_view RPL_ENDOFWHOIS = "318";
inline constexpr std::string_view RPL_WHOISCHANNELS = "319";
inline constexpr std::string_view RPL_LISTSTART = "321";
inline constexpr std::string_view RPL_LIST = "322";
inline constexpr std::string_view RPL_LISTEND = "323";
inline constexpr std::string_view RPL_CHANNELMODEIS = "324";
inline constexpr std::string_view RPL_CREATIONTIME = "329";
inline constexpr std::string_view RPL_NOTOPIC = "331";
inline constexpr std::string_view RPL_TOPIC = "332";
inline constexpr std::string_view RPL_TOPICWHOTIME = "333";
inline constexpr std::string_view RPL_WHOISACTUALLY = "338";
inline constexpr std::string_view RPL_VERSION = "351";
inline constexpr std::string_view RPL_WHOREPLY = "352";
inline constexpr std::string_view RPL_NAMREPLY = "353";
inline constexpr std::string_view RPL_WHOSPCRPL = "354";
inline constexpr std::string_view RPL_ENDOFNAMES = "366";
inline constexpr std::string_view RPL_BANLIST = "367";
inline constexpr std::string_view RPL_ENDOFBANLIST = "368";
inline constexpr std::string_view RPL_ENDOFWHOWAS = "369";
inline constexpr std::string_view RPL_MOTD = "372";
inline constexpr std::string_view RPL_MOTDSTART = "375";
inline constexpr std::string_view RPL_ENDOFMOTD = "376";
inline constexpr std::string_view RPL_YOUREOPER = "381";
inline constexpr std::string_view RPL_TIME = "391";

inline constexpr std::string_view ERR_UNKNOWNERROR = "400";
inline constexpr std::string_view ERR_NOSUCHNICK = "401";
inline constexpr std::string_view ERR_NOSUCHCHANNEL = "403";
inline constexpr std::string_view ERR_CANNOTSENDTOCHAN = "404";
inline constexpr std::string_view ERR_TOOMANYCHANNELS = "405";
inline constexpr std::string_view ERR_WASNOSUCHNICK = "406";
inline constexpr std::string_view ERR_TOOMANYTARGETS = "407";
inline constexpr std::string_view ERR_NOORIGIN = "409";
inline constexpr std::string_view ERR_INVALIDCAPCMD = "410";
inline constexpr std::string_view ERR_NORECIPIENT = "411";
inline constexpr std::string_view ERR_NOTEXTTOSEND = "412";
inline constexpr std::string_view ERR_INPUTTOOLONG = "417";
inline constexpr std::string_view ERR_UNKNOWNCOMMAND = "421";
inline constexpr std::string_view ERR_NONICKNAMEGIVEN = "431";
inline constexpr std::string_view ERR_ERRONEUSNICKNAME = "432";
inline constexpr std::string_view ERR_NICKNAMEINUSE = "433";
inline constexpr std::string_view ERR_USERNOTINCHANNEL = "441";
inline constexpr std::string_view ERR_NOTONCHANNEL = "442";
inline constexpr std::string_view ERR_NOTREGISTERED = "451";
inline constexpr std::string_view ERR_NEEDMOREPARAMS = "461";
inline constexpr std::string_view ERR_ALREADYREGISTERED = "462";
inline constexpr std::string_view ERR_PASSWDMISMATCH = "464";
inline constexpr std::string_view ERR_YOUREBANNEDCREEP = "465";
inline constexpr std::string_view ERR_UNKNOWNMODE = "472";
inline constexpr std::string_view ERR_BANNEDFROMCHAN = "474";
inline constexpr std::string_view ERR_BADCHANMASK = "476";
inline constexpr std::string_view ERR_NOPRIVILEGES = "481";
inline constexpr std::string_view ERR_CHANOPRIVSNEEDED = "482";
inline constexpr std::string_view ERR_CANTKILLSERVER = "483";
inline constexpr std::string_view ERR_UMODEUNKNOWNFLAG = "501";
inline constexpr std::string_view ERR_USERSDONTMATCH = "502";
inline constexpr std::string_view ERR_INVALIDMODEPARAM = "696";

}  // namespace loquat::codec
