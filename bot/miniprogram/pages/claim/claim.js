// 报销: a photograph is read, its person chooses the account and confirms the amount, and it is submitted at once or kept as a
// draft. One name for all attempts at the same thing, so that a lost answer makes no second claim.
const { ask } = require("../../request");

const AMOUNT = /^(\d{1,9})(?:\.(\d{1,2}))?$/;

// Whole fen of an amount in yuan, or nothing.
function fen(text) {
  const found = AMOUNT.exec(text.trim());
  return found ? Number(found[1]) * 100 + Number((found[2] || "").padEnd(2, "0")) : 0;
}

Component({
  data: { notice: "", lines: [], busy: false, read: null, accounts: [], account: -1, amount: "" },
  methods: {
    take() {
      if (this.data.busy) return Promise.resolve();
      this.setData({ busy: true, notice: "", lines: [], read: null });
      const path = new Promise((resolve, reject) => wx.chooseMedia({
        count: 1, mediaType: ["image"], sizeType: ["original"],
        success: ({ tempFiles }) => resolve(tempFiles[0].tempFilePath),
        fail: () => reject(new Error("没有选择照片")),
      }));
      return path
        .then((file) => {
          this.file = file;
          return this.post("/api/mini/read");
        })
        .then((read) => this.setData({ read, lines: read.lines, accounts: read.accounts, account: -1, amount: read.total || "" }))
        .catch((error) => this.setData({ notice: error.message }))
        .then(() => this.setData({ busy: false }));
    },

    choose(event) { this.setData({ account: Number(event.detail.value) }); },
    typed(event) { this.setData({ amount: event.detail.value }); },
    draft() { return this.send(""); },

    submit() {
      const chosen = this.data.accounts[this.data.account];
      const amount = fen(this.data.amount);
      if (!chosen || !amount) {
        this.setData({ notice: chosen ? "请填写金额" : "请选择费用类型" });
        return Promise.resolve();
      }
      return this.send(`?submit=true&account=${encodeURIComponent(chosen.code)}&amount=${amount}`);
    },

    send(wanted) {
      if (this.data.busy || !this.file) return Promise.resolve();
      this.setData({ busy: true, notice: "" });
      if (this.wanted !== this.file + wanted) {
        this.wanted = this.file + wanted;
        this.key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      }
      return this.post("/api/mini/claims" + wanted, { "x-idempotency-key": this.key })
        .then((made) => {
          this.file = "";
          this.setData({ notice: `${made.title}：${made.status}`, lines: made.lines, read: null });
        })
        .catch((error) => this.setData({ notice: error.message }))
        .then(() => this.setData({ busy: false }));
    },

    // Sends the photograph; once more where nobody answered.
    post(path, headers) {
      const bytes = wx.getFileSystemManager().readFileSync(this.file);
      const once = () => ask("POST", path, bytes, Object.assign({ "content-type": "application/octet-stream" }, headers));
      return once().catch((error) => { if (error.code !== "offline") throw error; return once(); });
    },
  },
});
