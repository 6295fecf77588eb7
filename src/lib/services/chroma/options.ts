import { alike, type ValuesOf } from '../../options/set.js'
import { choice, path, text, toggle } from '../../options/types.js'

/** What a Chroma server can be told, besides where it runs. */
export const chromaOptions = alike(
  { group: 'SERVER' },
  {
    /** `tuned` turns the metadata cache on. */
    profile: choice(['default', 'tuned'], {
      summary:
        'Set the server up: tuned keeps the metadata of collections in memory; results say so.',
      default: 'default',
    }),
    /** Null is the run directory. */
    persistDir: path({
      summary: 'Keep the database in this directory. Default: in the run directory.',
    }),
    /** Null is the native server. */
    image: path({
      summary: 'Run Chroma from this Apptainer image. Default: the native server.',
      setting: 'chroma.image',
    }),
    /** On a node that others use too: no gate before it. */
    open: toggle({
      summary:
        'Let every user of the node connect. Default: on a node that may be shared, a token gate guards the server.',
      env: null,
    }),
    /** Puts the token gate on the node's address. */
    expose: toggle({
      summary: 'Let other machines connect, through a gate that asks for a token.',
    }),
  },
)

export const chromaSettings = alike(
  { flag: null },
  { command: text({ summary: 'The chroma program to run.', setting: 'chroma.command' }) },
)

export const installOptions = {
  dir: path({
    summary: 'Install into this directory. Default: aibench’s data directory.',
    env: null,
  }),
}

export type ChromaOptions = ValuesOf<typeof chromaOptions>
