// The peer's server as a process of its own: node peer-server.mjs PORT FOLDER
import { Repo } from '@automerge/automerge-repo';
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { WebSocketServer } from 'ws';

const [port, folder] = process.argv.slice(2);
const sockets = new WebSocketServer({ port: Number(port), host: '127.0.0.1' });
new Repo({
  // A minute: a busy machine is not a lost connection.
  network: [new WebSocketServerAdapter(sockets, 60_000)],
  storage: new NodeFSStorageAdapter(folder),
  peerId: 'peer-server',
  sharePolicy: async () => false,
});
sockets.on('listening', () => console.log('listening'));
