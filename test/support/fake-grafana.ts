import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Not Grafana: a program that takes the same words and the same file, says who may come in as that says, and is asked for nothing else.
 * A real one is not to be had where these tests run.
 */
const PROGRAM = `#!${process.execPath}
const fs = require('fs'), http = require('http')
if (process.argv.includes('--version')) { console.log('grafana version 13.2.0'); process.exit(0) }
const ini = fs.readFileSync(process.argv.find((word) => word.startsWith('--config=')).slice(9), 'utf8')
const read = (key) => new RegExp('^' + key + ' = (.*)$', 'm').exec(ini)[1]
const password = fs.readFileSync(/{(.*)}/.exec(read('admin_password'))[1], 'utf8').trim()
const right = 'Basic ' + Buffer.from(read('admin_user') + ':' + password).toString('base64')
console.log(process.argv.slice(2).join(' '))
http.createServer((request, answer) => {
  const isOpen = request.url === '/api/health' || request.headers.authorization === right
  answer.writeHead(isOpen ? 200 : 401).end('{"database":"ok"}')
}).listen(Number(read('http_port')), read('http_addr'))
`

/** @returns the path of the program */
export async function writeFakeGrafana(folder: string): Promise<string> {
  const path = join(folder, 'grafana')
  await writeFile(path, PROGRAM, { mode: 0o755 })
  return path
}
