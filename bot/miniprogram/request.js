// Asking the server: the session, one more sign-in when it has ended, and errors told apart.
const config = require("./config");

const SESSION = "session";

// What went wrong: `offline` when nobody answered, else the server's code and its words.
function fault(code, message) {
  const error = new Error(message);
  error.code = code;
  return error;
}

function call(method, path, data, headers) {
  return new Promise((resolve, reject) => {
    wx.request({
      url: config.server + path,
      method,
      data,
      header: Object.assign({ "content-type": "application/json" }, headers),
      timeout: 15000,
      success: ({ statusCode, data: body }) => {
        if (statusCode >= 200 && statusCode < 300) resolve(body);
        else if (statusCode >= 500) reject(fault("offline", "服务器暂时没有回应"));
        else reject(fault((body && body.code) || String(statusCode), (body && body.message) || "请求没有成功"));
      },
      fail: () => reject(fault("offline", "没有网络")),
    });
  });
}

// WeChat's code becomes a session of the server's. The code is good once, so a lost answer asks for another.
function signIn() {
  return new Promise((resolve, reject) => wx.login({ success: ({ code }) => resolve(code), fail: () => reject(fault("offline", "没有网络")) }))
    .then((code) => call("POST", "/api/mini/session", { code }))
    .then((session) => {
      wx.setStorageSync(SESSION, session.token);
      return session;
    });
}

function ask(method, path, data, headers) {
  const once = () => call(method, path, data, Object.assign({ authorization: "Bearer " + wx.getStorageSync(SESSION) }, headers));
  const first = wx.getStorageSync(SESSION) ? once() : signIn().then(once);
  return first.catch((error) => {
    if (error.code !== "mini_session") throw error;
    return signIn().then(once);
  });
}

module.exports = { ask, signIn };
