// The mini-program's components against the real server and the simulated WeChat. `wx` is WeChat's; its network is real.

/** @jest-environment jsdom */
const path = require("path");
const simulate = require("miniprogram-simulate");
const { SERVER, BOTSIM, LINK, USER } = process.env;

const root = path.resolve(__dirname, "../../bot/miniprogram");
const real = require("http");
let online = true;
let lost = "";
let picture = Buffer.alloc(0);

// A request over real HTTP, because jsdom's own would ask for a page's permission.
function http(address, { method, headers, body }) {
  return new Promise((resolve, reject) => {
    const asked = real.request(address, { method, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, bytes: Buffer.concat(parts) }));
    });
    asked.on("error", reject);
    if (body) asked.write(body);
    asked.end();
  });
}

const stored = new Map();
const shown = [];
global.wx = {
  getStorageSync: (name) => (stored.has(name) ? JSON.parse(stored.get(name)) : ""),
  setStorageSync: (name, value) => {
    const text = JSON.stringify(value);
    if (text.length > 1024 * 1024) throw new Error("setStorageSync: more than 1 MB under one name");
    stored.set(name, text);
  },
  login: ({ success, fail }) => {
    const body = JSON.stringify({ platform: "wechat", user: USER });
    http(BOTSIM + "/_sim/code", { method: "POST", headers: { "content-type": "application/json" }, body })
      .then(({ bytes }) => success({ code: JSON.parse(bytes).code }), fail);
  },
  request: ({ url, method, data, header, success, fail }) => {
    if (!online) return fail({ errMsg: "request:fail" });
    const body = data === undefined ? undefined : Buffer.isBuffer(data) ? data : JSON.stringify(data);
    http(url, { method, headers: header, body })
      .then(({ status, bytes }) => {
        let parsed = bytes.toString();
        if (lost && url.includes(lost)) { lost = ""; return fail({ errMsg: "request:fail" }); }
        try { parsed = JSON.parse(parsed); } catch (_) { /* not JSON: as it is */ }
        success({ statusCode: status, data: parsed });
      }, fail);
  },
  downloadFile: ({ success }) => success({ statusCode: 404, tempFilePath: "" }),
  requestSubscribeMessage: ({ tmplIds, complete }) => complete({ [tmplIds[0]]: "accept", errMsg: "requestSubscribeMessage:ok" }),
  switchTab: ({ url }) => shown.push(url),
  navigateTo: ({ url }) => shown.push(url),
  stopPullDownRefresh: () => {},
  chooseMedia: ({ success }) => success({ tempFiles: [{ tempFilePath: "wxfile://photo" }] }),
  getFileSystemManager: () => ({ readFileSync: () => picture }),
};

// A page's script runs once; rendering it again is opening the page again.
const loaded = new Map();
function page(name, properties) {
  if (!loaded.has(name)) loaded.set(name, simulate.load(path.join(root, `pages/${name}/${name}`), "main", { rootPath: root }));
  const component = simulate.render(loaded.get(name), properties);
  const parent = document.createElement("div");
  component.attach(parent);
  return component;
}

async function until(component, what, so) {
  for (let round = 0; round < 500; round += 1) {
    if (so(component.data)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`never: ${what}: ${JSON.stringify(component.data)}`);
}

beforeAll(() => Object.assign(require(path.join(root, "config")), { server: SERVER, template: "tmpl-approval" }));


test("unbound: the list leads to binding, and the code binds", async () => {
  const pending = page("pending");
  for (let round = 0; round < 500 && !shown.length; round += 1) await new Promise((done) => setTimeout(done, 20));
  expect(shown.pop()).toBe("/pages/bind/bind");
  expect(pending.data.items).toEqual([]);
  const bind = page("bind");
  await until(bind, "looked", () => true);
  bind.instance.typed({ detail: { value: "WRONG234" } });
  await bind.instance.bind();
  expect(bind.data.notice).toContain("绑定码不对");
  bind.instance.typed({ detail: { value: LINK } });
  await bind.instance.bind();
  expect(bind.data).toMatchObject({ bound: true, notice: "已绑定" });
});

test("one tap approves, and a double tap sends once", async () => {
  const pending = page("pending");
  await until(pending, "two wait", ({ items }) => items.length >= 2);
  const item = pending.data.items.find((one) => one.title === "打车去机场");
  expect(item.total).toBe("123.45");
  const tap = { currentTarget: { dataset: { id: item.id } } };
  await Promise.all([pending.instance.approve(tap), pending.instance.approve(tap)]);
  expect(pending.data.notice).toContain("已同意");
  expect(pending.data.items.map((one) => one.id)).not.toContain(item.id);
});

test("without a network the decision is kept and goes out later; a rejection needs its reason", async () => {
  const pending = page("pending");
  await until(pending, "one waits", ({ items }) => items.length >= 1);
  const { id } = pending.data.items.find((one) => one.title === "展会物料");
  const detail = page("detail", { request: id });
  await until(detail, "loaded", (data) => data.detail);
  expect(detail.data.detail.facts.map(([name]) => name)).toContain("预算可用");
  const verb = (name) => ({ currentTarget: { dataset: { verb: name } } });
  await detail.instance.decide(verb("reject"));
  expect(detail.data.notice).toBe("请写明理由");
  detail.instance.typed({ detail: { value: "超出标准" } });
  online = false;
  await detail.instance.decide(verb("reject"));
  expect(JSON.parse(stored.get("decisions"))).toHaveLength(1);
  await pending.instance.refresh();
  expect(pending.data).toMatchObject({ offline: true, waiting: 1 });
  online = true;
  await pending.instance.refresh();
  expect(pending.data).toMatchObject({ offline: false, waiting: 0 });
  const again = page("detail", { request: id });
  await until(again, "loaded", (data) => data.detail);
  expect(again.data.detail.status).toContain("已拒绝");
});

test("a photograph is read, and kept as a draft", async () => {
  picture = require("fs").readFileSync(process.env.INVOICE);
  const claim = page("claim");
  await claim.instance.take();
  expect(claim.data.read).toMatchObject({ total: "166.00", sure: true });
  await claim.instance.draft();
  expect(claim.data.notice).toContain("已生成报销草稿");
  expect(claim.data.notice).toContain("已存为草稿");
});

test("a photograph is submitted once, also when the answer is lost and the finger is quick", async () => {
  const claim = page("claim");
  await claim.instance.take();
  expect(claim.data.amount).toBe("166.00");
  await claim.instance.submit();
  expect(claim.data.notice).toBe("请选择费用类型");
  const account = claim.data.accounts.findIndex(({ name }) => name === "差旅费 / 交通");
  claim.instance.choose({ detail: { value: String(account) } });
  claim.instance.typed({ detail: { value: "1,66" } });
  await claim.instance.submit();
  expect(claim.data.notice).toBe("请填写金额");
  claim.instance.typed({ detail: { value: "166.01" } });
  await claim.instance.submit();
  expect(claim.data.notice).toBe("金额不能超过发票的价税合计");
  claim.instance.typed({ detail: { value: "166" } });
  lost = "/api/mini/claims";
  await Promise.all([claim.instance.submit(), claim.instance.submit()]);
  expect(lost).toBe("");
  expect(claim.data.notice).toContain("已提交");
  await claim.instance.submit();
});
