// 报销: a photograph becomes a draft claim with its fields read. The picture is kept until the server has it.
const { ask } = require("../../request");

Component({
  data: { notice: "", lines: [], busy: false },
  methods: {
    take() {
      if (this.data.busy) return Promise.resolve();
      this.setData({ busy: true, notice: "", lines: [] });
      const path = new Promise((resolve, reject) => wx.chooseMedia({
        count: 1, mediaType: ["image"], sizeType: ["original"],
        success: ({ tempFiles }) => resolve(tempFiles[0].tempFilePath),
        fail: () => reject(new Error("没有选择照片")),
      }));
      // One name for all attempts, so that a lost answer makes no second draft.
      const key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      return path
        .then((file) => {
          const bytes = wx.getFileSystemManager().readFileSync(file);
          const send = () => ask("POST", "/api/mini/claims", bytes, { "content-type": "application/octet-stream", "x-idempotency-key": key });
          return send().catch((error) => { if (error.code !== "offline") throw error; return send(); });
        })
        .then((made) => this.setData({ notice: made.title, lines: made.lines }))
        .catch((error) => this.setData({ notice: error.message }))
        .then(() => this.setData({ busy: false }));
    },
  },
});
