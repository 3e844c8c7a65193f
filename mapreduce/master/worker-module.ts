import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** How the worker threads are started: the module whose default export runs a task, and the flags node needs for it. */
export interface WorkerModule {
  readonly url: string
  readonly execArgv: readonly string[]
}

/**
 * The worker's entry beside this file, in the form this file is in: compiled `.js` as it is, and `.ts` in a checkout
 * through tsx, because a thread on Node 20 reads no TypeScript of its own. tsx is registered by its own call: its
 * `--import` form takes itself for installed already in a thread of a process that tsx runs, and then is not.
 */
export function workerModule(self: string = import.meta.url): WorkerModule {
  const typescript = self.endsWith('.ts')
  const url = new URL(`../worker/entry${typescript ? '.ts' : '.js'}`, self).href
  return { url, execArgv: [...noRequireOfModules(), ...(typescript ? ['--import', registerTsx(self)] : [])] }
}

/**
 * piscina tries `require` first, and Node aborts the whole process when a thread is ended while it requires an ES module
 * (an assertion in ModuleWrap::CreateRequiredModuleFacade). Told not to, it imports.
 */
function noRequireOfModules(): readonly string[] {
  const flag = '--no-experimental-require-module'
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : []
}

function registerTsx(self: string): string {
  // A resolver made for `require` would give the CommonJS form of `tsx/esm/api`.
  const tsx = path.dirname(createRequire(self).resolve('tsx/package.json'))
  const { href } = pathToFileURL(path.join(tsx, 'dist', 'esm', 'api', 'index.mjs'))
  return `data:text/javascript,${encodeURIComponent(`import { register } from ${JSON.stringify(href)}; register()`)}`
}
