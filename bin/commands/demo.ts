import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Books } from '../../datasets/books.ts'
import type { Dfs } from '../../dfs/index.ts'
import { bundledJobs } from '../../jobs/index.ts'
import { loadJob } from '../../mapreduce/master/load-job.ts'
import type { JobReport } from '../../mapreduce/master/run-job.ts'
import { humanBytes } from '../terminal/bytes.ts'
import { write } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress.ts'
import { type Style, styleFor } from '../terminal/style.ts'
import { summaryLines, wrap } from '../terminal/summary.ts'
import { tableLines } from '../terminal/table.ts'
import type { Command, CommandIo } from './command.ts'
import { booksOrRefuse, damageReplicas, readOutput, type StoredFile, storeBooks, topWords } from './demo-books.ts'
import { invocation, shellWord } from './invocation.ts'
import { dfsRoot } from './root.ts'
import { parse, parser } from './usage.ts'

const BOOKS = '/demo/books'
const DATANODES = 3
const MEMORY_BYTES = 256 * 1024 * 1024

/** One showing: what it works with, and how it speaks. */
interface Showing {
  readonly io: CommandIo
  readonly dfs: Dfs
  readonly style: Style
  readonly columns: number
  readonly say: (lines: readonly string[]) => Promise<void>
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `   ${line}`))

async function heading({ say, style }: Showing, text: string): Promise<void> {
  await say(['', style.bold(text)])
}

async function showFiles(showing: Showing, files: readonly StoredFile[]): Promise<void> {
  const { say, style, dfs } = showing
  await heading(showing, `1. Into a file system of ${dfs.datanodes.length} datanodes, every block on three of them`)
  const rows = files.map(({ path: file, bytes, blocks }) => [
    `dfs:${file}`,
    humanBytes(bytes),
    blocks.length === 1 ? '1 block' : `${blocks.length} blocks`,
    `${blocks.reduce((sum, block) => sum + block.replicas.length, 0)} replicas`,
  ])
  await say(indent(tableLines(rows, ['left', 'right', 'right', 'right'])))
  const replicas = files[0]?.blocks[0]?.replicas.map(({ datanode, rack }) => `${datanode} (${rack})`) ?? []
  await say(indent([style.dim(`its first block lies on ${replicas.join(', ')}`)]))
}

async function count(showing: Showing, output: string, quiet: boolean): Promise<JobReport> {
  const { io, dfs } = showing
  const { runJob } = await import('../../mapreduce/master/run-job.ts')
  const { moduleUrl, name } = await loadJob('wordcount', { cwd: io.cwd, bundled: bundledJobs })
  const progress = new ProgressLine({
    stream: io.stderr,
    style: styleFor(io.stderr, io.env),
    jobName: name,
    quiet,
    term: io.env['TERM'],
  })
  try {
    return await runJob({
      moduleUrl,
      jobName: name,
      params: {},
      inputs: [{ kind: 'dfs', path: BOOKS }],
      output: { kind: 'dfs', path: output },
      overwrite: true,
      workers: os.availableParallelism(),
      memoryBytes: MEMORY_BYTES,
      openDfs: async () => dfs,
      signal: io.signal,
      onProgress: (step) => progress.update(step),
    })
  } finally {
    progress.clear()
  }
}

async function showWords(showing: Showing, output: string, counts: Buffer): Promise<void> {
  const { say, style } = showing
  await heading(showing, `3. The most frequent words, read back from dfs:${output}`)
  const all = topWords(counts, 1, 8)
  const long = topWords(counts, 7, 8)
  const rows = all.map((left, rank) => {
    const right = long[rank]
    const cells = [String(left.count), style.cyan(left.word)]
    return right === undefined ? cells : [...cells, '', String(right.count), style.cyan(right.word)]
  })
  const header = long.length > 0 ? ['', 'all', '', '', 'of 7 letters or more'] : ['', 'all']
  await say(indent(tableLines([header.map(style.dim), ...rows], ['right', 'left', 'left', 'right', 'left'])))
}

async function showDamage(showing: Showing, files: readonly StoredFile[], counts: Buffer): Promise<void> {
  const { say, dfs, style, columns, io } = showing
  const block = files[0]?.blocks[0]
  if (block === undefined) return
  await heading(showing, '4. Disks fail: one bit flipped in two of the three replicas of a block, then counted again')
  const flipped = damageReplicas(block)
  const report = await count(showing, '/demo/counts-again', true)
  const again = await readOutput(dfs, '/demo/counts-again')
  for (const { datanode, byte } of flipped)
    await say(indent([style.dim(`${datanode}: block ${block.block}, byte ${byte}`)]))
  for (const note of report.notes) await say(indent(wrap(note, columns - 4)).map(style.yellow))
  const verdict = again.equals(counts)
    ? style.green(`the same ${humanBytes(again.length)}, byte for byte`)
    : style.red('the answer differs: this is a bug of quern, please report it')
  await say(indent([verdict]))
  await say(indent([await repaired(dfs, io.signal)]))
}

/** Replicas are copied anew in the background; a check finds what the job did not happen to read. */
async function repaired(dfs: Dfs, signal: AbortSignal): Promise<string> {
  let bad = 0
  for (let checks = 0; checks < 20; checks++) {
    bad = (await dfs.fsck('/demo', { verify: true })).problems.length
    if (bad === 0) return 'and both replicas are whole again'
    await setTimeout(100, undefined, { signal })
  }
  return `${bad} replicas still wait for their repair`
}

function nextSteps(io: CommandIo, root: string, kept: boolean, books: Books): string[] {
  const quern = invocation(io)
  const [book] = books.files
  const [first] = book?.parts ?? []
  const lines: string[] = []
  if (kept) {
    const at = ` --root ${shellWord(root)}`
    lines.push(
      `${quern} fs${at} -ls -R /demo`,
      `${quern} fs${at} -cat '/demo/counts/part-*' | sort -k2,2nr | head`,
      `${quern} dfs${at} fsck /demo -blocks`,
    )
  }
  if (first !== undefined) {
    const relative = path.relative(io.cwd, path.dirname(first))
    const folder = relative.startsWith('..') ? path.dirname(first) : relative
    // Only the packages' texts lie next to something else.
    const input = shellWord(path.extname(first) === '.txt' ? `${folder}/*.txt` : folder)
    lines.push(
      `${quern} run wordcount -i ${input} -o counts && sort -k2,2nr counts/part-r-* | head`,
      `${quern} run grep -p pattern='free(dom)?' -p file -i ${input} -o found && head found/part-m-*`,
    )
  }
  lines.push(`${quern} jobs`)
  if (!kept) lines.push(`${quern} demo --keep`)
  return lines
}

async function show(showing: Showing, books: Books, root: string, kept: boolean): Promise<void> {
  const { io, dfs, say, style, columns } = showing
  const files = await storeBooks(dfs, books, BOOKS, io.signal)
  await showFiles(showing, files)
  await heading(showing, `2. quern run wordcount -i dfs:${BOOKS} -o dfs:/demo/counts`)
  const report = await count(showing, '/demo/counts', false)
  await say(indent(summaryLines(report, columns - 3, style)))
  const counts = await readOutput(dfs, '/demo/counts')
  await showWords(showing, '/demo/counts', counts)
  await showDamage(showing, files, counts)
  await heading(showing, 'Now you')
  await say(indent(nextSteps(io, root, kept, books)))
  if (books.apology !== undefined) await say(['', ...wrap(books.apology, columns - 1)])
  if (kept) await say(['', `The file system stays in ${root}; remove the directory when you are done.`])
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const command = parser(
    'demo',
    'The main job on real text, from nothing: put into a DFS, counted, shown. Takes a few seconds.',
  )
    .option('--keep', 'leave the file system there to look around in')
    .option('--root <dir>', 'make it there and leave it (default: a temporary directory that is removed)')
  if (!(await parse(command, argv, io))) return 0
  const options: { keep?: true; root?: string } = command.opts()
  const books = booksOrRefuse()
  const kept = options.keep === true || options.root !== undefined
  const root =
    options.root === undefined ? fs.mkdtempSync(path.join(os.tmpdir(), 'quern-demo-')) : dfsRoot(options.root, io)
  const columns = 'columns' in io.stdout && typeof io.stdout.columns === 'number' ? Math.max(40, io.stdout.columns) : 80
  const style = styleFor(io.stdout, io.env)
  const say = (lines: readonly string[]) => write(io.stdout, `${lines.join('\n')}\n`)
  try {
    await say(wrap(`quern demo: ${books.about}, all in ${root}`, columns - 1))
    const { openDfs } = await import('../../dfs/index.ts')
    const dfs = await openDfs({ root, create: true, ...(options.root === undefined ? { datanodes: DATANODES } : {}) })
    try {
      await show({ io, dfs, style, columns, say }, books, root, kept)
    } finally {
      await dfs.close()
    }
  } finally {
    if (!kept) fs.rmSync(root, { recursive: true, force: true })
  }
  return 0
}

export const command: Command = { name: 'demo', summary: 'the main job on real text, from nothing', run }
