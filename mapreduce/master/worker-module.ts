import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** How the worker threads are started: the module whose default export runs a task, and the flags node needs for it. */
export interface WorkerModule {
  readonly url: string
  readonly execArgv: readonly string[]
}

/**
 * The worker's entry beside this file, in the form this file is in: compiled `.js` as it is, and `.ts` in a checkout
 * through tsx, because a thread on Node 20 reads no TypeScript of its own (nor inherits the parent's loader hooks).
 */
export function workerModule(self: string = import.meta.url): WorkerModule {
  const typescript = self.endsWith('.ts')
  const url = new URL(`../worker/entry${typescript ? '.ts' : '.js'}`, self).href
  return { url, execArgv: typescript ? ['--import', tsxUrl(self)] : [] }
}

function tsxUrl(self: string): string {
  return pathToFileURL(createRequire(self).resolve('tsx')).href
}
