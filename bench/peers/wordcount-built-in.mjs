import { sum, words } from 'quern'

/** The bundled word count with the built-in map in place of the function. */
export default { map: words, combine: sum, reduce: sum }
