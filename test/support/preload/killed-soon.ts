/** Ends the process as the kernel does when memory is short: without a word. */
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 4_000)
