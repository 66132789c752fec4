// What the server says in English, in the user's language. {0} is the name that the server's line is about.
import { getLanguage, t } from '../i18n';
import type { IrcLine } from '../irc/line';
import { clean, quoted } from '../irc/text';
import { removalOf } from './removal';
import { chineseOf, CONTAINS_KEY, LOOKS_LIKE_PASSWORD } from './sentences';

// By numeric, or by the code of a standard reply (FAIL).
const CHINESE: Record<string, string> = {
  '400': '{0} 没有执行。',
  '401': '现在没有叫 {0} 的人或房间。',
  '402': '没有 {0} 这个服务器。',
  '403': '没有 {0} 这个房间。',
  '404': '消息没有发到 {0}。',
  '405': '没能加入 {0}。',
  '406': '没有叫 {0} 的人。',
  '407': '一次不能发给这么多人。',
  '411': '没有说要发给谁。',
  '412': '消息是空的。',
  '417': '这一行太长了。',
  '421': '服务器没有 {0} 这个命令。',
  '431': '没有写名字。',
  '432': '服务器不接受 {0} 这个名字。',
  '433': '{0} 这个名字已经有人用了。',
  '441': '{0} 不在这个房间里。',
  '442': '你不在 {0} 里。',
  '443': '{0} 已经在这个房间里了。',
  '451': '还没有登录。',
  '461': '{0} 命令没有写完整。',
  '462': '已经登录过了。',
  '465': '你已被这个服务器封禁。',
  '471': '{0} 的人已经满了。',
  '472': '服务器没有 {0} 这个模式。',
  '473': '{0} 只有受邀的人才能进。',
  '474': '没能加入 {0}。',
  '475': '进入 {0} 要密码。',
  '476': '{0} 不能用作房间名。',
  '477': '要登录账号才能进 {0}。',
  '481': '只有管理员可以这样做。',
  '482': '只有管理员可以在 {0} 里这样做。',
  '501': '服务器没有这个模式。',
  '502': '不能修改别人的模式。',
  INVALID_UTF8: '服务器只接受 UTF-8 编码的文字。',
  MESSAGE_ERROR: '历史消息读不出来。',
};

// Numerics of several reasons. The server says which.
const WITH_REASON = new Set(['400', '403', '404', '405', '432', '474', '476']);

// What is typed in an IRC client, and what is typed here.
const COMMANDS_OF_PAGE: [RegExp, string][] = [
  [/\bKLINE (\S+) (?=bans the address(?:, without showing it| of NICK)$)/, '/ban $1 --address '],
  [/\bKLINE (\S+)!\*@\* (?=bans the nick$)/, '/ban $1 '],
];

export function noticeText(text: string): string {
  const chinese = getLanguage() === 'zh' && chineseOf(text);
  return chinese || COMMANDS_OF_PAGE.reduce((said, command) => said.replace(...command), text);
}

// `subject`: the name that the numeric or the standard reply is about.
export function errorText(line: IrcLine, code = line.command, subject = line.params[1] ?? ''): string {
  const text = clean(line.params[line.params.length - 1] ?? '');
  if (getLanguage() !== 'zh') return text;
  const what = CHINESE[code]?.replace('{0}', () => clean(subject));
  const known = chineseOf(text);
  if (!what) return known ? `${known}。` : text;
  const why = WITH_REASON.has(code) ? known ?? text : '';
  return why ? `${what.slice(0, -1)}：${why}。` : what;
}

export function refusesPassword(line: IrcLine): boolean {
  const text = line.params[line.params.length - 1] ?? '';
  return text.endsWith(LOOKS_LIKE_PASSWORD) || text.endsWith(CONTAINS_KEY);
}

export function reasonText(reason: string): string {
  return (getLanguage() === 'zh' && chineseOf(reason)) || reason;
}

// Why somebody has gone. The server puts "Quit: " before the words of the one who goes; these are quoted, and so is an
// operator's reason. All else is the server's. '' if there is no reason to tell.
export function quitReason(why: string): string {
  const own = /^Quit: (.*)$/.exec(why);
  if (own) return quoted(own[1]!);
  const removal = removalOf(why);
  if (!removal) return why === 'Client quit' ? '' : reasonText(why);
  const what = removal.banned ? t('quitBanned') : t('quitRemoved', removal.by);
  return removal.why ? `${what} ${quoted(removal.why)}` : what;
}
