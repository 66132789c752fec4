// The server's sentences in Chinese. A sentence is a row of clauses; it is translated if the page knows all of them.

export const LOOKS_LIKE_PASSWORD = 'it looks like a password, and everybody in the room would read it';
export const CONTAINS_KEY = 'it contains the operator key, and everybody would read it';

// In lower case.
const FIXED: Record<string, string> = {
  // Why a connection ends
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
  // Why something is not done: chat::describe(), secrets.h and codec::describe() of names
  [LOOKS_LIKE_PASSWORD]: '这看起来像密码，发出去房间里的人都会看到',
  [CONTAINS_KEY]: '这里有管理员密钥，大家都会看到',
  'you are not connected': '你没有连接',
  'that is not a valid nick': '名字不合规则',
  'that nick belongs to the server or to services, or looks like it': '这个名字留给服务器使用，或与这样的名字太像',
  'that nick, or one that looks like it, is in use': '这个名字或与它相似的名字已经有人用了',
  'that is not a valid room name': '房间名不合规则',
  'a room that looks the same is there already': '已经有看起来一样的房间',
  'that text cannot be displayed': '内容无法显示',
  'that is too long': '太长了',
  'there is no such room': '没有这个房间',
  'nobody here has that nick': '现在没有叫这个名字的人',
  'there is no such ban': '没有这条封禁',
  'you are not in that room': '你不在那个房间里',
  'you are not in it': '你不在这个房间里',
  'you are banned from this server': '你已被这个服务器封禁',
  'that nick is banned': '这个名字已被封禁',
  'that is neither a nick nor an address': '这既不是名字，也不是地址',
  'they did not come over ip, so there is no address to ban': '对方不是通过 IP 连接的，没有地址可以封禁',
  'that is the operator at the server itself': '那是服务器本机的管理员',
  'only an operator may do that': '只有管理员可以这样做',
  'there are too many rooms': '房间太多了',
  'nothing can be saved at the moment, so rooms are read-only': '服务器现在无法保存，所有房间暂时只读',
  'it could not be saved, and nobody has seen it': '没能保存，谁也没有看到',
  'is empty': '是空的',
  'is too long': '太长了',
  'does not begin as it must': '的开头不合规则',
  'has a character that is not allowed': '里有不能用的字符',
  'mixes scripts whose letters look alike': '混用了字母相似的不同文字',
  'is not utf-8': '不是 UTF-8 编码',
  // The list of bans
  'nobody is banned': '没有封禁任何人',
};

// $1 is the first thing in brackets. The first that fits is taken.
const PATTERNS: [RegExp, string][] = [
  // What stands around a reason
  [/^Cannot send to channel: /, ''],
  [/^Erroneous nickname(?:: (?!it )|$)/, ''],
  [/^(?:Erroneous nickname: it|A room's name) /, '名字'],
  [/^No such channel$/, ''],
  [/^You can't kill or kick (\S+): /, '不能移出 $1：'],
  // /ban, /unban, /kill
  [/^the nick (\S+) is banned/, '已封禁名字 $1'],
  [/^(\S+) is a name that the server gives, so the address is banned without being shown/, '$1 是服务器起的名字，所以封禁的是其地址（不显示）'],
  [/^the address of (\S+) is banned without being shown/, '已封禁 $1 的地址（不显示）'],
  [/^(\S+) is banned/, '已封禁 $1'],
  [/^; it applies to nobody here/, '，在线的人都不受影响'],
  [/^, and (\d+) who (?:was|were) here had to leave/, '，并移出了 $1 个在线的人'],
  [/^\. Who comes with another nick is not met: (?:KLINE|\/ban) (\S+?)(?: --address)? bans the address, without showing it/, '。换个名字就能再来：/ban $1 --address 封禁其地址（不显示）'],
  [/^\. One host has a whole network: \/ban (\S+) meets it/, '。一台主机会有整个网段：/ban $1 封禁整个网段'],
  [/^\. To unban (\S+) ends it/, '。/unban $1 解除封禁'],
  [/^the ban of (\S+) is ended/, '已解除对 $1 的封禁'],
  [/^, but it is still met by that of (\S+)/, '，但 $1 的封禁仍包含它'],
  [/^: there were (\d+)$/, '：共 $1 条'],
  [/^(\S+) had to leave/, '已移出 $1'],
  [/^(\S+) was removed from (\S+)/, '已把 $1 移出 $2'],
  [/^(\S+) was not banned\. A ban is of a nick .*$/, '没有封禁 $1：请写名字（/ban ben）、要封其地址的名字（/ban ben --address）或地址（/ban 192.0.2.0/24）'],
  [/^(\S+) was not banned: /, '没有封禁 $1：'],
  [/^(\S+) was not unbanned: /, '没有解除对 $1 的封禁：'],
  [/^, nor had it a short while ago/, '，不久前也没有'],
  [/^; it is met by that of (\S+)/, '；包含它的是 $1 的封禁'],
  [/^\. (?:KLINE (\S+)!\*@\*|\/ban (\S+)) bans the nick/, '。/ban $1$2 封禁这个名字'],
  // The list of bans
  [/^the nick (\S+)/, '名字 $1'],
  [/^(\S+), the address of (\S+?)(?=$| \(|, by )/, '$1，$2 的地址'],
  [/^(\S*[.:]\S*?)(?=$| \(|, by )/, '$1'],
  [/^, by (\S+), (\S+ \S+ UTC)$/, '，由 $1 封禁，$2'],
  [/^and (\d+) more$/, '还有 $1 条'],
  // Of an error of the system, or the reason of a ban
  [/^ \((.*?)\)(?=$|, by \S+, \S+ \S+ UTC$|, nor |; it is met|\. (?:KLINE|\/ban) )/, '（$1）'],
  [/^: (.*)$/, '：$1'],
  // Of a connection
  [/^You type faster than this server reads: your lines are taken at (\d+) a second, and none is lost\.?$/, '你发得太快，服务器每秒只收 $1 行，不过一行也不会丢。'],
  [/^(\S+) lost the connection\. What you said to \S+ at (\S+) UTC may not have arrived: (.*)$/, '$1 的连接断了，你在 $2（UTC）说的话可能没有送到：“$3”'],
];

// undefined if the page does not know all of it.
export function chineseOf(sentence: string): string | undefined {
  let chinese = '';
  for (let rest = sentence; rest !== ''; ) {
    const start = rest.toLowerCase();
    const fixed = Object.keys(FIXED).find((words) => start.startsWith(words));
    const pattern = PATTERNS.find(([clause]) => clause.test(rest));
    if (!fixed && !pattern) return undefined;
    const clause = fixed ? rest.slice(0, fixed.length) : pattern![0].exec(rest)![0];
    chinese += fixed ? FIXED[fixed] : clause.replace(...pattern!);
    rest = rest.slice(clause.length);
  }
  return chinese;
}
