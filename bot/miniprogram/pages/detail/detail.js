// 单据: the facts, the pictures of its invoices, and every verb with its reason.
const config = require("../../config");
const { ask } = require("../../request");
const queue = require("../../queue");

Component({
  properties: { request: String },
  data: { detail: null, reason: "", notice: "", pictures: [], busy: false },
  lifetimes: { attached() { this.load(); } },
  methods: {
    load() {
      return ask("GET", "/api/mini/requests/" + this.data.request)
        .then((detail) => {
          this.setData({ detail });
          return Promise.all(detail.originals.map((sha256) => this.picture(sha256)));
        })
        .then((pictures) => this.setData({ pictures: pictures.filter(Boolean) }))
        .catch((error) => this.setData({ notice: error.message }));
    },

    // A picture needs the session, which an image's address cannot carry.
    picture(sha256) {
      return new Promise((resolve) => {
        wx.downloadFile({
          url: config.server + "/api/mini/originals/" + sha256,
          header: { authorization: "Bearer " + wx.getStorageSync("session") },
          success: ({ statusCode, tempFilePath }) => resolve(statusCode === 200 ? tempFilePath : ""),
          fail: () => resolve(""),
        });
      });
    },

    look(event) { wx.previewImage({ current: event.currentTarget.dataset.path, urls: this.data.pictures }); },
    typed(event) { this.setData({ reason: event.detail.value }); },

    decide(event) {
      const { verb } = event.currentTarget.dataset;
      const { detail, reason, busy } = this.data;
      if (busy || !detail) return Promise.resolve();
      if (verb !== "approve" && !reason.trim()) {
        this.setData({ notice: "请写明理由" });
        return Promise.resolve();
      }
      this.setData({ busy: true, notice: "" });
      const decision = { id: detail.id, revision: detail.revision, step: detail.step, verb, reason };
      return queue.send(decision)
        .then((decided) => this.setData({ notice: decided.status }))
        .catch((error) => {
          if (error.code !== "offline") return this.setData({ notice: error.message });
          const kept = queue.keep(decision);
          this.setData({ notice: kept ? "没有网络，已保存，联网后发送" : "待发送的决定太多，请先联网" });
        })
        .then(() => { this.setData({ busy: false }); return this.load(); });
    },
  },
});
