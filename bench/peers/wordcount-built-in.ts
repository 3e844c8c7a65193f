import { count, defineJob, words } from 'quern'

/** The bundled word count with the built-in map in place of the function. */
export default defineJob({ map: words, reduce: count })
