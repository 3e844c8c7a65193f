import { MrError } from '../base/errors.ts'
import { KEPT_DAYS, type Kept } from './kept-maps.ts'

/** What a job left behind, on purpose and not, for a person; undefined when that is nothing. */
export function whatIsLeft(kept: Kept | undefined, failures: readonly string[]): string | undefined {
  const told = [
    ...(kept === undefined
      ? []
      : [
          `${kept.maps} finished ${kept.maps === 1 ? 'map is' : 'maps are'} kept for ${KEPT_DAYS} days (${kept.bytes} bytes in ${kept.directory}): the same command with --resume goes on from there.`,
        ]),
    ...(failures.length === 0 ? [] : [`Temporary data could not all be removed: ${failures.join('; ')}`]),
  ]
  return told.length === 0 ? undefined : told.join('\n')
}

/** The error of a job that failed, with what it left. */
export function alsoLeft(error: unknown, left: string): unknown {
  if (!(error instanceof MrError)) return error
  return new MrError(error.code, `${error.message}\n${left}`, { cause: error.cause ?? error })
}
