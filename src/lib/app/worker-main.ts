import { fileURLToPath } from 'node:url'
import { measuringProcess } from '../instrument/process/worker.js'
import { WORKS } from './catalog.js'

await measuringProcess(WORKS, fileURLToPath(import.meta.url))
