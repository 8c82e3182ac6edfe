# Takes comment lines and indentation out of the page's script, which every new document compiles.
file(READ ${INPUT} text)
string(REGEX REPLACE "\n *//[^\n]*" "\n" text "\n${text}")
string(REGEX REPLACE "\n[ \n]*" "\n" text "${text}")
file(WRITE ${OUTPUT} "${text}")
