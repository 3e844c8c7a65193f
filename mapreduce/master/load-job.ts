import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MrError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest-name.ts'
import { userFrame } from '../base/user-frame.ts'
import type { Job } from '../job.ts'
import { bundleJob } from './load-bundle.ts'
import { isJob, jobProblem } from './load-shape.ts'

/** A job that comes with quern: known by a short name, its module already plain JS (or run by the same loader as quern). */
export interface BundledJob {
  readonly name: string
  readonly describe: string
  /** `file:` URL. */
  readonly moduleUrl: string
}

export interface LoadJobOptions {
  /** What relative paths are relative to, and error messages name files from. */
  readonly cwd: string
  readonly bundled: readonly BundledJob[]
  /** Where bundles of user jobs are kept; a per-user directory by default. */
  readonly cacheDirectory?: string
}

export interface LoadedJob {
  /** `file:` URL of a module any worker thread can import. */
  readonly moduleUrl: string
  readonly name: string
  /** Absolute path of the file the user wrote. */
  readonly sourcePath: string
  readonly job: Job
}

const JOB_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
/** A module whose top level waits for ever must not hang the command without a word. */
const LOAD_TIMEOUT_MS = 30_000

function shorten(file: string, cwd: string): string {
  const relative = path.relative(cwd, file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : `./${relative}`
}

function unknownJob(asked: string, { cwd, bundled }: LoadJobOptions): MrError {
  const beside = JOB_EXTENSIONS.map((extension) => `./${asked}${extension}`).find((file) =>
    fs.existsSync(path.resolve(cwd, file)),
  )
  const names = bundled.map((job) => job.name)
  const hint = beside === undefined ? didYouMean(asked, names) : ` Did you mean ${beside}?`
  const width = Math.max(...names.map((name) => name.length))
  const list = bundled.map((job) => `  ${job.name.padEnd(width)}  ${job.describe}`).join('\n')
  return new MrError(
    'MR_UNKNOWN_JOB',
    `There is no job "${asked}".${hint}\nThe bundled jobs are:\n${list}\nA job of your own is given as a path: ./my-job.ts`,
  )
}

/** The file a path argument names; MR_UNKNOWN_JOB says why there is none. */
function findFile(asked: string, cwd: string): string {
  const file = path.resolve(cwd, asked)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    const directory = path.dirname(file)
    const siblings = fs.existsSync(directory) ? fs.readdirSync(directory) : []
    const jobs = siblings.filter((name) => JOB_EXTENSIONS.includes(path.extname(name)))
    throw new MrError('MR_UNKNOWN_JOB', `There is no job file ${file}.${didYouMean(path.basename(file), jobs)}`)
  }
  if (!stat.isFile())
    throw new MrError('MR_UNKNOWN_JOB', `${file} is not a file; a job is one module (${JOB_EXTENSIONS.join(' ')}).`)
  if (!JOB_EXTENSIONS.includes(path.extname(file))) {
    throw new MrError(
      'MR_UNKNOWN_JOB',
      `${file} is not a job module: its name has to end in ${JOB_EXTENSIONS.join(', ')}.`,
    )
  }
  return file
}

async function importJob(moduleUrl: string, shown: string): Promise<Job> {
  // Errors of the job, now and in its functions, name the user's file and line, not the bundle's.
  process.setSourceMapsEnabled(true)
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new MrError(
          'MR_BAD_JOB',
          `The job ${shown} did not finish loading in ${LOAD_TIMEOUT_MS / 1000} s: an \`await\` at its top level never settles.`,
        ),
      )
    }, LOAD_TIMEOUT_MS)
  })
  let module: Readonly<Record<string, unknown>>
  try {
    module = await Promise.race([import(moduleUrl), tooLong])
  } catch (error) {
    if (error instanceof MrError) throw error
    const frame = userFrame(error)
    const what = error instanceof Error ? `${error.name}: ${error.message}` : `${String(error)} (not an Error)`
    throw new MrError(
      'MR_BAD_JOB',
      `The job ${shown} threw while it was loaded.\n${what}${frame === undefined ? '' : `\n    at ${frame}`}`,
      { cause: error },
    )
  } finally {
    clearTimeout(timer)
  }
  const job = module['default']
  const problem = jobProblem(module)
  if (problem === undefined && isJob(job)) return job
  throw new MrError('MR_BAD_JOB', `The job ${shown} can't be run: ${problem}`)
}

/**
 * Finds, bundles (a user's module) and checks a job. Throws MrError: MR_UNKNOWN_JOB when nothing goes by that name,
 * MR_BAD_JOB when the module can't be read, throws, or is not a job, each with the user's file and line where there is one.
 */
export async function loadJob(nameOrPath: string, options: LoadJobOptions): Promise<LoadedJob> {
  const bundled = options.bundled.find((job) => job.name === nameOrPath)
  if (bundled !== undefined) {
    const job = await importJob(bundled.moduleUrl, bundled.name)
    return { moduleUrl: bundled.moduleUrl, name: bundled.name, sourcePath: fileURLToPath(bundled.moduleUrl), job }
  }
  const isPath = /[/\\]/.test(nameOrPath) || JOB_EXTENSIONS.includes(path.extname(nameOrPath))
  if (!isPath) throw unknownJob(nameOrPath, options)
  const sourcePath = findFile(nameOrPath, options.cwd)
  const { cacheDirectory } = options
  const bundle = await bundleJob(sourcePath, cacheDirectory === undefined ? {} : { cacheDirectory })
  const moduleUrl = pathToFileURL(bundle).href
  const job = await importJob(moduleUrl, shorten(sourcePath, options.cwd))
  return { moduleUrl, name: job.name ?? path.basename(sourcePath, path.extname(sourcePath)), sourcePath, job }
}
