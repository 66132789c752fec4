// A small list of emoji by name, for completion.
const LIST =
  'smile 😊 smiley 😃 grin 😁 joy 😂 rofl 🤣 wink 😉 heart_eyes 😍 kiss 😘 thinking 🤔 neutral 😐 sweat_smile 😅 cry 😢 ' +
  'sob 😭 angry 😠 scream 😱 sleeping 😴 sunglasses 😎 tongue 😛 hug 🤗 shrug 🤷 facepalm 🤦 thumbsup 👍 thumbsdown 👎 ' +
  'ok 👌 clap 👏 wave 👋 pray 🙏 muscle 💪 eyes 👀 heart ❤️ broken_heart 💔 fire 🔥 star ⭐ sparkles ✨ tada 🎉 party 🥳 ' +
  'rocket 🚀 bug 🐛 check ✅ cross ❌ warning ⚠️ question ❓ bulb 💡 hundred 💯 coffee ☕ tea 🍵 beer 🍺 cake 🎂 pizza 🍕 ' +
  'orange 🍊 cat 🐱 dog 🐶 sun ☀️ moon 🌙 rain 🌧️ snow ❄️ rose 🌹 gift 🎁 book 📖 clock ⏰ lock 🔒 computer 💻';

export const EMOJI: [name: string, sign: string][] = [...LIST.matchAll(/(\w+) (\S+)/g)].map(([, name, sign]) => [name!, sign!]);
