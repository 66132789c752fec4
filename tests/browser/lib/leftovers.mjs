// What keeps a process alive until it is closed: bots and proxies. Closing twice does no harm.
export const leftovers = new Set();
