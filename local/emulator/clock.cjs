// Gives the emulator another time than the machine's, loaded by `node --require` before anything else. The file
// BOROUGH_EXCHANGE_CLOCK says which: `1795251600000` is a clock that stands (milliseconds since 1970), so that a year of
// creation times passes in seconds; `+2246400000` or `-60000` is the machine's clock, so many milliseconds ahead or behind.
const { readFileSync } = require("node:fs");

const TrueDate = Date;
const file = process.env.BOROUGH_EXCHANGE_CLOCK;
let readAt = -Infinity;
let said = "";

function now() {
  // One request asks for the time many times.
  if (performance.now() - readAt > 2) {
    said = readFileSync(file, "utf8");
    readAt = performance.now();
  }
  return /^[+-]/.test(said) ? TrueDate.now() + Number(said) : Number(said);
}

globalThis.Date = class Date extends TrueDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [now()]));
  }

  static now() {
    return now();
  }
};

// Node dates its answers by a clock of its own, which was taken before this file: what the service says of its time is
// the time that it goes by.
const { ServerResponse } = require("node:http");
const writeHead = ServerResponse.prototype.writeHead;
ServerResponse.prototype.writeHead = function (...said) {
  if (!this.headersSent) this.setHeader("Date", new Date().toUTCString());
  return writeHead.apply(this, said);
};
