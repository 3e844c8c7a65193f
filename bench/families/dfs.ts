import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { startDaemons, stopDaemons } from '../daemons.ts'
import type { BenchOptions, Contender, Family, Table } from '../family.ts'
import { type Input, zipfFile } from '../inputs.ts'
import { dropFromCache, fillPageCache, read } from '../page-cache.ts'
import { quern } from '../quern.ts'
import { hashFiles } from '../quern-job.ts'
import { namenodeFigures } from './dfs-namenode.ts'

/** Bytes into the DFS and out of it, beside the Unix tools that do so without keeping them safe; and the namenode's own rates. */
export const dfs: Family = {
  name: 'dfs',
  about:
    'put and get beside cp and cat, embedded and through daemons; creates, lookups, memory and restart of the namenode',
  size: 1024,
  async tables(options) {
    const input = zipfFile(options.sizeBytes, options)
    const bench = new DfsBench(input, options)
    return [bench.put(), bench.read(false), bench.read(true), bench.get()]
  },
  figures: namenodeFigures,
}

type Way = 'embedded' | 'daemons'
const ways: readonly Way[] = ['embedded', 'daemons']
/** Of the file that is read. */
const source = '/source'

class DfsBench {
  readonly #input: Input
  readonly #options: BenchOptions
  readonly #roots: Readonly<Record<Way, string>>
  readonly #mebibytes: number
  #opened = false

  constructor(input: Input, options: BenchOptions) {
    this.#input = input
    this.#options = options
    this.#roots = { embedded: path.join(options.scratch, 'embedded'), daemons: path.join(options.scratch, 'daemons') }
    this.#mebibytes = Math.round(input.bytes / 2 ** 20)
  }

  put(): Table {
    const copy = this.#scratch('copy')
    const synced = 'cp "$1" "$2" && sync -d "$2"'
    return this.#table('put', [
      {
        name: 'cp',
        how: `cp, then sync -d: ${this.#mebibytes} MiB on disk`,
        prepare: () => this.#ready(),
        run: () => shell(synced, this.#input.path, copy),
        answer: () => hashFiles([copy]),
        discard: () => rmSync(copy),
      },
      ...ways.flatMap((way) => [this.#putRow(way, 1), this.#putRow(way, 3)]),
      {
        name: 'cp, three',
        how: `that three times: ${3 * this.#mebibytes} MiB on disk`,
        prepare: () => this.#ready(),
        run: () =>
          shell(`for i in 1 2 3; do ${synced.replaceAll('"$2"', '"$2-$i"')} || exit; done`, this.#input.path, copy),
        discard: () => [1, 2, 3].forEach((i) => void rmSync(`${copy}-${i}`)),
      },
    ])
  }

  #putRow(way: Way, replication: 1 | 3): Contender {
    const target = `/put-${replication}`
    const out = this.#scratch('read-back')
    return {
      name: `${way}, ${replication} replica${replication === 1 ? '' : 's'}`,
      how: `fs -put${replication === 1 ? ' -l' : ''}: ${replication * this.#mebibytes} MiB on disk`,
      prepare: () => this.#ready(),
      run: () => this.#fs(way, '-put', ...(replication === 1 ? ['-l'] : []), this.#input.path, target),
      answer: () => {
        this.#do(way, '-get', target, out)
        const hash = hashFiles([out])
        rmSync(out)
        return hash
      },
      discard: () => this.#do(way, '-rm', '-skipTrash', target),
    }
  }

  /** Nobody keeps what is read. Cold: the pages of the file and of its replicas are dropped before. */
  read(cold: boolean): Table {
    const drop = (files: readonly string[]) => (cold ? { prepare: () => files.forEach(dropFromCache) } : {})
    return this.#table(`read, ${cold ? 'cold' : 'warm'} cache`, [
      {
        name: 'cat',
        how: 'cat > /dev/null, nothing verified',
        ...drop([this.#input.path]),
        run: () => shell('cat "$1"', this.#input.path),
      },
      ...ways.map((way): Contender => {
        return {
          name: way,
          how: 'fs -cat > /dev/null, every chunk verified',
          ...(cold ? { prepare: () => this.#replicas(way).forEach(dropFromCache) } : {}),
          run: () => this.#fs(way, '-cat', source),
        }
      }),
    ])
  }

  /** Into a file, as a copy is made by either. */
  get(): Table {
    const out = this.#scratch('out')
    const files = { prepare: () => this.#ready(), answer: () => hashFiles([out]), discard: () => rmSync(out) }
    return this.#table('get', [
      {
        name: 'cat',
        how: 'cat > file, nothing verified',
        ...files,
        run: () => shell('cat "$1" > "$2"', this.#input.path, out),
      },
      ...ways.map((way): Contender => {
        return {
          name: way,
          how: 'fs -get, every chunk verified',
          ...files,
          run: () => this.#fs(way, '-get', source, out),
        }
      }),
    ])
  }

  #table(title: string, contenders: readonly Contender[]): Table {
    return {
      title: `${title}, ${this.#mebibytes} MiB`,
      inputBytes: this.#input.bytes,
      contenders,
      open: () => this.#open(),
      close: () => stopDaemons(this.#roots.daemons),
    }
  }

  /** Both roots with three datanodes, and the file that is read in each. */
  #open(): void {
    startDaemons(this.#roots.daemons, 3)
    if (this.#opened) return
    this.#opened = true
    for (const way of ways) this.#do(way, '-put', '-l', this.#input.path, source)
  }

  /** Before a run that writes. */
  #ready(): void {
    fillPageCache(this.#options)
    read(this.#input.path)
  }

  #replicas(way: Way): string[] {
    const directory = path.join(this.#roots[way], 'datanodes')
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => path.basename(name).startsWith('blk_'))
      .map((name) => path.join(directory, name))
  }

  #fs(way: Way, ...words: string[]) {
    return quern('fs', '--root', this.#roots[way], ...words)
  }

  #do(way: Way, ...words: string[]): void {
    const { command, args } = this.#fs(way, ...words)
    execFileSync(command, [...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  }

  #scratch(name: string): string {
    return path.join(this.#options.scratch, name)
  }
}

const shell = (script: string, ...args: readonly string[]) => ({ command: 'sh', args: ['-c', script, 'sh', ...args] })
