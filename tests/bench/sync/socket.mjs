// A WebSocket that counts: frames and bytes of payload, each way.
import WebSocket from 'ws';

const PATIENCE = 120_000;

/** Opens a socket and keeps what comes in until it is asked for. */
export async function open(url, protocol) {
  const socket = new WebSocket(url, protocol, { maxPayload: 256 << 20, perMessageDeflate: false });
  const counted = { up: 0, upBytes: 0, down: 0, downBytes: 0 };
  const waiting = [];
  let wake = null;
  let ended = null;
  const stir = () => {
    wake?.();
    wake = null;
  };
  socket.on('message', data => {
    counted.down += 1;
    counted.downBytes += data.length;
    waiting.push(data);
    stir();
  });
  socket.on('close', (code, reason) => {
    ended ??= new Error(`${url} closed: ${code} ${reason}`);
    stir();
  });
  socket.on('error', error => {
    ended ??= error;
    stir();
  });
  await new Promise((done, fail) => {
    socket.once('open', done);
    socket.once('error', fail);
  });
  return {
    counted,
    send(bytes) {
      counted.up += 1;
      counted.upBytes += bytes.length;
      socket.send(bytes);
    },
    /** The next frame; a silence of two minutes is a fault, unless one may wait for longer. */
    async next(patience = PATIENCE) {
      while (waiting.length === 0) {
        if (ended) throw ended;
        await new Promise((done, fail) => {
          const silence = () => fail(new Error(`${url} is silent`));
          const timer = Number.isFinite(patience) ? setTimeout(silence, patience) : null;
          wake = () => {
            clearTimeout(timer);
            done();
          };
        });
      }
      return waiting.shift();
    },
    close() {
      socket.terminate();
    },
  };
}
