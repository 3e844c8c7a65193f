import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { diskError } from '../base/system-error.ts'
import { FINISHED_VERSION } from './finished-map.ts'
import type { WorkPlan } from './plan.ts'
import type { InputFile, JobPlan } from './task.ts'
import { workerModule } from './worker-module.ts'

/**
 * What decides the bytes of a job's run files, as 64 hex digits: two runs with the same key may use each other's. It has
 * the job's module by content, its parameters and side files, every input file by name, length and time (or by its blocks,
 * which never change), how the input is cut, the number of reducers, and the build of the engine. What a job reads
 * elsewhere, files next to its module or the environment, is not seen.
 */
export async function resumeKey(plan: JobPlan, work: WorkPlan): Promise<string> {
  const hash = createHash('sha256')
  const add = (what: unknown): void => {
    hash.update(`${JSON.stringify(what)}\n`)
  }
  add(FINISHED_VERSION)
  add(await contentOf(fileURLToPath(plan.moduleUrl)))
  // The worker's entry is written anew with every build.
  const { url } = workerModule()
  const { mtimeMs, size } = await fs.stat(new URL(url))
  add([url, mtimeMs, size])
  add([Object.entries(plan.params).sort(), plan.reducers, plan.skipBad === undefined])
  for (const { name, path, bytes } of plan.sides) add([name, path, sha256(Buffer.from(bytes))])
  for (const file of plan.files) add(await identityOf(file))
  for (const { segments } of work.splits) add(segments)
  return hash.digest('hex')
}

async function identityOf(file: InputFile): Promise<unknown> {
  const { name, length, input = '' } = file
  if (file.kind === 'dfs') return [input, name, length, file.blocks.map(({ block, generation }) => [block, generation])]
  if (file.version !== undefined) return [input, name, length, file.version]
  try {
    const { mtimeNs, ino, dev } = await fs.stat(file.path, { bigint: true })
    return [input, name, length, file.path, String(mtimeNs), String(ino), String(dev)]
  } catch (error) {
    throw diskError(error, 'looking at', file.path)
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return sha256(await fs.readFile(file))
  } catch (error) {
    throw diskError(error, 'reading', file)
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
