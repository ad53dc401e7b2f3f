// Where the server is, and the subscribe message's template. Both come from the administrator; see docs/CHAT.md.
module.exports = { server: "https://expense.example.cn", template: "" };
