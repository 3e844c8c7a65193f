import type { ArgumentFormat } from './arguments.ts'
import type { VerbRun } from './session.ts'

export interface Verb extends ArgumentFormat {
  readonly name: string
  /** What follows the verb in its usage line. */
  readonly usage: string
  /** Lines for `help`. */
  readonly help: readonly string[]
  /**
   * Whether the verb makes a root where none is. Only those do for which an empty file system is as good as any: a mistyped
   * --root should not leave one behind.
   */
  readonly makesRoot: boolean
  readonly json?: boolean
  /** For verbs kept under an old name: what to type instead, and the flags that makes. */
  readonly deprecated?: { readonly insteadOf: string; readonly flags: readonly string[] }
  readonly load: () => Promise<VerbRun>
}

export const any = Number.POSITIVE_INFINITY
