// What the server says in English, in the user's language. {0} is the name that the server's line is about.
import { getLanguage, t } from '../i18n';
import type { IrcLine } from '../irc/line';
import { clean, quoted } from '../irc/text';
import { removalOf } from './removal';

// By numeric, or by the code of a standard reply (FAIL).
const CHINESE: Record<string, string> = {
  '401': '现在没有叫 {0} 的人或房间。',
  '402': '没有 {0} 这个服务器。',
  '403': '没有 {0} 这个房间，或者这不能用作房间名。',
  '404': '消息没有发到 {0}。',
  '405': '你加入的房间太多了，请先离开一个再进 {0}。',
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
  '464': '密钥不对。',
  '465': '你被禁止进入这个服务器。',
  '471': '{0} 的人已经满了。',
  '472': '服务器没有 {0} 这个模式。',
  '473': '{0} 只有受邀的人才能进。',
  '474': '你被禁止进入 {0}。',
  '475': '进入 {0} 要密码。',
  '476': '{0} 不能用作房间名。',
  '477': '要登录账号才能进 {0}。',
  '481': '只有管理员可以这样做。',
  '482': '只有管理员可以在 {0} 里这样做。',
  '501': '服务器没有这个模式。',
  '502': '不能修改别人的模式。',
  NOT_SAVED: '消息没能保存，谁也没有看到它。',
  READ_ONLY: '服务器现在无法保存，所有房间暂时只读。',
  INVALID_UTF8: '服务器只接受 UTF-8 编码的文字。',
  MESSAGE_ERROR: '历史消息读不出来。',
};

// The reasons with which the server ends a connection.
const CHINESE_REASONS: Record<string, string> = {
  'the server is shutting down': '服务器正在关闭',
  'the server is closing': '服务器正在关闭',
  'the server is full': '服务器人数已满',
  'you fell too far behind in reading': '你的网络太慢，跟不上消息',
  'fell too far behind': '网络太慢，跟不上消息',
  'you did not register in time': '登录超时',
  'ping timeout': '长时间没有响应',
  'connection lost': '连接中断',
  'connection closed': '连接关闭',
  'client quit': '主动退出',
  'back on a new connection': '换了新的连接',
};

// Notices: what the server says, and what the page says instead. $1 is the first thing in brackets.
const CHINESE_NOTICES: [RegExp, string][] = [
  [/^You type faster than this server reads: your lines are taken at (\d+) a second, and none is lost\.?$/, '你发得太快，服务器每秒只收 $1 行，不过一行也不会丢。'],
  [/^(\S+) lost the connection\. What you said to \S+ at (\S+) UTC may not have arrived: (.*)$/, '$1 的连接断了，你在 $2（UTC）说的话可能没有送到：“$3”'],
];

export function noticeText(text: string): string {
  const found = getLanguage() === 'zh' && CHINESE_NOTICES.find(([notice]) => notice.test(text));
  return found ? text.replace(...found) : text;
}

// `subject`: the name that the numeric or the standard reply is about.
export function errorText(line: IrcLine, code = line.command, subject = line.params[1] ?? ''): string {
  const text = clean(line.params[line.params.length - 1] ?? '');
  const chinese = getLanguage() === 'zh' && CHINESE[code];
  return chinese ? chinese.replace('{0}', clean(subject)) : text;
}

export function reasonText(reason: string): string {
  return (getLanguage() === 'zh' && CHINESE_REASONS[reason.toLowerCase()]) || reason;
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
