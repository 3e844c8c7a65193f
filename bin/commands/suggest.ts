/** What a person most likely meant by a word that is none of ours: jobs, parameters, commands and options alike. */
export { editDistance, nearestName as nearest } from '../../mapreduce/base/nearest-name.ts'
