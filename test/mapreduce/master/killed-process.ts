import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { type DataPath, type RunJobOptions, runJob } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import type { Place } from './run-job-fixture.ts'

const driver = fileURLToPath(new URL('./fixtures/job-driver.mjs', import.meta.url))
const wordIndex = new URL('./fixtures/word-index-job.mjs', import.meta.url).href
const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)

type DriverOptions = Omit<RunJobOptions, 'openDfs'> & { readonly root: string }

/** When to send SIGKILL: so long after the start, or after the commit has begun. */
export type Moment = { readonly after: 'start' | 'commit'; readonly ms: number }

export interface KillingGround {
  readonly place: Place
  readonly kind: DataPath['kind']
  /** Digest-free and simple: the whole text of every part, by name. */
  readonly expected: Readonly<Record<string, string>>
  /** How long an undisturbed run takes. */
  readonly wholeRunMs: number
}

function options({ place, kind }: Pick<KillingGround, 'place' | 'kind'>, overwrite: boolean): DriverOptions {
  const at = (name: string): DataPath => (kind === 'dfs' ? { kind, path: `/${name}` } : { kind, path: place.at(name) })
  return {
    root: place.at('root'),
    moduleUrl: wordIndex,
    jobName: 'killed',
    params: {},
    inputs: [at('in')],
    output: at('made/out'),
    overwrite,
    reducers: 3,
    workers: 2,
    splitBytes: 40_000,
    memoryBytes: 32 * 1024 * 1024,
  }
}

/** Input, and an undisturbed run to compare with. */
export async function killingGround(place: Place, kind: DataPath['kind']): Promise<KillingGround> {
  const text = Array.from({ length: 8000 }, (_, line) => `${'word '.repeat(line % 7)}w${(line * line) % 977}\n`).join(
    '',
  )
  if (kind === 'local') {
    await place.write('in/a', text)
  } else {
    const dfs = await openDfs({ root: place.at('root'), datanodes: 3, blockSize: 64 * 1024 })
    const writer = await dfs.create('/in/a')
    await writer.write(Buffer.from(text))
    await writer.close()
    await dfs.close()
  }
  const started = performance.now()
  await drive({ place, kind }, false, undefined)
  const wholeRunMs = performance.now() - started
  return { place, kind, expected: await visible({ place, kind }), wholeRunMs }
}

/** Runs the job in a process of its own; kills that at the moment. True when it was done before. */
export async function drive(
  ground: Pick<KillingGround, 'place' | 'kind'>,
  overwrite: boolean,
  moment: Moment | undefined,
): Promise<boolean> {
  const child = spawn(process.execPath, [driver, JSON.stringify(options(ground, overwrite))], {
    env: { ...process.env, QUERN_TMP: ground.place.at('tmp') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  let timer: NodeJS.Timeout | undefined
  const arm = (): void => {
    if (moment !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), moment.ms)
  }
  if (moment?.after === 'start') arm()
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (moment?.after === 'commit' && said.includes('commit\n')) arm()
  })
  await once(child, 'close')
  clearTimeout(timer)
  const done = said.includes('succeeded\n')
  if (moment === undefined) expect(done, said).toBe(true)
  return done
}

/** What a reader finds at the output: part files by name, `{}` for nothing. */
export async function visible({ place, kind }: Pick<KillingGround, 'place' | 'kind'>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  if (kind === 'local') {
    const directory = place.at('made/out')
    const names = await fs.readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    for (const name of names) found[name] = await fs.readFile(path.join(directory, name), 'utf8')
    return found
  }
  const dfs = await openDfs({ root: place.at('root'), create: false })
  for (const { path: file } of (await dfs.find('/made/out')) === undefined ? [] : await dfs.list('/made/out')) {
    const reader = await dfs.open(file)
    const bytes = Buffer.alloc(reader.length)
    await reader.read(bytes, 0)
    await reader.close()
    found[path.posix.basename(file)] = bytes.toString()
  }
  const report = await dfs.fsck('/', { verify: true })
  expect(report).toMatchObject({ healthy: true, corruptBlocks: 0, missingReplicas: 0 })
  await dfs.close()
  return found
}

/** Blocks on the datanodes' disks, to see that nothing piles up. */
export async function blockFiles(place: Place): Promise<number> {
  const entries = await fs.readdir(place.at('root'), { recursive: true })
  return entries.filter((name) => path.basename(name).startsWith('blk_')).length
}

/** The next job on this machine, about something else: it clears up after the dead. */
export async function nextJob({ place }: Pick<KillingGround, 'place'>): Promise<void> {
  await place.write('other/in', 'one two\n')
  await runJob(
    {
      ...options({ place, kind: 'local' }, true),
      inputs: [{ kind: 'local', path: place.at('other/in') }],
      output: { kind: 'local', path: place.at('other/out') },
      reducers: 1,
      openDfs: () => Promise.reject(new Error('not needed')),
    },
    { worker, scratchBase: place.at('tmp', `quern-${process.getuid?.()}`) },
  )
  await fs.rm(place.at('other'), { recursive: true })
}

/** Every path outside the DFS root; the one thing that may be there is the whole output. */
export async function outside({ place }: Pick<KillingGround, 'place'>): Promise<string[]> {
  return (await place.tree()).filter((name) => !name.startsWith('root/') && !name.startsWith('in/'))
}
