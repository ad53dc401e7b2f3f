// 我的: binds this WeChat account to the person who was shown the code on the web.
const { ask, signIn } = require("../../request");

Component({
  data: { bound: false, code: "", notice: "" },
  lifetimes: { attached() { this.look(); } },
  methods: {
    look() {
      return signIn()
        .then(({ bound }) => this.setData({ bound }))
        .catch((error) => this.setData({ notice: error.message }));
    },
    typed(event) { this.setData({ code: event.detail.value.trim() }); },
    bind() {
      return ask("POST", "/api/mini/bind", { code: this.data.code })
        .then(() => this.setData({ bound: true, notice: "已绑定" }))
        .catch((error) => this.setData({ notice: error.message }));
    },
  },
});
