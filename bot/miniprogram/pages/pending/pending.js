// 待办: what waits for me, with one tap to approve and a reason to reject or return.
const config = require("../../config");
const { ask } = require("../../request");
const queue = require("../../queue");

const LIST = "pending";

Component({
  data: { items: [], waiting: 0, offline: false, notice: "", busy: "" },
  lifetimes: { attached() { this.refresh(); } },
  pageLifetimes: { show() { this.refresh(); } },
  methods: {
    onPullDownRefresh() { return this.refresh().then(() => wx.stopPullDownRefresh()); },

    // The server's list; without a network the last one, which then says so.
    refresh() {
      return queue.flush()
        .then((refused) => {
          if (refused.length) this.setData({ notice: refused.map((one) => one.message).join("；") });
          return ask("GET", "/api/mini/pending");
        })
        .then((items) => {
          wx.setStorageSync(LIST, items);
          this.show(items, false);
        })
        .catch((error) => {
          if (error.code === "mini_unbound") return wx.switchTab({ url: "/pages/bind/bind" });
          this.show(wx.getStorageSync(LIST) || [], error.code === "offline");
          if (error.code !== "offline") this.setData({ notice: error.message });
        });
    },

    show(items, offline) {
      const waiting = queue.waiting().map((decision) => decision.id);
      this.setData({ items: items.filter((item) => !waiting.includes(item.id)), waiting: waiting.length, offline });
    },

    open(event) { wx.navigateTo({ url: "/pages/detail/detail?request=" + event.currentTarget.dataset.id }); },

    // Consent for one reminder is asked inside the tap, as WeChat wants it; whatever the answer, the decision goes on. The
    // server counts each consent; one that it did not hear of is a reminder less and nothing more.
    approve(event) {
      const item = this.data.items.find((one) => one.id === event.currentTarget.dataset.id);
      if (!item || this.data.busy === item.id) return Promise.resolve();
      this.setData({ busy: item.id, notice: "" });
      const consent = new Promise((done) => {
        if (!config.template || !wx.requestSubscribeMessage) return done(false);
        const complete = (said) => done(Boolean(said) && said[config.template] === "accept");
        wx.requestSubscribeMessage({ tmplIds: [config.template], complete });
      }).then((agreed) => {
        if (agreed) ask("POST", "/api/mini/consents", { granted: 1 }).catch(() => {});
      });
      const { id, revision, step } = item;
      return consent
        .then(() => queue.send({ id, revision, step, verb: "approve" }))
        .then((decided) => this.setData({ notice: decided.status }))
        .catch((error) => {
          if (error.code !== "offline") return this.setData({ notice: error.message });
          const kept = queue.keep({ id, revision, step, verb: "approve" });
          this.setData({ notice: kept ? "没有网络，已保存，联网后发送" : "待发送的决定太多，请先联网" });
        })
        .then(() => { this.setData({ busy: "" }); return this.refresh(); });
    },
  },
});
