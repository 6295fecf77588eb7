/** archiver 8 ships no types; this is the part that we use. */
declare module 'archiver' {
  import type { Transform } from 'node:stream'
  export class ZipArchive extends Transform {
    constructor(options?: { zlib?: { level: number } })
    append(
      source: NodeJS.ReadableStream | Buffer | string,
      data: { name: string; date?: Date },
    ): this
    finalize(): Promise<void>
  }
}
