import type { Verb } from './verb.ts'
import { changingVerbs } from './verbs-changing.ts'
import { copyingVerbs } from './verbs-copying.ts'
import { showingVerbs } from './verbs-showing.ts'

/** Every verb there is, in the order of their names. Implementations are imported when their verb is used. */
export const verbs: readonly Verb[] = [...showingVerbs, ...copyingVerbs, ...changingVerbs].sort((left, right) =>
  left.name < right.name ? -1 : 1,
)
