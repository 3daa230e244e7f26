// Ends the emulator when the process that started it is gone, however it went: that process holds the other end of
// standard input. SIGTERM, not exit(), so that what is in memory is written to disk first.
process.stdin.resume();
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
