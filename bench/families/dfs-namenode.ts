import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { runQuern, startDaemons, stopDaemons } from '../daemons.ts'
import type { BenchOptions, Figure, FigureTable } from '../family.ts'
import type { ProgramRun } from '../measure.ts'

const folder = path.resolve(import.meta.dirname, '../namenode')
const script = (name: string) => path.join(folder, name)
const tsx = ['--import', 'tsx']

/** What the namenode does in a second, what a file costs it, and how long it takes to be there again. */
export async function namenodeFigures(options: BenchOptions): Promise<readonly FigureTable[]> {
  return [inProcess(options), remote(options), restart(options)]
}

function inProcess(options: BenchOptions): FigureTable {
  const files = options.smoke ? 500 : 50_000
  const inMemory = options.smoke ? 2000 : 300_000
  return {
    title: 'the namenode, in process',
    figures: [
      {
        ...scripted('creates', files, options),
        name: 'durable creates',
        how: `${files} empty files created and completed, 64 at once, each acknowledged when its records are synced`,
        unit: 'per s',
        target: { atLeast: 20_000 },
        published: 'HDFS 5,600 per s',
      },
      {
        ...scripted('lookups', files, options),
        name: 'lookups',
        how: `status of a file by its path, of ${files} files`,
        unit: 'per s',
        target: { atLeast: 300_000 },
        published: 'HDFS 126,119 per s',
      },
      {
        ...scripted('memory', inMemory, options, ['--expose-gc']),
        name: 'memory of a file with one block',
        how: `heap after garbage collection, by ${inMemory} files`,
        unit: 'bytes',
        target: { atMost: 400 },
        published: 'HDFS about 300 bytes',
      },
    ],
  }
}

function scripted(
  measure: string,
  files: number,
  options: BenchOptions,
  flags: readonly string[] = [],
): Pick<Figure, 'prepare' | 'run' | 'discard'> {
  const directory = path.join(options.scratch, `namenode-${measure}`)
  return {
    prepare: () => void mkdirSync(directory),
    run: () => node([...flags, ...tsx, script('measure.ts'), measure, directory, `${files}`]),
    discard: () => rmSync(directory, { recursive: true }),
  }
}

const node = (args: readonly string[]): ProgramRun => ({ command: process.execPath, args })

function remote(options: BenchOptions): FigureTable {
  const root = path.join(options.scratch, 'remote')
  const files = options.smoke ? 500 : 20_000
  const run = (measure: string) => () => node([...tsx, script('measure.ts'), measure, root, `${files}`])
  return {
    title: 'the namenode, through RPC: one client, 64 requests at once',
    open: () => startDaemons(root, 1),
    close: () => stopDaemons(root),
    figures: [
      {
        name: 'durable creates',
        how: 'two requests each, the second answered when both are synced; with the retry cache’s records',
        unit: 'per s',
        target: undefined,
        run: run('remote-creates'),
      },
      {
        name: 'lookups',
        how: 'one request each',
        unit: 'per s',
        target: undefined,
        run: run('remote-lookups'),
      },
    ],
  }
}

function restart(options: BenchOptions): FigureTable {
  const files = options.smoke ? 500 : 100_000
  const root = path.join(options.scratch, 'restart')
  return {
    title: `restart with ${files} files of one block`,
    open: () => {
      options.note(`making a root with ${files} files`)
      execFileSync(process.execPath, [...tsx, script('make-root.ts'), root, `${files}`], { stdio: 'inherit' })
      // The first start of all gives the datanode its identity.
      startDaemons(root, 1)
      stopDaemons(root)
    },
    close: () => rmSync(root, { recursive: true }),
    figures: [
      {
        name: 'the namenode alone',
        how: 'image and journal to an open namespace, in process',
        unit: 's',
        target: { atMost: 2 },
        run: () => node([...tsx, script('measure.ts'), 'load', path.join(root, 'namenode'), '0']),
      },
      {
        name: 'quern dfs start',
        how: 'two processes from nothing until safe mode is left, every replica reported',
        unit: 's',
        target: { atMost: 2 },
        run: () => node([...tsx, script('time-start.ts'), root]),
        discard: () => runQuern('dfs', 'stop', '--root', root),
      },
    ],
  }
}
