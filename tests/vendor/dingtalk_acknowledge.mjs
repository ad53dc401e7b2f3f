// DingTalk's Node SDK doing nothing but acknowledging: the yardstick of the bench.

import axios from "axios";
import { DWClient } from "dingtalk-stream";

const [base, clientId, clientSecret] = process.argv.slice(2);
axios.interceptors.request.use((config) => {
  config.url = config.url.replace(/^https:\/\/(api|oapi)\.dingtalk\.com/, base);
  return config;
});
const client = new DWClient({ clientId, clientSecret });
client.registerCallbackListener("/v1.0/card/instances/callback", (frame) => {
  client.socketCallBackResponse(frame.headers.messageId, {});
});
await client.connect();
