import type { ProgramRun } from './measure.ts'

/** What the command line asked for. Sizes in bytes. */
export interface BenchOptions {
  readonly runs: number
  readonly sizeBytes: number
  readonly memoryBytes: number
  readonly workers: number
  /** Also the peers that take minutes. */
  readonly slow: boolean
  /** Everything once, on tiny data: shows that the benchmark itself works. */
  readonly smoke: boolean
  /** Kept between runs: generated inputs. */
  readonly cache: string
  /** Of this run: outputs; removed at the end. */
  readonly scratch: string
  readonly note: (text: string) => void
}

/** One line of a table: quern itself or a peer. */
export interface Contender {
  readonly name: string
  /** How it goes about it, in a few words. */
  readonly how: string
  /** What has to be so before an attempt and is not timed. */
  readonly prepare?: (attempt: number) => void
  /** The run to time. A fresh one each time, since outputs must not exist. */
  readonly run: (attempt: number) => ProgramRun
  /** The answer of an attempt in a form in which all contenders' answers must be equal. */
  readonly answer?: (attempt: number) => string
  /** What removes the output of an attempt. */
  readonly discard?: (attempt: number) => void
  /** Why it can't run here, if so. */
  readonly absent?: string
  /** Bytes of its input, where contenders differ in that. */
  readonly inputBytes?: number
  /** Peak memory it was told to stay within. */
  readonly memoryBytes?: number
}

/** One table: contenders that do the same work on the same input. The first is the one the others are compared with. */
export interface Table {
  readonly title: string
  /** Bytes of input, where a rate means something. */
  readonly inputBytes?: number
  readonly contenders: readonly Contender[]
  /** More or fewer runs than asked for, where one takes milliseconds. */
  readonly runs?: number
  /** What all contenders need, e.g. daemons that run: before the first run, and once after the last, however that ended. */
  readonly open?: () => void
  readonly close?: () => void
}

/** A number that a program finds out about itself and prints, alone, on stdout: a rate, a size, a time. */
export interface Figure {
  readonly name: string
  readonly how: string
  readonly unit: string
  readonly target: { readonly atLeast: number } | { readonly atMost: number } | undefined
  readonly prepare?: (attempt: number) => void
  readonly run: (attempt: number) => ProgramRun
  readonly discard?: (attempt: number) => void
  /** What others have published of the same kind; docs/bench.md says where. */
  readonly published?: string
}

export interface FigureTable {
  readonly title: string
  readonly figures: readonly Figure[]
  readonly open?: () => void
  readonly close?: () => void
}

/** A file of related tables, chosen by `--only`. */
export interface Family {
  readonly name: string
  readonly about: string
  /** MiB of input when `--size` is not given. Default 256. */
  readonly size?: number
  tables(options: BenchOptions): Promise<readonly Table[]>
  figures?(options: BenchOptions): Promise<readonly FigureTable[]>
}
