# The program everyone writes: an associative array, one count a word.
{ for (i = 1; i <= NF; i++) count[$i]++ }
END { for (word in count) print word "\t" count[word] }
