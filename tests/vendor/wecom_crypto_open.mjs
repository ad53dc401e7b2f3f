// Tencent's @wecom/crypto opens an encrypted XML reply from standard input and prints what it says.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { decrypt, getSignature } = createRequire(import.meta.url)("@wecom/crypto");
const [token, key] = process.argv.slice(2);
const text = readFileSync(0, "utf8");
const field = (name) => text.match(new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, "s"))[1];
const signature = getSignature(token, field("TimeStamp"), field("Nonce"), field("Encrypt"));
if (signature !== field("MsgSignature")) throw new Error("the signature does not fit");
console.log(decrypt(key, field("Encrypt")).message);
