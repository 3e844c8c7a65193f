import { MrError } from '../base/errors.ts'

/** A run file that is gone or damaged. The map that made it is run again; the reader's attempt does not count. */
export class LostRun extends MrError {
  readonly mapTask: number

  constructor(source: { file: string; mapTask: number }, what: string, options?: { cause?: unknown }) {
    super('MR_LOST_RUN', `run file ${source.file} ${what}`, options)
    this.mapTask = source.mapTask
  }
}
