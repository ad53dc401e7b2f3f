// The mini-program: what waits for me, one tap to decide, a photograph to claim. Everything true is on the server.
App({});
