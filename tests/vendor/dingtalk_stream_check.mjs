// DingTalk's own Stream SDK for Node against the simulator: connection, tap, message, disconnect and back again.
// Its addresses are constants, so its own HTTP client is told where the simulator is.

import axios from "axios";
import { DWClient } from "dingtalk-stream";

const [base, clientId, clientSecret, template] = process.argv.slice(2);
axios.interceptors.request.use((config) => {
  config.url = config.url.replace(/^https:\/\/(api|oapi)\.dingtalk\.com/, base);
  return config;
});

const control = async (path, body) => {
  const init = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await fetch(base + path, init)).json();
};
const assert = (so, what) => {
  if (!so) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
};
const eventually = async (what, so) => {
  for (let round = 0; round < 1500; round += 1) {
    const found = await so();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error("never: " + what);
};

const cardTopic = "/v1.0/card/instances/callback";
const messageTopic = "/v1.0/im/bot/messages/get";

async function check() {
  const client = new DWClient({ clientId, clientSecret });
  const taps = [];
  const messages = [];
  client.registerCallbackListener(cardTopic, async (frame) => {
    taps.push(JSON.parse(frame.data));
    const answer = {
      cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
      cardData: { cardParamMap: { status: "已同意", open: "false" } },
    };
    client.socketCallBackResponse(frame.headers.messageId, answer);
  });
  client.registerCallbackListener(messageTopic, async (frame) => {
    messages.push(JSON.parse(frame.data));
    client.socketCallBackResponse(frame.headers.messageId, null);
  });
  await client.connect();
  const sockets = async () => (await control("/_sim/journal")).filter((entry) => entry.call === "connect");
  await eventually("a socket", async () => (await sockets()).length === 1);

  const token = await client.getAccessToken();
  const made = await fetch(base + "/v1.0/card/instances/createAndDeliver", {
    method: "POST",
    headers: { "content-type": "application/json", "x-acs-dingtalk-access-token": token },
    body: JSON.stringify({
      cardTemplateId: template, outTrackId: "by-node", callbackType: "STREAM", userIdType: 1,
      cardData: { cardParamMap: { title: "张三的报销", status: "待处理", open: "true" } },
      privateData: { boss: { cardParamMap: { can_act: "true", tok_approve: "the token" } } },
      openSpaceId: "dtv1.card//IM_ROBOT.boss",
      imRobotOpenDeliverModel: { spaceType: "IM_ROBOT", robotCode: clientId },
    }),
  });
  assert(made.ok, await made.text());
  const press = { platform: "dingtalk", card: "by-node", user: "boss", action: "approve" };
  const pressed = await control("/_sim/press", press);
  assert(pressed.status === 200, pressed);
  assert(JSON.parse(taps[0].content).cardPrivateData.params.token === "the token", taps);
  const phone = await control("/_sim/phones?user=boss");
  assert(phone.cards[0].status === "已同意", phone);

  await control("/_sim/write", { platform: "dingtalk", user: "boss", text: "我的待办" });
  await eventually("a message", () => messages.length === 1);
  assert(messages[0].text.content === "我的待办", messages);

  await control("/_sim/fault", { fault: "disconnect" });
  await eventually("a second socket", async () => (await sockets()).length === 2);
  const broken = (await control("/_sim/journal")).flatMap((entry) => entry.violations);
  assert(broken.length === 0, broken);
}

const limit = setTimeout(() => { console.log("FAILED: it took too long"); process.exit(1); }, 60000);
check().then(
  () => { clearTimeout(limit); console.log("OK"); process.exit(0); },
  (error) => { console.log("FAILED", error.stack); process.exit(1); },
);
