/** archiver 8 ships no types; this is the part that we use. */
declare module 'archiver' {
  import type { Transform } from 'node:stream'
  class Archiver extends Transform {
    append(
      source: NodeJS.ReadableStream | Buffer | string,
      data: { name: string; date?: Date },
    ): this
    finalize(): Promise<void>
  }
  export class ZipArchive extends Archiver {
    constructor(options?: { zlib?: { level: number } })
  }
  export class TarArchive extends Archiver {
    constructor(options?: { gzip?: boolean })
  }
}
