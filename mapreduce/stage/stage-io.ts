import type { ParamValue, SideFile, TaskContext } from '../job.ts'
import type { OutputFormat } from '../output/format.ts'
import { checkNamedOutput } from '../output/named-outputs.ts'
import { SideFiles } from '../task/side-file.ts'

/** Where a stage reads and writes. */
export interface StageIo {
  readonly input: AsyncIterable<Uint8Array>
  /** Resolves once more may be written; the bytes belong to it from then on. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}

/** What user code sees as `ctx` in a filter: no task, no attempts, one stream. */
export class StageContext implements TaskContext {
  inputFile = ''
  inputName = ''
  readonly attempt = 1
  readonly task = 0
  readonly params: Readonly<Record<string, ParamValue>>
  readonly signal: AbortSignal
  readonly counters = new Map<string, number>()
  /** Records to named outputs, which a filter has no place for. */
  readonly notWritten = new Map<string, number>()
  /** The outputs the job declares. */
  outputs: Readonly<Record<string, OutputFormat>> = {}
  private readonly sides: SideFiles

  constructor(params: Readonly<Record<string, ParamValue>>, signal: AbortSignal, sides: SideFiles = new SideFiles([])) {
    this.sides = sides
    this.params = params
    this.signal = signal
  }

  count(name: string, by = 1): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by)
  }

  write(name: string): void {
    checkNamedOutput(this.outputs, name)
    this.notWritten.set(name, (this.notWritten.get(name) ?? 0) + 1)
  }

  side(name: string): SideFile {
    return this.sides.get(name)
  }

  /** Standard input is not looked into before it is read. */
  columns(): readonly string[] {
    return []
  }

  /** There is no progress line to show it in. */
  status(): void {}
}
