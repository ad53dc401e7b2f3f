module.exports = { testEnvironment: "jsdom", testMatch: ["**/*.test.js"], testTimeout: 60000 };
