// Decisions that were made without a network. Each names the revision and step that the person saw, so a late one is
// refused by the server rather than applied to something else; nothing here is ever decided silently.
//
// WeChat keeps at most 1 MB under one name and 10 MB in all; a hundred decisions are far below both.
const { ask } = require("./request");

const NAME = "decisions";
const MOST = 100;
const LONGEST_REASON = 500;

const read = () => wx.getStorageSync(NAME) || [];
const write = (decisions) => wx.setStorageSync(NAME, decisions);

// Keeps a decision; false when there is no room.
function keep(decision) {
  const others = read().filter((other) => other.id !== decision.id);
  if (others.length >= MOST) return false;
  write(others.concat([Object.assign({}, decision, { reason: (decision.reason || "").slice(0, LONGEST_REASON) })]));
  return true;
}

function send(decision) {
  const { id, revision, step, verb, reason } = decision;
  return ask("POST", `/api/mini/requests/${id}/decision`, { revision, step, verb, reason: reason || "" });
}

// Sends what waits, in order. Stops at the first that nobody answers; gives back what was refused, with its words.
function flush() {
  const [first, ...rest] = read();
  if (!first) return Promise.resolve([]);
  return send(first).then(
    () => { write(rest); return flush(); },
    (error) => {
      if (error.code === "offline") return [];
      write(rest);
      return flush().then((refused) => [{ decision: first, message: error.message }].concat(refused));
    },
  );
}

module.exports = { keep, flush, send, waiting: read };
