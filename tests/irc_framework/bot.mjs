// A bot with irc-framework, which The Lounge and Kiwi are made of. It answers !time, takes lines to say from standard
// input ("/away ..." is a raw line), and prints what happens. usage: node bot.mjs PORT NICK
import readline from 'node:readline';
import IRC from 'irc-framework';

const [port, nick] = process.argv.slice(2);
const bot = new IRC.Client();
let answers = 0;
bot.on('registered', () => bot.join('#lobby'));
bot.on('join', (event) => console.log(`joined ${event.nick}`));
bot.on('away', (event) => console.log(`away ${event.nick} ${event.message}`));
bot.on('kick', (event) => console.log(`kicked ${event.kicked} ${event.message}`));
bot.on('irc error', (event) => console.log(`error ${event.error} ${event.reason}`));
bot.on('privmsg', (event) => {
  console.log(`said ${event.nick} ${event.message}`);
  if (event.message === '!time') bot.say(event.target, `${nick} answer ${++answers}`);
});
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.startsWith('/')) bot.raw(line.slice(1));
  else bot.say('#lobby', line);
});
// Its own reconnecting waits for seconds.
bot.on('close', () => setTimeout(() => bot.connect(), 200));
bot.connect({ host: '127.0.0.1', port: Number(port), nick, username: nick, gecos: 'A Bot', auto_reconnect: false });
